"""The phone network: phones, messages and their delivery."""
