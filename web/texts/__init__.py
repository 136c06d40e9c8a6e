"""Texts as people read them: times, numbers, spans."""
