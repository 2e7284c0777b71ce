"""The script of the recording, read from script.yaml, and the moments it falls on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SCRIPT = Path(__file__).with_name("script.yaml")
ROLES = ("staff", "citizen")


@dataclass(frozen=True, slots=True)
class Voice:
    voice: str
    pitch: int
    words_per_minute: int


@dataclass(frozen=True, slots=True)
class Line:
    role: str
    gap_s: float
    words: str = field(repr=False)
    categories: tuple[str, ...] = ()
    raised_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Move:
    """The staff member leaves or comes back to the staff zone."""

    gap_s: float
    present: bool


@dataclass(frozen=True, slots=True)
class Aside:
    """Said by staff to nobody, while no citizen is there."""

    after_s: float
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Interaction:
    name: str
    language: str
    voices: dict[str, Voice]
    jacket: str
    enters_after_s: float
    leaves_after_s: float
    timeline: tuple[Line | Move, ...]
    flags: tuple[dict[str, str], ...]
    softer_db: float
    aside: Aside | None


@dataclass(frozen=True, slots=True)
class Script:
    seed: int
    level_dbfs: float
    bleed_db: float
    noise_dbfs: float
    tail_s: float
    interactions: tuple[Interaction, ...]


def read_script(path: Path = SCRIPT) -> Script:
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    voices = {name: Voice(**voice) for name, voice in raw["voices"].items()}
    return Script(
        seed=raw["seed"],
        level_dbfs=raw["level_dbfs"],
        bleed_db=raw["bleed_db"],
        noise_dbfs=raw["noise_dbfs"],
        tail_s=raw["tail_s"],
        interactions=tuple(_interaction(one, voices) for one in raw["interactions"]),
    )


def _interaction(raw: dict[str, Any], voices: dict[str, Voice]) -> Interaction:
    aside = raw.get("aside")
    return Interaction(
        name=raw["name"],
        language=raw["language"],
        voices={role: voices[raw["voices"][role]] for role in ROLES},
        jacket=raw["jacket"],
        enters_after_s=raw["enters_after_s"],
        leaves_after_s=raw["leaves_after_s"],
        timeline=tuple(_item(item) for item in raw["timeline"]),
        flags=tuple(raw["flags"]),
        softer_db=raw.get("softer_db", 0.0),
        aside=Aside(aside["after_s"], aside["say"]) if aside else None,
    )


def _item(raw: dict[str, Any]) -> Line | Move:
    if "say" not in raw:
        return Move(raw["gap_s"], present=raw["staff"] == "returns")
    return Line(
        role=raw["role"],
        gap_s=raw["gap_s"],
        words=raw["say"],
        categories=tuple(raw.get("categories", ())),
        raised_db=raw.get("raised_db", 0.0),
    )
