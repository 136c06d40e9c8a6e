"""Composing: the draft, its form and rules, and the messages made from it."""
