"""The enumerated words of the wire. Nothing that is not named here leaves a device."""

from enum import StrEnum


class Zone(StrEnum):
    """What a counter is for; rubrics and rules differ by it."""

    RECEPTION = "reception"
    ADVICE = "advice"
    INTAKE = "intake"
    FEE = "fee"
    RESULT = "result"
    DIGITISING = "digitising"


class Role(StrEnum):
    STAFF = "staff"
    CITIZEN = "citizen"
    UNKNOWN = "unknown"


class Category(StrEnum):
    """A kind of phrase. The hit leaves the device, the words never do."""

    GREETING = "greeting"
    THANKS = "thanks"
    CLOSING = "closing"
    APOLOGY = "apology"
    EXPLAINS_WAIT = "explains_wait"
    EXPLANATION = "explanation"
    HEARING_HELP = "hearing_help"
    BACKCHANNEL = "backchannel"
    DISRESPECT = "disrespect"
    MAY_TAO = "may_tao"
    """mày/tao (mi/tau) address; apart from disrespect because its rule counts hits."""
    ABUSIVE = "abusive"
    CITIZEN_ABUSE = "citizen_abuse"
    GRIEVANCE = "grievance"
    ESCALATION = "escalation"
    MONEY_HINT = "money_hint"
    BROKER = "broker"
    OFF_CHANNEL = "off_channel"
    GIFT_OFFER = "gift_offer"
    GIFT_REFUSAL = "gift_refusal"
    COME_BACK = "come_back"
    REDIRECT = "redirect"
    DOCUMENT_MISSING = "document_missing"
    DOCUMENT_LIST_GIVEN = "document_list_given"
    POSITIVE = "positive"
    RESIGNED = "resigned"
    NEGATIVE = "negative"
    RATING_SOLICITED = "rating_solicited"


class Language(StrEnum):
    VIETNAMESE = "vi"
    ENGLISH = "en"
    OTHER = "other"


class SpanKind(StrEnum):
    """A stretch of an interaction that a rule may name as evidence and a review may void."""

    RAISED_VOICE = "raised_voice"
    INTERRUPTION = "interruption"
    DEAD_AIR = "dead_air"
    OVERLAP = "overlap"
    UNATTENDED = "unattended"
    CITIZEN_PRESENT = "citizen_present"
    STAFF_PRESENT = "staff_present"
    PRESENCE_UNKNOWN = "presence_unknown"
    MUTED = "muted"
    """Measuring was paused by a key; the role is who asked for it."""
    WRITTEN = "written"
    """Written or signed communication: speech says nothing of it."""
    HELP = "help"
    """The clerk's help button."""


class EndReason(StrEnum):
    CITIZEN_ABSENT = "citizen_absent"
    SILENCE = "silence"
    SOURCE_ENDED = "source_ended"


class SourceKind(StrEnum):
    LIVE = "live"
    RECORDING = "recording"


class Missing(StrEnum):
    """Why a measurement is missing or partly so. Missing is not zero and not bad."""

    NO_VIDEO = "no_video"
    SINGLE_CHANNEL = "single_channel"
    SENSOR_INVALID = "sensor_invalid"
    NO_BASELINE = "no_baseline"
    OTHER_LANGUAGE = "other_language"
    LOW_CONFIDENCE = "low_confidence"
    ROLE_UNKNOWN = "role_unknown"
    MODEL_FAILED = "model_failed"
    MUTED = "muted"
    WRITTEN = "written"
    """The citizen wrote or signed, so that speech says nothing of them."""
    OVERLOAD = "overload"
    TOO_FEW_TURNS = "too_few_turns"


class Sensor(StrEnum):
    MICROPHONE_STAFF = "microphone_staff"
    MICROPHONE_CITIZEN = "microphone_citizen"
    MICROPHONE_SHARED = "microphone_shared"
    CAMERA = "camera"


class SensorState(StrEnum):
    OK = "ok"
    ENDED = "ended"
    """A recording has been played to its end."""
    DEAD = "dead"
    STALLED = "stalled"
    FROZEN = "frozen"
    COVERED = "covered"
    CLIPPED = "clipped"
    DISCONNECTED = "disconnected"
    MUTED = "muted"
    """Paused by somebody at the counter."""
    ABSENT = "absent"
    """The source never had this sensor, e.g. a recording without video."""


class Key(StrEnum):
    """What somebody at the counter asked the device for."""

    MUTE = "mute"
    UNMUTE = "unmute"
    HELP = "help"
    WRITTEN_ON = "written_on"
    WRITTEN_OFF = "written_off"


class Overload(StrEnum):
    """What a device that cannot keep up has stopped doing, in this order; each step includes
    those before it. Sound levels, turns and presence stop last: never by a step.
    """

    NONE = "none"
    FEWER_FRAMES = "fewer_frames"
    SMALLER_BEAM = "smaller_beam"
    NEEDED_WORDS = "needed_words"
    """Only turns that a rule looks for words in are transcribed."""
    NO_WORDS = "no_words"


class DropReason(StrEnum):
    SPACE = "space"
    DAMAGED = "damaged"


class Connection(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"


class RejectReason(StrEnum):
    TOO_LARGE = "too_large"
    BAD_ENVELOPE = "bad_envelope"
    UNKNOWN_ENVELOPE_VERSION = "unknown_envelope_version"
    TOPIC_MISMATCH = "topic_mismatch"
    UNKNOWN_DEVICE = "unknown_device"
    REVOKED = "revoked"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_VERSION = "unknown_version"
    SCHEMA = "schema"
    CLOCK = "clock"
    DATABASE = "database"
    """The row fits the schema and the database still refuses it."""
