"""Channels that are told of live alerts: webhooks and e-mail, by branch."""
