"""What a rule may look for in the sound and the picture: hits, spans and turns."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.scoring.case import ABSENCE_FROM, ANYWHERE, Case, Evidence, Window
from hub.scoring.heard import could_come, share_read, turns_of
from schemas.interaction import Turn
from schemas.vocabulary import Category, Language, Role, SpanKind


@dataclass(frozen=True, slots=True)
class Hits:
    categories: tuple[Category, ...]
    role: Role
    confidence: float = 0.5
    """At least."""
    window: Window = ANYWHERE

    def found(self, case: Case) -> list[Evidence]:
        return [
            Evidence("hit", h.category, h.role, h.offset_s, 0.0, h.confidence)
            for h in case.heard(self.role)
            if h.category in self.categories
            and h.confidence >= self.confidence
            and self.window.holds(h.offset_s, case)
        ]

    def share_seen(self, case: Case) -> float:
        if not (could_come(case.interaction, self.categories) and self.window.can_tell(case)):
            return 0.0
        return share_read(case.interaction, self.role)


_SPAN_COVERAGE: Mapping[SpanKind, tuple[str, ...]] = {
    SpanKind.RAISED_VOICE: ("audio", "roles"),
    SpanKind.INTERRUPTION: ("overlap",),
    SpanKind.OVERLAP: ("overlap",),
    SpanKind.DEAD_AIR: ("audio",),
    SpanKind.UNATTENDED: ("presence",),
    SpanKind.CITIZEN_PRESENT: ("video",),
    SpanKind.STAFF_PRESENT: ("presence",),
    SpanKind.PRESENCE_UNKNOWN: (),
    # Keys that somebody pressed: the device knows all of them.
    SpanKind.MUTED: (),
    SpanKind.WRITTEN: (),
    SpanKind.HELP: (),
}
_RAISED_COVERAGE = {Role.STAFF: "raised_voice_staff", Role.CITIZEN: "raised_voice_citizen"}


@dataclass(frozen=True, slots=True)
class Spans:
    kind: SpanKind
    role: Role | None = None
    """None: whoever it is."""
    lasting_s: float = 0.0
    """At least."""
    window: Window = ANYWHERE

    def found(self, case: Case) -> list[Evidence]:
        return [
            Evidence("span", span.kind, span.role, span.start_s, span.duration_s)
            for span in sorted(case.interaction.spans, key=lambda s: s.start_s)
            if span.kind is self.kind
            and (self.role is None or span.role is self.role)
            and span.duration_s >= self.lasting_s
            and self.window.holds(span.start_s, case)
        ]

    def share_seen(self, case: Case) -> float:
        if not self.window.can_tell(case):
            return 0.0
        names = [*_SPAN_COVERAGE[self.kind]]
        if self.kind is SpanKind.RAISED_VOICE:
            sides = _RAISED_COVERAGE.values()
            names += sides if self.role is None else [_RAISED_COVERAGE[self.role]]
        share = 1.0
        for name in names:
            share *= float(getattr(case.interaction.coverage, name))
        return share


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns that are surely of this role and more than a short reply ("dạ", "vâng")."""

    role: Role
    lasting_s: float = 0.0
    """At least."""
    pace_above: float | None = None
    pace_below: float | None = None
    """Syllables a minute of speech. A turn that was not read has no known pace."""
    languages: tuple[Language, ...] = ()
    """Empty: whichever."""
    gap_above_s: float | None = None
    """Silence before it, since anybody's last word or the interaction's start."""
    window: Window = ANYWHERE

    def found(self, case: Case) -> list[Evidence]:
        silent = None if self.gap_above_s is None else _after_silence(case, self.gap_above_s)
        return [
            Evidence("turn", "turn", turn.role, turn.start_s, turn.duration_s)
            for turn in sorted(turns_of(case.interaction, self.role), key=lambda t: t.start_s)
            if self._fits(turn)
            and (silent is None or id(turn) in silent)
            and self.window.holds(turn.start_s, case)
        ]

    def _fits(self, turn: Turn) -> bool:
        if turn.backchannel or turn.duration_s < self.lasting_s:
            return False
        if self.languages and turn.language not in self.languages:
            return False
        pace = turn.syllables_per_minute
        if self.pace_above is not None and (pace is None or pace <= self.pace_above):
            return False
        return self.pace_below is None or (pace is not None and pace < self.pace_below)

    def share_seen(self, case: Case) -> float:
        if not self.window.can_tell(case):
            return 0.0
        if self.languages or self.pace_above is not None or self.pace_below is not None:
            return share_read(case.interaction, self.role)
        seen = case.interaction.coverage
        return seen.audio * seen.roles


_NOT_SILENT = frozenset({SpanKind.MUTED, SpanKind.WRITTEN})


def _after_silence(case: Case, above_s: float) -> set[int]:
    """The turns that follow a silence. A silence is something that was not found, so it counts
    only where nearly all sound arrived, and never where measuring was paused or the citizen
    wrote or signed.
    """
    interaction = case.interaction
    if interaction.coverage.audio < ABSENCE_FROM:
        return set()
    quiet = [s for s in interaction.spans if s.kind in _NOT_SILENT]
    found, silent_from_s = set(), 0.0
    for turn in sorted(interaction.turns, key=lambda t: t.start_s):
        if turn.start_s - silent_from_s > above_s and not any(
            s.start_s < turn.start_s and s.start_s + s.duration_s > silent_from_s for s in quiet
        ):
            found.add(id(turn))
        silent_from_s = max(silent_from_s, turn.start_s + turn.duration_s)
    return found
