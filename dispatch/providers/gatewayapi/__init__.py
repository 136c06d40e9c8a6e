"""SMS by GatewayAPI."""
