"""Composing: the draft, its form and rules, and the messages it makes."""
