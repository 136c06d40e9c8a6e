"""Texts as people read and write them: times, numbers, typography, folded words."""
