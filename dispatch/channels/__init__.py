"""The ways a message leaves: one file per provider, all alike from the outside."""
