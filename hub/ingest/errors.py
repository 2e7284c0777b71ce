"""What ingest itself can fail at. Refused messages are no errors: see rejects."""

from hub.errors import HubError


class IngestError(HubError):
    """Base of ingest's errors."""

    code = "ingest"


class BrokerUnavailableError(IngestError):
    code = "broker_unavailable"
    permanent = False
