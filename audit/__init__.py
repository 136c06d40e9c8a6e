"""The trail: who did or read what, and when. Every room records here; it knows none of them."""
