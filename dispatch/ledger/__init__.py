"""The ledger: who is sent what, and the state of each delivery."""
