"""How far the sending of an alert is, and why it is paused."""
