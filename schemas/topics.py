"""MQTT topics, built and parsed here and nowhere else."""

import re
from dataclasses import dataclass
from functools import lru_cache

from schemas.errors import TopicError

PREFIX = "hailong/v1"
UP = frozenset({"activity", "interaction", "health", "dropped", "alert", "state"})
DOWN = frozenset({"confirm", "config", "command", "ticket"})
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Topic:
    """`hailong/v1/{branch}/{counter}/{kind}`."""

    branch: str
    counter: str
    kind: str

    def __post_init__(self) -> None:
        for part, value in (("branch", self.branch), ("counter", self.counter)):
            if not _NAME.fullmatch(value):
                # Without the value: a stranger may have chosen the topic.
                raise TopicError(
                    f"topic has a {part} that is no name: got {len(value)} characters, expected "
                    "1 to 32 of a to z, 0 to 9 and -, the first no -"
                )
        if self.kind not in UP | DOWN:
            raise TopicError(
                f"topic has an unknown kind; expected one of {', '.join(sorted(UP | DOWN))}"
            )

    def __str__(self) -> str:
        return f"{PREFIX}/{self.branch}/{self.counter}/{self.kind}"


@lru_cache(maxsize=65_536)
def parse(topic: str) -> Topic:
    """The parts of a topic; raises TopicError when it is not one of ours.

    Remembered: a hub meets each counter's few topics again and again.
    """
    parts = topic.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != PREFIX:
        raise TopicError(f"topic is not ours: expected {PREFIX}/branch/counter/kind")
    return Topic(parts[2], parts[3], parts[4])


def up_filters(share: str | None = None) -> list[str]:
    """What a hub worker subscribes to. `share` names a `$share` group; `state` is
    subscribed without it, because every worker wants retained births and deaths.
    """
    group = f"$share/{share}/" if share else ""
    return [
        (PREFIX if kind == "state" else f"{group}{PREFIX}") + f"/+/+/{kind}" for kind in sorted(UP)
    ]
