"""Signing in: passwords, the second factor, and recording both."""
