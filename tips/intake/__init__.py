"""Receiving tips: what they say, where they belong, what to reply."""
