"""The page of phones and mailboxes."""
