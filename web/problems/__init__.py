"""Errors as shown to people, to programs and in the log."""
