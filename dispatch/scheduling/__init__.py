"""The one scheduler: what begins, what is mended and what is settled."""
