"""A planned stay through the agent's own stages of words and measuring, and its facts.

The transcriber's place is taken by misreads.py. The stages of sound are not run: their times and
levels are given, and spoiled at the rates that benchmarks/results/accuracy.json measured: turns
lost, turns given to the wrong side, raised voices missed or found where nobody raised theirs.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from benchmarks.judge.day_facts import facts, outcome
from benchmarks.judge.day_plan import Planned
from benchmarks.judge.day_planted import ordinary_turns, planted_turns
from benchmarks.judge.day_sound import sound_errors
from benchmarks.judge.day_talk import Said, Speakers, talk
from benchmarks.judge.misreads import Misreader
from edge_agent.capture.frame import Samples
from edge_agent.categories import Lexicon
from edge_agent.guard import Guard
from edge_agent.interaction import Closed
from edge_agent.loudness import Loudness
from edge_agent.measure import measure
from edge_agent.models.base import Capabilities, Sentiment, SentimentModel, Transcript
from edge_agent.models.catalog import load_abuse, load_sentiment
from edge_agent.read_turn import ReadTurn
from edge_agent.sound_health import SoundQuality
from edge_agent.turn import SpokenTurn
from edge_agent.words import WordReader
from edge_agent.zone_history import Presence, Stretch
from hub.scoring.facts import Facts
from schemas.identifiers import uuid8
from schemas.interaction import ByRole, InteractionPayload
from schemas.vocabulary import EndReason, Language, Role, SourceKind

BLIND = 0.03
"""Share of stays whose camera shows nothing: an assumption."""
INTERRUPTED = 0.015
"""Share of turns that begin before the other has ended: an assumption."""
_SYLLABLES_S = 4.2
_USUAL_DBFS, _LOUD_DB = -30.0, 15.0
_RAISED_S = 1.5


class _Misreading:
    """A transcriber that reads the turn it was last shown."""

    model_id = "misreading:1"
    capabilities = Capabilities(frozenset({Language.VIETNAMESE}), 30.0)

    def __init__(self) -> None:
        self.transcript: Transcript | None = None

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript | None:
        del samples, hint, beam_size
        return self.transcript


class _Unfeeling:
    model_id = "unfeeling:1"

    def score(self, text: str, language: Language) -> Sentiment | None:
        del text, language


class Counter:
    """Plays stays; loads the models once. `feels`: no rule that shows a flag to anybody reads the
    citizen's sentiment, so that a run of many days may leave its model out.
    """

    def __init__(
        self, misreader: Misreader, lexicon: Lexicon | None = None, *, feels: bool = True
    ) -> None:
        self._misreader = misreader
        self._heard = _Misreading()
        feeling: SentimentModel = load_sentiment() if feels else _Unfeeling()
        self._reader = WordReader(
            self._heard, lexicon or Lexicon.load(), feeling, load_abuse(), Guard()
        )

    def play(self, plan: Planned, seed: int) -> tuple[InteractionPayload, Facts]:
        chance = random.Random(f"stay {seed} {plan.number}")
        speakers = Speakers(plan.region, chance)
        step = outcome(plan, chance)
        planted = [*planted_turns(plan, speakers, chance), *ordinary_turns(step, speakers, chance)]
        work_s = chance.lognormvariate(4.6, 0.6)
        if "no_dossier_no_slip" in {plan.planted, plan.look_alike}:
            work_s = chance.uniform(240, 500)
        said = talk(speakers, plan.turns, work_s, planted, chance)
        self._reader.new_interaction()
        turns, length_s = self._turns(said, plan, chance)
        away: tuple[float, float] | None = None
        if "citizen_unserved" in {plan.planted, plan.look_alike}:
            # The clerk is gone before the first word, and the citizen waits.
            away = (0.0, chance.uniform(195, 330))
            turns, length_s = [_later(turn, away[1]) for turn in turns], length_s + away[1]
        payload = _measured(plan, seed, turns, length_s, away, blind=chance.random() < BLIND)
        return payload, facts(plan, length_s, step, chance)

    def _turns(
        self, said: Sequence[Said], plan: Planned, chance: random.Random
    ) -> tuple[list[ReadTurn], float]:
        errors = sound_errors()
        turns: list[ReadTurn] = []
        at_s = 1.0
        for one in said:
            at_s += one.silence_s
            length_s = max(0.6, len(one.text.split()) / _SYLLABLES_S * chance.uniform(0.85, 1.2))
            if chance.random() < INTERRUPTED:
                at_s = max(0.5, at_s - 1.6)
            if chance.random() >= errors.lost:
                turns.append(self._read(one, at_s, length_s, plan.region, chance))
            if chance.random() < errors.invented:
                turns.append(self._read(_other_side(one), at_s, length_s, plan.region, chance))
            at_s += length_s + chance.uniform(0.4, 1.4)
        return turns, at_s + 1.0

    def _read(
        self, said: Said, at_s: float, length_s: float, region: str, chance: random.Random
    ) -> ReadTurn:
        errors = sound_errors()
        raised: tuple[tuple[float, float], ...] = ()
        if said.loud and chance.random() >= errors.raised_missed:
            raised = ((at_s, at_s + max(length_s, 1.1)),)
        elif chance.random() < errors.raised_invented_s * length_s / _RAISED_S:
            raised = ((at_s, at_s + _RAISED_S),)
        above_db = _LOUD_DB if said.loud else chance.gauss(0, 2)
        end_s = at_s + max(length_s, raised[0][1] - at_s if raised else 0.0)
        turn = SpokenTurn(
            channel=int(said.role is Role.CITIZEN),
            role=said.role,
            role_confidence=round(chance.uniform(0.75, 1.0), 2),
            start_s=at_s,
            end_s=end_s,
            voiced=((at_s, end_s),),
            continued=False,
            loudness=Loudness(_USUAL_DBFS + above_db, above_db, raised, has_baseline=True),
            sound=np.zeros(0, np.float32),
            sound_from_s=at_s,
        )
        self._heard.transcript = self._misreader.read(said.text, chance, region)
        return ReadTurn.of(turn, self._reader.read(turn), 0.0)


def _other_side(said: Said) -> Said:
    """Half of it, at the other microphone."""
    role = Role.CITIZEN if said.role is Role.STAFF else Role.STAFF
    words = said.text.split()
    return replace(said, role=role, text=" ".join(words[: max(1, len(words) // 2)]), loud=False)


def _measured(
    plan: Planned,
    seed: int,
    turns: list[ReadTurn],
    length_s: float,
    away: tuple[float, float] | None,
    *,
    blind: bool,
) -> InteractionPayload:
    stay = Closed(
        start_s=0.0,
        end_s=length_s,
        reason=EndReason.SILENCE if blind else EndReason.CITIZEN_ABSENT,
        boundary_uncertain=False,
        citizen=_zone(length_s, None, blind=blind),
        staff=_zone(length_s, away, blind=blind),
    )
    found = measure(
        stay,
        turns,
        channels=2,
        snr_db=ByRole(staff=20.0, citizen=18.0),
        sound=SoundQuality(unheard=(), coverage=1.0, by_channel=(1.0, 1.0)),
        has_video=True,
    )
    return InteractionPayload(
        interaction_id=uuid8("simulated day", seed, plan.number, plan.planted or ""),
        started_at=plan.started_at,
        ended_at=plan.started_at + timedelta(seconds=length_s),
        source=SourceKind.LIVE,
        end_reason=stay.reason,
        turns=found.turns,
        spans=found.spans,
        measurements=found.measurements,
        coverage=found.coverage,
        models=("misreading:1",),
    )


def _later(turn: ReadTurn, by_s: float) -> ReadTurn:
    return replace(
        turn,
        start_s=turn.start_s + by_s,
        end_s=turn.end_s + by_s,
        voiced=tuple((low + by_s, high + by_s) for low, high in turn.voiced),
        loudness=replace(
            turn.loudness,
            raised=tuple((low + by_s, high + by_s) for low, high in turn.loudness.raised),
        ),
        words=replace(
            turn.words, hits=tuple(replace(h, at_s=h.at_s + by_s) for h in turn.words.hits)
        ),
    )


def _zone(length_s: float, away: tuple[float, float] | None, *, blind: bool) -> tuple[Stretch, ...]:
    if blind:
        return (Stretch(0.0, length_s, Presence.UNKNOWN),)
    if away is None:
        return (Stretch(0.0, length_s, Presence.PRESENT),)
    return (
        Stretch(away[0], away[1], Presence.ABSENT),
        Stretch(away[1], length_s, Presence.PRESENT),
    )
