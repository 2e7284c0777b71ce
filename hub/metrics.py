"""Every metric of the hub, in one place. docs/operations.md says which alert goes by which.

Labels are bounded by the program or by who is enrolled, never by what a message says:
`kind`, `reason`, `phase`, `sensor`, `state` are words of schemas/vocabulary.py, `route` is a
route's template, `part` and `loop` are ours, `device` is an enrolled device's name (only after
its message was believed, and read from the database). A stranger's topic counts as "other".
`channel` is a name in the settings. There is no label for a counter: a device stands at one, and the fleet page says at which.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from hub.distribution import Distribution
from hub.figure import Figure
from schemas.version import VERSION

REGISTRY: Final = CollectorRegistry()
_SHORT_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LONG_S: Final = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400, 604800)

ProcessCollector(namespace="hailong_hub", registry=REGISTRY)
Gauge("hailong_hub_info", "1; the version is the label", ["version"], registry=REGISTRY).labels(
    VERSION
).set(1)

# Ingest -------------------------------------------------------------------------------------

RECEIVED = Counter(
    "hailong_hub_messages_received",
    "Messages taken from the broker, by the topic's kind; doubles included",
    ["kind"],
    registry=REGISTRY,
)
COMMITTED = Counter(
    "hailong_hub_messages_committed",
    "Messages whose rows were committed; one that is resent counts again",
    ["kind"],
    registry=REGISTRY,
)
REJECTS = Counter(
    "hailong_hub_rejects", "Messages refused, by the reason", ["reason"], registry=REGISTRY
)
BATCH_MESSAGES = Histogram(
    "hailong_hub_batch_messages",
    "Messages of a batch",
    buckets=(1, 5, 10, 25, 50, 100, 250, 500, 1000, 2000),
    registry=REGISTRY,
)
COMMIT_SECONDS = Histogram(
    "hailong_hub_commit_seconds",
    "Storing a batch, waits for the database included",
    buckets=_SHORT_S,
    registry=REGISTRY,
)
CAPTURED_TO_COMMIT = Distribution(
    "hailong_hub_captured_to_commit_seconds",
    "From what a device measured (its clock) to the commit: the delay of a figure",
    _LONG_S,
    REGISTRY,
)
RECEIVED_TO_COMMIT = Distribution(
    "hailong_hub_received_to_commit_seconds",
    "From the hub's receipt of a message to its commit: the hub's own share of the delay",
    _SHORT_S,
    REGISTRY,
)
QUEUE_DEPTH = Figure(
    "hailong_hub_queue_messages", "Messages taken in that wait for a batch", REGISTRY
)
BROKER_CONNECTED = Figure(
    "hailong_hub_broker_connected", "1 while connected and subscribed", REGISTRY
)
CONFIRMATIONS = Counter(
    "hailong_hub_confirmations", "Confirmations sent to devices", registry=REGISTRY
)
STREAMS_WITH_GAPS = Figure(
    "hailong_hub_streams_with_gaps",
    "Devices' streams that miss a sequence below the highest seen",
    REGISTRY,
)
PARTITIONS_AHEAD = Figure(
    "hailong_hub_partitions_ahead_seconds",
    "Until the first table has no partition for what arrives",
    REGISTRY,
)

# Scoring ------------------------------------------------------------------------------------

SCORING_BACKLOG = Figure(
    "hailong_hub_scoring_backlog", "Interactions that wait to be scored", REGISTRY
)
SCORING_OLDEST = Figure(
    "hailong_hub_scoring_oldest_seconds",
    "How long the oldest of them has waited",
    REGISTRY,
)
SCORING_ASIDE = Figure(
    "hailong_hub_scoring_aside",
    "Interactions that could not be scored and are tried again later",
    REGISTRY,
)
SCORED = Counter(
    "hailong_hub_interactions_scored",
    "Interactions taken from the queue: scored, or gone meanwhile",
    registry=REGISTRY,
)
SCORING_SECONDS = Histogram(
    "hailong_hub_scoring_seconds",
    "One batch of a branch, from the claim to the commit",
    buckets=_SHORT_S,
    registry=REGISTRY,
)

# Alerts -------------------------------------------------------------------------------------

ALERTS = Counter(
    "hailong_hub_alerts",
    "Changes of live alerts (new, update, end), and snapshots that came too late (late)",
    ["what"],
    registry=REGISTRY,
)
ALERT_SENDINGS = Counter(
    "hailong_hub_alert_sendings",
    "Attempts to tell a channel, by the settings' name of it and what came of it (sent, retry, "
    "failed: given up)",
    ["channel", "outcome"],
    registry=REGISTRY,
)
ALERT_SECONDS = Histogram(
    "hailong_hub_alert_seconds",
    "From a device's snapshot (its clock) to the judgement of live rules on it",
    buckets=_SHORT_S,
    registry=REGISTRY,
)

# Web ----------------------------------------------------------------------------------------

HTTP_REQUESTS = Counter(
    "hailong_hub_http_requests",
    "Requests answered, by method, route template and status",
    ["method", "route", "status"],
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "hailong_hub_http_seconds",
    "Until a request was answered",
    ["route"],
    buckets=_SHORT_S,
    registry=REGISTRY,
)
HTTP_OPEN = Gauge("hailong_hub_http_open", "Requests being answered", registry=REGISTRY)

# The process itself -------------------------------------------------------------------------

DATABASE_CONNECTED = Gauge(
    "hailong_hub_database_connected",
    "1 while the part's database answers",
    ["part"],
    registry=REGISTRY,
)
LIVE = Gauge(
    "hailong_hub_loop_live", "1 while the loop is not deadlocked", ["loop"], registry=REGISTRY
)
QUIET = Gauge(
    "hailong_hub_loop_quiet_seconds",
    "Since the loop last gave a sign of life",
    ["loop"],
    registry=REGISTRY,
)
READY = Gauge("hailong_hub_ready", "1 while the part can work", ["part"], registry=REGISTRY)
