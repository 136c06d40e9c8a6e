"""Subscribing by SMS: the keywords, and the replies to them."""
