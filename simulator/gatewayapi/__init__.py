"""GatewayAPI's API and webhooks."""
