"""What comes in: delivery reports, messages, bounces and opt-outs."""
