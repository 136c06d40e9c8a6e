"""The providers that messages are sent through: one folder each, all with one interface."""
