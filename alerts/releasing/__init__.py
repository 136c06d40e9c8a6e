"""Releasing: previewing, publishing, following up, steering."""
