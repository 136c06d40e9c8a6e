"""Presets: what a district has prepared to begin alerts with, templates and saved areas."""
