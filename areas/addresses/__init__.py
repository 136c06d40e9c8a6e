"""The address register: its import, and a search by what a person wrote."""
