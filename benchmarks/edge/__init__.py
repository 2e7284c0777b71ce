"""What an edge agent costs: CPU, memory, latency. Run `python -m benchmarks.edge`."""
