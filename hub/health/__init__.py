"""Whether the hub is alive and can work: heartbeats of its loops, told to who watches it."""
