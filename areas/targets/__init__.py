"""Where an alert goes: reading a target, what it touches, saying it in words."""
