"""What devices are to run and do: told to them by the hub."""
