"""What can be wrong with the embedded services."""

from hub.errors import HubError


class EmbeddedError(HubError):
    """An embedded service did not start, or cannot on this machine."""

    code = "embedded"


class InUseError(EmbeddedError):
    """Another process runs this state folder's service, or holds its port."""

    code = "embedded_in_use"
