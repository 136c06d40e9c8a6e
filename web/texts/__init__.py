"""Texts as people read and write them: times, numbers, typography, word folding."""
