"""E-mail by an SMTP relay."""
