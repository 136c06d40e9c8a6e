"""Twilio's API and webhooks."""
