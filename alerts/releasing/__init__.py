"""Releasing: previewing, publishing, following up, pausing and stopping."""
