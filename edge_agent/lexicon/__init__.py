"""The phrase lists, and how they are read: data beside the code that understands it."""
