"""The phone network: phones, messages and what becomes of them."""
