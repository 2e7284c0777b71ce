"""The hub: takes in what counters measured, scores it, raises flags, shows it to people."""
