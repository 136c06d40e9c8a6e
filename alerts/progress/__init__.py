"""How far a sending is, and why it is held."""
