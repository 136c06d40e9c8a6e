"""Subscribing by SMS: the keywords, and what they are answered."""
