"""A small certificate authority: who is a hub, who is a broker, who is a device."""
