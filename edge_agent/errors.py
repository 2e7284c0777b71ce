"""What can go wrong on a device. A class a stage or resource, each with a stable code.

The text says what happened, got / expected, and what to do; never what was said or seen.
"""

from typing import ClassVar


class AgentError(Exception):
    """Base of the agent's errors.

    `code` is stable, for logs and health. `permanent` says that trying again without
    changing something will fail again.
    """

    code: ClassVar[str] = "agent"
    permanent: ClassVar[bool] = True


class SettingsError(AgentError):
    code = "settings"


class IdentityError(AgentError):
    """The device's key or the hub's is missing, unsafe or damaged."""

    code = "identity"


class EnrolmentError(AgentError):
    """The hub does not enrol this device, or is not the hub that the token names."""

    code = "enrolment"


class HubAwayError(EnrolmentError):
    """The hub's address for devices does not answer; the same request may pass later."""

    code = "hub-away"
    permanent = False


class ConfirmError(AgentError):
    """A message down that is not what its topic is for, or not for this device."""

    code = "confirm"


class HubSignatureError(IdentityError):
    """A message down that the hub did not sign, or signed for another topic."""

    code = "hub-signature"


class StateFolderError(AgentError):
    """The state folder or a small file in it cannot be used as it is."""

    code = "state-folder"


class ClockError(AgentError):
    """The wall clock cannot be right: nothing is published under such a time."""

    code = "clock"
    permanent = False


class OutboxError(AgentError):
    code = "outbox"


class OutboxFullError(OutboxError):
    """Nothing more can be kept. The message was not taken, and nothing kept was lost."""

    code = "outbox-full"
    permanent = False


class StreamMismatchError(OutboxError):
    """A confirm for a stream that this outbox does not hold, or beyond what it has written."""

    code = "outbox-stream"


class OutboxClosedError(OutboxError):
    code = "outbox-closed"


class ConnectionLostError(AgentError):
    """The broker is gone or refuses; the publisher connects again, for ever."""

    code = "broker"
    permanent = False


class AnchorError(AgentError):
    """What is remembered of recordings cannot be read or written."""

    code = "anchors"


class CaptureError(AgentError):
    """A source cannot be opened or read."""

    code = "capture"


class CredentialsError(CaptureError):
    """A camera's user and password are incomplete, or stand where they would be shown."""

    code = "credentials"


class ModelError(AgentError):
    """A model file is missing, damaged or not what its name says."""

    code = "model"


class LocalPageError(AgentError):
    """A page for this machine alone cannot be served."""

    code = "local-page"
