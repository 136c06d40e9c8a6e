"""Errors as people, programs and the log see them."""
