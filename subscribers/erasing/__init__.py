"""Being forgotten: by a link that is sent to the number or address, also after STOP."""
