"""The enumerated words of wire and database as people read them. Catalogues translate them.

`N_` marks a text for the catalogues without translating it: the page's language is known
only when the page is written.
"""

from collections.abc import Mapping
from typing import Final

from hub.auth.permissions import UserRole
from schemas.vocabulary import (
    Category,
    ConfigFault,
    ConfigState,
    DropReason,
    EndReason,
    Key,
    Language,
    Missing,
    Overload,
    RejectReason,
    Role,
    Sensor,
    SensorState,
    SourceKind,
    SpanKind,
    Zone,
)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    return text


ZONES: Final[Mapping[str, str]] = {
    Zone.RECEPTION: N_("Reception"),
    Zone.ADVICE: N_("Advice"),
    Zone.INTAKE: N_("Intake"),
    Zone.FEE: N_("Fees"),
    Zone.RESULT: N_("Results"),
    Zone.DIGITISING: N_("Digitising"),
}
ROLES: Final[Mapping[str, str]] = {
    Role.STAFF: N_("Staff at the counter"),
    Role.CITIZEN: N_("Citizen"),
    Role.UNKNOWN: N_("Speaker not known"),
    "none": N_("Nobody in particular"),
}
CATEGORIES: Final[Mapping[str, str]] = {
    Category.GREETING: N_("Greeting"),
    Category.THANKS: N_("Thanks"),
    Category.CLOSING: N_("Closing words"),
    Category.APOLOGY: N_("Apology"),
    Category.EXPLAINS_WAIT: N_("Explains the wait"),
    Category.EXPLANATION: N_("Explanation"),
    Category.HEARING_HELP: N_("Speaks up for one who hears badly"),
    Category.BACKCHANNEL: N_("Short reply"),
    Category.DISRESPECT: N_("Disrespectful words"),
    Category.MAY_TAO: N_("Mày/tao address"),
    Category.ABUSIVE: N_("Abusive words"),
    Category.CITIZEN_ABUSE: N_("Abuse of staff"),
    Category.GRIEVANCE: N_("Complaint about the service"),
    Category.ESCALATION: N_("Asks for a manager"),
    Category.MONEY_HINT: N_("Hint at money"),
    Category.BROKER: N_("Points to a broker"),
    Category.OFF_CHANNEL: N_("Contact outside official channels"),
    Category.GIFT_OFFER: N_("Offers a gift"),
    Category.GIFT_REFUSAL: N_("Refuses a gift"),
    Category.COME_BACK: N_("Asks to come back another time"),
    Category.REDIRECT: N_("Sends elsewhere"),
    Category.DOCUMENT_MISSING: N_("Says papers are missing"),
    Category.DOCUMENT_LIST_GIVEN: N_("Gives the list of missing papers"),
    Category.POSITIVE: N_("Words of praise"),
    Category.RESIGNED: N_("Resigned words"),
    Category.NEGATIVE: N_("Words of displeasure"),
    Category.RATING_SOLICITED: N_("Asks for a good rating"),
}
SPANS: Final[Mapping[str, str]] = {
    SpanKind.RAISED_VOICE: N_("Louder than usual"),
    SpanKind.INTERRUPTION: N_("Interruption"),
    SpanKind.DEAD_AIR: N_("Dead air"),
    SpanKind.OVERLAP: N_("Overlap"),
    SpanKind.UNATTENDED: N_("Counter without staff"),
    SpanKind.CITIZEN_PRESENT: N_("Citizen present"),
    SpanKind.STAFF_PRESENT: N_("Staff present"),
    SpanKind.PRESENCE_UNKNOWN: N_("Presence not known"),
    SpanKind.MUTED: N_("Measuring paused"),
    SpanKind.WRITTEN: N_("Written or signed communication"),
    SpanKind.HELP: N_("Staff asked for help"),
}
MISSING: Final[Mapping[str, str]] = {
    Missing.NO_VIDEO: N_("no picture from the camera"),
    Missing.SINGLE_CHANNEL: N_("one microphone for both sides"),
    Missing.SENSOR_INVALID: N_("a sensor gave nothing valid"),
    Missing.NO_BASELINE: N_("usual level not known yet"),
    Missing.OTHER_LANGUAGE: N_("another language was spoken"),
    Missing.LOW_CONFIDENCE: N_("speech was not recognised surely enough"),
    Missing.ROLE_UNKNOWN: N_("it is not known who spoke"),
    Missing.MODEL_FAILED: N_("the measuring program failed"),
    Missing.MUTED: N_("measuring was paused"),
    Missing.WRITTEN: N_("the citizen wrote or used sign language"),
    Missing.OVERLOAD: N_("the device was overloaded"),
    Missing.TOO_FEW_TURNS: N_("too few turns"),
}
LANGUAGES: Final[Mapping[str, str]] = {
    Language.VIETNAMESE: N_("Vietnamese"),
    Language.ENGLISH: N_("English"),
    Language.OTHER: N_("Another language"),
}
END_REASONS: Final[Mapping[str, str]] = {
    EndReason.CITIZEN_ABSENT: N_("the citizen left"),
    EndReason.SILENCE: N_("long silence"),
    EndReason.SOURCE_ENDED: N_("the recording ended"),
}
SOURCES: Final[Mapping[str, str]] = {
    SourceKind.LIVE: N_("live at the counter"),
    SourceKind.RECORDING: N_("from a recording"),
}
SENSORS: Final[Mapping[str, str]] = {
    Sensor.MICROPHONE_STAFF: N_("Staff microphone"),
    Sensor.MICROPHONE_CITIZEN: N_("Citizen microphone"),
    Sensor.MICROPHONE_SHARED: N_("Shared microphone"),
    Sensor.CAMERA: N_("Camera"),
}
SENSOR_STATES: Final[Mapping[str, str]] = {
    SensorState.OK: N_("works"),
    SensorState.ENDED: N_("recording played to its end"),
    SensorState.DEAD: N_("gives no sound at all"),
    SensorState.STALLED: N_("has stopped delivering"),
    SensorState.FROZEN: N_("picture stands still"),
    SensorState.COVERED: N_("lens is covered"),
    SensorState.CLIPPED: N_("sound is distorted"),
    SensorState.DISCONNECTED: N_("not connected"),
    SensorState.MUTED: N_("paused at the counter"),
    SensorState.ABSENT: N_("not fitted"),
}
HEALTHY_SENSOR_STATES: Final = frozenset({SensorState.OK, SensorState.ENDED, SensorState.ABSENT})
OVERLOADS: Final[Mapping[str, str]] = {
    Overload.NONE: N_("keeps up"),
    Overload.FEWER_FRAMES: N_("looks at fewer pictures"),
    Overload.SMALLER_BEAM: N_("recognises words less thoroughly"),
    Overload.NEEDED_WORDS: N_("recognises words only where a rule needs them"),
    Overload.NO_WORDS: N_("recognises no words"),
}
CONFIG_STATES: Final[Mapping[str, str]] = {
    ConfigState.OK: N_("in use"),
    ConfigState.PENDING: N_("on its way"),
    ConfigState.FAILED: N_("refused by the device"),
    ConfigState.ROLLED_BACK: N_("taken back by the device"),
}
CONFIG_FAULTS: Final[Mapping[str, str]] = {
    ConfigFault.FETCH: N_("a file cannot be fetched yet"),
    ConfigFault.SPACE: N_("no room on the disk"),
    ConfigFault.TOO_LARGE: N_("larger than the device allows"),
    ConfigFault.FILE: N_("a file is not the signed one"),
    ConfigFault.SETTINGS: N_("settings do not go with the device's own"),
    ConfigFault.LEXICON: N_("a phrase list fails its own examples"),
    ConfigFault.MODEL: N_("a model fails its check"),
    ConfigFault.START: N_("the device could not start with it"),
    ConfigFault.CRASHED: N_("the device crashed repeatedly"),
    ConfigFault.HUNG: N_("measuring stood still"),
    ConfigFault.MODELS_FAILED: N_("models failed while measuring"),
    ConfigFault.DAMAGED: N_("damaged on the device's disk"),
    ConfigFault.COMMANDED: N_("by the operator's command"),
}
KEYS: Final[Mapping[str, str]] = {
    Key.MUTE: N_("Measuring paused"),
    Key.UNMUTE: N_("Measuring resumed"),
    Key.HELP: N_("Staff asked for help"),
    Key.WRITTEN_ON: N_("Written or signed communication"),
    Key.WRITTEN_OFF: N_("Speech again"),
}
CONNECTIONS: Final[Mapping[str, str]] = {
    "online": N_("Online"),
    "offline": N_("Offline"),
    "unknown": N_("State not known"),
}
REJECT_REASONS: Final[Mapping[str, str]] = {
    RejectReason.TOO_LARGE: N_("message too large"),
    RejectReason.BAD_ENVELOPE: N_("not one of our messages"),
    RejectReason.UNKNOWN_ENVELOPE_VERSION: N_("envelope of an unknown version"),
    RejectReason.TOPIC_MISMATCH: N_("sent to another counter's topic"),
    RejectReason.UNKNOWN_DEVICE: N_("device is not enrolled"),
    RejectReason.REVOKED: N_("device has been revoked"),
    RejectReason.BAD_SIGNATURE: N_("signature does not fit"),
    RejectReason.UNKNOWN_KIND: N_("unknown kind of message"),
    RejectReason.UNKNOWN_VERSION: N_("unknown schema version"),
    RejectReason.SCHEMA: N_("fields do not fit the schema"),
    RejectReason.CLOCK: N_("time is outside what is accepted"),
    RejectReason.DATABASE: N_("refused by the database"),
}
DROP_REASONS: Final[Mapping[str, str]] = {
    DropReason.SPACE: N_("no space left on the device"),
    DropReason.DAMAGED: N_("damaged on the device"),
}
FLAG_KINDS: Final[Mapping[str, str]] = {
    "live": N_("Live alert"),
    "review": N_("For review"),
    "trend": N_("Trend"),
    "shadow": N_("Measured silently"),
    "positive": N_("Good moment"),
}
FLAG_STATES: Final[Mapping[str, str]] = {
    "open": N_("Open"),
    "decided": N_("Decided"),
    "withdrawn": N_("Withdrawn"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "confirmed": N_("Well-founded"),
    "dismissed": N_("Unfounded"),
    "insufficient": N_("Not enough grounds"),
    "coached": N_("Coached"),
}
OUTCOME_HELP: Final[Mapping[str, str]] = {
    "confirmed": N_("What the flag asks about did happen."),
    "dismissed": N_("It did not happen, or it was right to do so."),
    "insufficient": N_("It cannot be found out either way."),
    "coached": N_("It did happen; it was talked over with the staff member and that is enough."),
}
GROUNDS: Final[Mapping[str, str]] = {
    "clerk_agrees": N_("The staff member agrees"),
    "dossier_fact": N_("A fact in the dossier"),
    "eyewitness": N_("Somebody saw it"),
    "citizen_contacted": N_("The citizen was asked"),
    "cctv_request": N_("Camera footage by the site's own procedure"),
    "none": N_("No independent ground"),
}
STANDINGS: Final[Mapping[str, str]] = {
    "silent": N_("Silent"),
    "active": N_("In force"),
    "city": N_("Reviewed by the city"),
    "trend": N_("Trend only"),
    "stopped": N_("Stopped, measured on"),
    "shadow": N_("Measured silently"),
}
STANDING_REASONS: Final[Mapping[str, str]] = {
    "first_use": N_("new at this branch"),
    "silence_over": N_("its silent weeks are over"),
    "under_floor": N_("too few of its flags were founded"),
    "unknown_share": N_("too many of its flags could not be cleared up"),
    "recovered": N_("its flags were founded again"),
    "by_hand": N_("set by a person"),
}
SIGNALS: Final[Mapping[str, str]] = {
    "beyond_limit": N_("beyond the limit"),
    "two_of_three": N_("two of three weeks near the limit"),
    "run": N_("eight weeks on one side"),
}
FIGURES: Final[Mapping[str, str]] = {
    "experience": N_("The citizen's experience"),
    "counter_part": N_("The counter's part"),
}
FIGURE_HELP: Final[Mapping[str, str]] = {
    "experience": N_("The branch answers for this figure."),
    "counter_part": N_("Without waiting, overload, system faults or the citizen's mood."),
}
USER_ROLES: Final[Mapping[str, str]] = {
    UserRole.SUPERVISOR: N_("Supervisor"),
    UserRole.QA: N_("Quality assurance"),
    UserRole.PRIVACY: N_("Privacy officer"),
    UserRole.CLERK: N_("Counter staff"),
    UserRole.OPERATOR: N_("Operator"),
}
ALERT_STATES: Final[Mapping[str, str]] = {
    "new": N_("New"),
    "update": N_("Goes on"),
    "quiet": N_("No further news"),
    "confirmed": N_("Ended; the final measurement says the same"),
    "withdrawn": N_("Withdrawn by the final measurement"),
    "lost": N_("The counter did not tell how it ended"),
}
TRUTH_KINDS: Final[Mapping[str, str]] = {
    "observer": N_("Observer at the counter"),
    "script": N_("Script that is played"),
}
TRUTH_STATES: Final[Mapping[str, str]] = {
    "open": N_("Under way"),
    "ended": N_("Ended"),
    "void": N_("Void, counts for nothing"),
}
TRUTH_GROUPS: Final[Mapping[str, str]] = {
    "courtesy": N_("Staff: courtesy"),
    "explaining": N_("Staff: explaining and sending away"),
    "conduct": N_("Staff: conduct"),
    "citizen": N_("Citizen: words"),
    "moments": N_("Moments that a rule asks about"),
}
DIALECTS: Final[Mapping[str, str]] = {
    "north": N_("Northern"),
    "central": N_("Central"),
    "south": N_("Southern"),
    "mixed": N_("Several, or not to be told"),
}
NOISES: Final[Mapping[str, str]] = {
    "quiet": N_("Quiet: nobody near talks"),
    "ordinary": N_("Ordinary: people talk nearby"),
    "loud": N_("Loud: loudspeaker, children, a crowd"),
}
TRUTH_REASONS: Final[Mapping[str, str]] = {
    "edge": N_("too near to the beginning, the end or a pause to be told"),
    "not_measured": N_("no sound was measured then"),
    "muted": N_("measuring was paused"),
    "written": N_("the citizen wrote or used sign language"),
    "not_read": N_("too little speech was recognised surely enough"),
    "not_sent": N_("the device does not send this kind of phrase"),
    "not_known": N_("the rule waits for a fact that no system told"),
    "clock": N_("the tablet's clock was not known well enough"),
    "blocked": N_("the rule is silent on purpose: overload, a fault, a pause"),
}
GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "zone": ZONES,
    "role": ROLES,
    "category": CATEGORIES,
    "span": SPANS,
    "missing": MISSING,
    "language": LANGUAGES,
    "end_reason": END_REASONS,
    "source": SOURCES,
    "sensor": SENSORS,
    "sensor_state": SENSOR_STATES,
    "overload": OVERLOADS,
    "config_state": CONFIG_STATES,
    "config_fault": CONFIG_FAULTS,
    "key": KEYS,
    "connection": CONNECTIONS,
    "reject_reason": REJECT_REASONS,
    "drop_reason": DROP_REASONS,
    "flag_kind": FLAG_KINDS,
    "flag_state": FLAG_STATES,
    "alert_state": ALERT_STATES,
    "outcome": OUTCOMES,
    "outcome_help": OUTCOME_HELP,
    "ground": GROUNDS,
    "standing": STANDINGS,
    "standing_reason": STANDING_REASONS,
    "signal": SIGNALS,
    "figure": FIGURES,
    "figure_help": FIGURE_HELP,
    "user_role": USER_ROLES,
    "truth_kind": TRUTH_KINDS,
    "truth_state": TRUTH_STATES,
    "truth_group": TRUTH_GROUPS,
    "truth_reason": TRUTH_REASONS,
    "dialect": DIALECTS,
    "noise": NOISES,
}
