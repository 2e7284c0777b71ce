"""Abuse as the agent keeps it: false hits on clean turns, and how much of it is found.

Each text goes through `WordReader`, whose transcriber here says the text. The peers are the
phrase lists and the model, each alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.machine import Figure
from edge_agent.capture.frame import Samples
from edge_agent.categories import Lexicon
from edge_agent.guard import Guard
from edge_agent.loudness import Loudness
from edge_agent.models.abuse_ngrams import NgramAbuse
from edge_agent.models.base import Capabilities, Sentiment, Transcript
from edge_agent.turn import SpokenTurn
from edge_agent.words import CONFIRMED, WordReader
from schemas.vocabulary import Language, Role
from training.clean_talk import turns
from training.corpus import ABUSE, read, split
from training.vihos import DATA, vihos

GOAL_FALSE_HITS = 0.0
LEXICON, MODEL = "lexicon alone", "model alone"
_ROLES = {"staff": Role.STAFF, "citizen": Role.CITIZEN}


@dataclass(frozen=True, slots=True)
class Judged:
    kept: bool
    lexicon: bool
    model: bool


def measure(abuse: NgramAbuse) -> tuple[list[Figure], list[str]]:
    judge = Judge(abuse)
    day = [(t.text, t.role) for t in turns(judge.lexicon, read())]
    insults = [(u.text, _ROLES[u.kind]) for u in split(read(ABUSE), "held_out")]
    figures = [
        _false_hits(f"false abuse hits, {len(day):,} clean turns", judge.all(day), GOAL_FALSE_HITS),
        _recall("abuse recall, insults at a counter", found := judge.all(insults)),
    ]
    notes = [
        (
            f"clean turns: {len(set(day)):,} are distinct; no hit in {len(day):,} would bound the "
            f"rate at {3e5 / len(day):.1f} in 100,000. They are made of the lexicon's own innocent "
            "examples and of the corpus, the trained part too: little of them is new to lexicon "
            "and model"
        ),
        f"abuse recall, {len(insults)} insults at a counter: {_recalls(found)}",
        "abuse: there is no English data",
    ]
    name, clean_name = "abuse recall, ViHOS dev", "false abuse hits, clean comments of ViHOS dev"
    if not DATA.exists():
        notes.append("ViHOS is absent: name its folder by HAILONG_TEST_DATA")
        return [
            *figures,
            Figure(name, None, "%", better="higher"),
            Figure(clean_name, None, "comments"),
        ], notes
    comments = vihos("dev")
    bad = judge.all([(text, Role.STAFF) for text, abusive in comments if abusive])
    clean = judge.all([(text, Role.STAFF) for text, abusive in comments if not abusive])
    figures += [_recall(name, bad), _false_hits(clean_name, clean)]
    notes.append(
        f"abuse recall, {len(bad)} abusive comments of ViHOS dev: {_recalls(bad)}; "
        f"{len(clean)} are clean"
    )
    return figures, notes


class Judge:
    def __init__(self, abuse: NgramAbuse) -> None:
        self.lexicon = Lexicon.load()
        self._abuse = abuse
        self._written = _Written()
        self._reader = WordReader(self._written, self.lexicon, _Unfeeling(), abuse, Guard())
        self._known: dict[tuple[str, Role], Judged] = {}

    def all(self, said: Sequence[tuple[str, Role]]) -> list[Judged]:
        return [self._known.get(one) or self._judge(one) for one in said]

    def _judge(self, said: tuple[str, Role]) -> Judged:
        text, role = said
        self._written.text = text
        words = self._reader.read(_turn(role))
        # A text that could not be read would count as clean.
        assert words.missing is None, f"a turn was not read: {words.missing}"
        matched = self.lexicon.match(text, role, Language.VIETNAMESE)
        self._known[said] = Judged(
            any(hit.category in CONFIRMED for hit in words.hits),
            any(hit.category in CONFIRMED for hit in matched),
            bool(self._abuse.confirms(text, Language.VIETNAMESE)),
        )
        return self._known[said]


class _Written:
    """A transcriber that is sure of the text it was given."""

    model_id = "written:1"
    capabilities = Capabilities(frozenset({Language.VIETNAMESE}), 30.0)
    text = ""

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript:
        del samples, hint, beam_size
        return Transcript(self.text, Language.VIETNAMESE, 1.0, 1.0)


class _Unfeeling:
    model_id = "unfeeling:1"

    def score(self, text: str, language: Language) -> Sentiment | None:
        del text, language
        return None


def _turn(role: Role) -> SpokenTurn:
    return SpokenTurn(
        channel=0,
        role=role,
        role_confidence=1.0,
        start_s=0.0,
        end_s=3.0,
        voiced=((0.0, 3.0),),
        continued=False,
        loudness=Loudness(-33.0, None, (), has_baseline=False),
        sound=np.zeros(0, np.float32),
        sound_from_s=0.0,
    )


def _false_hits(name: str, found: Sequence[Judged], goal: float | None = None) -> Figure:
    kept, lexicon, model = (float(count) for count in _counts(found))
    unit = "comments" if "comments" in name else "turns"
    return Figure(name, kept, unit, goal, peers={LEXICON: lexicon, MODEL: model})


def _recall(name: str, found: Sequence[Judged]) -> Figure:
    kept, lexicon, model = (100 * count / len(found) for count in _counts(found))
    return Figure(name, kept, "%", better="higher", peers={LEXICON: lexicon, MODEL: model})


def _recalls(found: Sequence[Judged]) -> str:
    names = ("as it runs", LEXICON, MODEL)
    return ", ".join(
        f"{name} {wilson(count, len(found))}"
        for name, count in zip(names, _counts(found), strict=True)
    )


def _counts(found: Sequence[Judged]) -> tuple[int, int, int]:
    return sum(f.kept for f in found), sum(f.lexicon for f in found), sum(f.model for f in found)


def wilson(hit: int, of: int, z: float = 1.96) -> str:
    """Share and its 95 % interval; Wilson 1927."""
    p, square = hit / of, z * z
    middle = (p + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * float(np.sqrt(p * (1 - p) / of + square / (4 * of * of)))
    return f"{p:.1%} ({middle - half:.1%} to {middle + half:.1%})"
