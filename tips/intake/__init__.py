"""Tips come in: what they say, where they belong, what is answered."""
