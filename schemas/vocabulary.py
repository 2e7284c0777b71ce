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


class SharedList(StrEnum):
    """Phrase lists that are no category's own."""

    WORDS = "words"
    PROTECTED = "protected"
    SENTIMENT = "sentiment"


class ModelFile(StrEnum):
    """What a release may put in the place of an installed model's file."""

    VOICE = "voice"
    FACES = "faces"
    SENTIMENT = "sentiment"
    ABUSE = "abuse"
    EXPRESSION = "expression"
    SPEAKERS = "speakers"
    WHISPER_MODEL = "whisper_model"
    WHISPER_CONFIG = "whisper_config"
    WHISPER_TOKENIZER = "whisper_tokenizer"
    WHISPER_VOCABULARY = "whisper_vocabulary"


class ConfigState(StrEnum):
    """How a device stands to the latest release that it was told to run."""

    OK = "ok"
    """In use, and past its probation."""
    PENDING = "pending"
    """Being fetched, checked, waiting for the end of an interaction, or on probation."""
    FAILED = "failed"
    """Refused before it was used."""
    ROLLED_BACK = "rolled_back"
    """Was used, and the last good one took its place again."""


class ConfigFault(StrEnum):
    """Why a release is not in use (yet)."""

    FETCH = "fetch"
    """The hub does not give a file; tried again for ever."""
    SPACE = "space"
    """No room on the disk; tried again for ever."""
    TOO_LARGE = "too_large"
    """Larger than the device's own limit."""
    FILE = "file"
    """A file is not of the size or sha256 that was signed."""
    SETTINGS = "settings"
    """The settings do not go with those of the device itself."""
    LEXICON = "lexicon"
    """A phrase list cannot be read, or does not do what its own examples say."""
    MODEL = "model"
    """A model does not load, or gives no sane answer to a known input."""
    START = "start"
    """The agent did not start with it."""
    CRASHED = "crashed"
    """The agent ended again and again without having been asked to."""
    HUNG = "hung"
    """Measuring stood still."""
    MODELS_FAILED = "models_failed"
    """Models failed while measuring."""
    DAMAGED = "damaged"
    """What the device had kept of it was no longer what was signed."""
    COMMANDED = "commanded"
    """By the hub's command."""


class CommandKind(StrEnum):
    RESEND = "resend"
    """Rows of an outbox once more."""
    RESTART = "restart"
    """Measuring begins anew, with its models loaded again."""
    SELF_TEST = "self_test"
    """`hailong agent ready`."""
    RENEW_CERTIFICATE = "renew_certificate"
    ROLL_BACK = "roll_back"
    """To the good release before the one in use."""


class CommandOutcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    """It came, or its turn came, too late."""
    UNSUPPORTED = "unsupported"
    """This device has nothing that could do it."""
    INTERRUPTED = "interrupted"
    """The agent ended in the middle of it; it is not tried again."""


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
