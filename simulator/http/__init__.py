"""What the simulated HTTP APIs share: limits, missing answers, signatures, webhooks."""
