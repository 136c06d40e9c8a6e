"""Targets, where an alert goes: reading one, finding what it touches, describing it."""
