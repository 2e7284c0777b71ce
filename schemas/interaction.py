"""One citizen's stay at one counter, as numbers and enumerated facts.

Offsets (`*_s` in turns, hits and spans) count from the interaction's start. A measurement
that could not be taken is None, and `coverage` says how much of it was seen.
"""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from schemas.categories import Categories
from schemas.fields import Count, Decibels, ModelId, Seconds, Share, Timestamp, Wire
from schemas.vocabulary import (
    Category,
    EndReason,
    Language,
    Missing,
    Role,
    SourceKind,
    SpanKind,
)

ROLE_NEUTRAL = frozenset({Category.BACKCHANNEL})
"""Categories that say nothing about a person, and so may stand on an unknown role's turn."""


class Hit(Wire):
    """A phrase of a category was said. Which words they were is not known to anybody."""

    category: Category
    offset_s: Seconds
    confidence: Share


class Sentiment(Wire):
    """Of a citizen's words; never of staff (law 2)."""

    polarity: Annotated[float, Field(ge=-1, le=1)]
    confidence: Share


_LAW_TWO_AS_JSON_SCHEMA: dict[str, Any] = {
    "allOf": [
        {
            "if": {"properties": {"role": {"enum": ["staff", "unknown"]}}},
            "then": {"properties": {"sentiment": {"type": "null"}}},
        },
        {
            "if": {"properties": {"role": {"const": "unknown"}}},
            "then": {
                "properties": {
                    "hits": {"items": {"properties": {"category": {"enum": sorted(ROLE_NEUTRAL)}}}}
                }
            },
        },
    ]
}
"""What `Turn._law_two` checks, for producers who check against JSON Schema alone."""


class Turn(Wire):
    """One role's speech, ended by a pause of 0.8 s or at 28 s; edges without VAD padding."""

    model_config = ConfigDict(json_schema_extra=_LAW_TWO_AS_JSON_SCHEMA)

    role: Role
    role_confidence: Share
    start_s: Seconds
    duration_s: Seconds
    speech_s: Seconds
    """Voiced part of the turn, without its inner pauses."""
    continued: bool = False
    """The 28 s limit cut the speech; the next turn of this role goes on with it."""
    syllables: Count | None = None
    syllables_per_minute: Annotated[float, Field(ge=0, le=3000)] | None = None
    """Over speech time."""
    loudness_dbfs: Decibels
    loudness_above_baseline_db: Decibels | None = None
    asr_confidence: Share | None = None
    language: Language | None = None
    backchannel: bool = False
    """Nothing but "dạ", "vâng", "ừ" and the like."""
    sentiment: Sentiment | None = None
    hits: Annotated[tuple[Hit, ...], Field(max_length=32)] = ()

    @model_validator(mode="after")
    def _law_two(self) -> Self:
        if self.sentiment is not None and self.role is not Role.CITIZEN:
            raise ValueError("sentiment stands only on a citizen's turn")
        if self.role is Role.UNKNOWN and any(h.category not in ROLE_NEUTRAL for h in self.hits):
            raise ValueError("a turn of unknown role carries no hit against a person")
        return self


class Span(Wire):
    """A stretch that is evidence by itself: a raised voice, an interruption, a silence."""

    kind: SpanKind
    role: Role | None = None
    start_s: Seconds
    duration_s: Seconds


class ByRole(Wire):
    """Seconds, counts, rates or dB for each side; None where that side could not be measured."""

    staff: Annotated[float, Field(ge=0, le=86_400)] | None = None
    citizen: Annotated[float, Field(ge=0, le=86_400)] | None = None


class SentimentSummary(Wire):
    """Weighted by speech time. Halves only from 8 citizen turns on."""

    mean: Annotated[float, Field(ge=-1, le=1)]
    first_half: Annotated[float, Field(ge=-1, le=1)] | None = None
    second_half: Annotated[float, Field(ge=-1, le=1)] | None = None
    turns: Count


class ExpressionSummary(Wire):
    """Of the citizen's face over the stay, one figure; never of staff. Its model is weak, and
    it is off unless a site turns it on.
    """

    mean_valence: Annotated[float, Field(ge=-1, le=1)]
    """-1 displeased to 1 pleased, weighted by time."""
    samples: Count
    coverage: Share
    """Share of the stay for which a face was read."""


class Measurements(Wire):
    handling_s: Seconds
    """Citizen's stay, without the trailing wait that showed the citizen had gone."""
    talk_time_s: ByRole
    unknown_talk_time_s: Seconds = 0
    overlap_s: Seconds | None = None
    dead_air_s: Seconds | None = None
    """Sum of silences over `dead_air_threshold_s` with the citizen present, less those that
    follow an explained wait."""
    longest_dead_air_s: Seconds | None = None
    dead_air_threshold_s: Seconds
    response_gap_s: Annotated[float, Field(ge=-30, le=3600)] | None = None
    """Median over the citizen's turns that staff answered; an overlap counts negative."""
    interruptions: ByRole
    """Counts, by who interrupts."""
    raised_voice_s: ByRole
    syllables_per_minute: ByRole
    sentiment: SentimentSummary | None = None
    expression: ExpressionSummary | None = None
    citizen_present_s: Seconds | None = None
    staff_present_s: Seconds | None = None
    unattended_s: Seconds | None = None
    longest_unattended_s: Seconds | None = None
    snr_db: ByRole


class Coverage(Wire):
    """Share of the interaction in which each thing was validly measured. Missing is not bad."""

    audio: Share
    video: Share
    roles: Share
    """Share of the speech whose speaker's role is known."""
    text_staff: Share
    """Share of staff speech with a transcript trusted enough to look for phrases in."""
    text_citizen: Share
    sentiment: Share
    overlap: Share
    """Overlaps, interruptions and response gaps: 0 with one shared channel."""
    raised_voice_staff: Share
    raised_voice_citizen: Share
    presence: Share
    missing: Annotated[tuple[Missing, ...], Field(max_length=16)] = ()
    categories_sent: Categories | None = None
    """The kinds of phrases whose hits the device may send; None: all of them. Of another kind
    nothing is known, and no hit of it stands here."""


class InteractionPayload(Wire):
    interaction_id: UUID
    revision: Annotated[int, Field(ge=1, le=1000)] = 1
    open: bool = False
    """True only in alerts: a snapshot of an interaction that still goes on."""
    started_at: Timestamp
    ended_at: Timestamp
    source: SourceKind
    end_reason: EndReason
    """Of an open one: as if its source had ended at `ended_at`, the last sign of the citizen."""
    boundary_uncertain: bool = False
    """Two visits may have run together; blocks rules on duration."""
    turns: Annotated[tuple[Turn, ...], Field(max_length=2000)]
    spans: Annotated[tuple[Span, ...], Field(max_length=2000)]
    measurements: Measurements
    coverage: Coverage
    models: Annotated[tuple[ModelId, ...], Field(max_length=12)]
    """What measured this, so that figures of two models are never mixed unknowingly."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ended_at < self.started_at:
            raise ValueError("ended_at lies before started_at")
        return self

    @model_validator(mode="after")
    def _sends_what_it_says(self) -> Self:
        sent = self.coverage.categories_sent
        if sent is not None and any(h.category not in sent for t in self.turns for h in t.hits):
            raise ValueError("a hit is of a category that categories_sent does not name")
        return self
