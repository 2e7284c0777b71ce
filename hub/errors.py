"""The one error base of the hub."""


class HubError(Exception):
    """Something the hub could not do.

    The text says what happened, got / expected, and what to do. It never holds a password
    nor anything a message carried.
    """

    code = "hub"
    """Stable word for machines: API errors, logs and tests go by it."""
    permanent = True
    """Whether the same call fails again until somebody changes something."""
