"""Approving: when a second person must approve an alert, and the steps on the way to it."""
