"""The ledger: who is sent what, and what has become of it."""
