"""The wire contract between counters and hub: the one package that both sides import."""
