"""What can be wrong with a message. Each class is one reject reason of the wire."""

from schemas.vocabulary import RejectReason


class WireError(Exception):
    """Base of all wire errors; `reason` is what the device is told and rejects record."""

    reason: RejectReason
    permanent = True


class MessageTooLargeError(WireError):
    reason = RejectReason.TOO_LARGE


class EnvelopeError(WireError):
    """The bytes are not a version byte, a signature and a JSON body."""

    reason = RejectReason.BAD_ENVELOPE


class UnknownEnvelopeVersionError(WireError):
    reason = RejectReason.UNKNOWN_ENVELOPE_VERSION


class SignatureError(WireError):
    reason = RejectReason.BAD_SIGNATURE


class TopicError(WireError):
    """The topic is not one of ours, or names another counter or kind than the message."""

    reason = RejectReason.TOPIC_MISMATCH


class UnknownKindError(WireError):
    reason = RejectReason.UNKNOWN_KIND


class UnknownVersionError(WireError):
    """The kind is known, its schema version is not."""

    reason = RejectReason.UNKNOWN_VERSION


class SchemaError(WireError):
    """The body does not fit the schema of its kind and version."""

    reason = RejectReason.SCHEMA
