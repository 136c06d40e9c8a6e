"""Incoming: delivery reports, messages, bounces and opt-outs."""
