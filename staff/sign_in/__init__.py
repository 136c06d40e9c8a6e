"""Signing in: passwords, the second factor, and what they leave behind."""
