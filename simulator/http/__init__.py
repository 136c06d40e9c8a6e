"""What the simulated HTTP APIs share: limits, trouble, signatures, webhooks."""
