"""What the program costs and how right it is; each folder a command, `python -m benchmarks.NAME`."""
