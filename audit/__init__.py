"""The audit trail: who did or read what, and when. Every room records here; it imports none."""
