"""The one-machine default: a PostgreSQL and an MQTT broker of our own, loopback only."""
