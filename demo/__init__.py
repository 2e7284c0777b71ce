"""The demonstration: a recording of three invented interactions, its script and its truth."""
