"""What a perfect agent would measure of the recording, from where its lines were put.

The definitions are those of the measurements; they are written here a second time on
purpose, over exact edges, so that the agent's own arithmetic is held against another's.
"""

import hashlib
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from demo.recording_picture import FRAMES_PER_SECOND, HEIGHT, WIDTH, ZONES
from demo.recording_script import ROLES
from demo.recording_sound import RATE_HZ, Performance, Said, Stay

DEAD_AIR_S = 5.0
TURN_PAUSE_S = 0.8
TOLERANCES = {
    "interaction_edge_s": 1.5,
    "turn_edge_s": 0.3,
    "talk_time_share": 0.08,
    "overlap_s": 0.4,
    "dead_air_s": 0.6,
    "response_gap_s": 0.3,
    "raised_voice_s": 0.8,
    "presence_s": 2.0,
    "unattended_s": 2.0,
    "handling_s": 2.0,
}
"""Absolute, in the unit of the name, but `talk_time_share`, of the value itself."""

OTHER = {"staff": "citizen", "citizen": "staff"}


def truth(recording: Path, performance: Performance) -> dict[str, Any]:
    return {
        "recording": recording.name,
        "sha256": hashlib.sha256(recording.read_bytes()).hexdigest(),
        "duration_s": performance.duration_s,
        "channels": list(ROLES),
        "sample_rate_hz": RATE_HZ,
        "frames_per_second": FRAMES_PER_SECOND,
        "width": WIDTH,
        "height": HEIGHT,
        "zones": ZONES,
        "tolerances": TOLERANCES,
        "outside": [_turn(said, 0.0) for said in performance.said if said.interaction is None],
        "interactions": [_interaction(stay, performance) for stay in performance.stays],
    }


def _interaction(stay: Stay, performance: Performance) -> dict[str, Any]:
    said = sorted(
        (one for one in performance.said if one.interaction == stay.interaction.name),
        key=lambda one: one.start_s,
    )
    _check(said)
    text_counts = stay.interaction.language == "en"
    silences = _dead_air(stay, said)
    gaps = _response_gaps(stay, said)
    stay_s = stay.end_s - stay.start_s
    absent_s = sum(end_s - start_s for start_s, end_s in stay.staff_absent)
    return {
        "name": stay.interaction.name,
        "language": stay.interaction.language,
        "words_understood": text_counts,
        "start_s": stay.start_s,
        "end_s": stay.end_s,
        "turns": [_turn(one, stay.start_s) for one in said],
        "staff_absent": [
            {"start_s": round(a - stay.start_s, 3), "duration_s": round(b - a, 3)}
            for a, b in stay.staff_absent
        ],
        "talk_time_s": {
            role: round(sum(one.speech_s for one in said if one.line.role == role), 3)
            for role in ROLES
        },
        "overlap_s": round(_overlap(said), 3),
        "dead_air_s": round(sum(silences), 3),
        "longest_dead_air_s": round(max(silences, default=0.0), 3),
        "response_gap_s": round(median(gaps), 3),
        "interruptions": {
            role: sum(_interrupts(one, said) for one in said if one.line.role == role)
            for role in ROLES
        },
        "raised_voice_s": {
            role: round(
                sum(_length(one) for one in said if one.line.role == role and one.line.raised_db),
                3,
            )
            for role in ROLES
        },
        "citizen_present_s": round(stay_s, 3),
        "staff_present_s": round(stay_s - absent_s, 3),
        "unattended_s": round(absent_s, 3),
        "handling_s": round(stay_s, 3),
        "categories": {
            role: sorted(
                {name for one in said if one.line.role == role for name in one.line.categories}
            )
            if text_counts
            else []
            for role in ROLES
        },
        "flags": [dict(flag) for flag in stay.interaction.flags],
    }


def _turn(said: Said, origin_s: float) -> dict[str, Any]:
    """Offsets from the interaction's start, as on the wire; media time outside of one."""
    return {
        "role": said.line.role,
        "start_s": round(said.start_s - origin_s, 3),
        "duration_s": round(_length(said), 3),
        "speech_s": round(said.speech_s, 3),
        "categories": list(said.line.categories),
        "raised": bool(said.line.raised_db),
    }


def _check(said: list[Said]) -> None:
    """Each line must be a turn of its own, or the turns would not be the lines."""
    for role in ROLES:
        own = [one for one in said if one.line.role == role]
        for before, after in pairwise(own):
            if after.start_s - before.end_s < TURN_PAUSE_S + 0.2:
                raise ValueError(
                    f"two lines of {role} are {after.start_s - before.end_s:.2f} s apart at "
                    f"{before.end_s:.1f} s; expected {TURN_PAUSE_S + 0.2} s or more, so that "
                    "they are two turns"
                )


def _length(said: Said) -> float:
    return said.end_s - said.start_s


def _overlap(said: list[Said]) -> float:
    return sum(
        max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s))
        for a in said
        for b in said
        if a.line.role == "staff" and b.line.role == "citizen"
    )


def _dead_air(stay: Stay, said: list[Said]) -> list[float]:
    """Silences over DEAD_AIR_S with the citizen present that no explained wait excuses."""
    silences: list[float] = []
    quiet_from, excused = stay.start_s, False
    for one in said:
        silence = one.start_s - quiet_from
        if silence > DEAD_AIR_S and not excused:
            silences.append(silence)
        if one.end_s > quiet_from:
            quiet_from, excused = one.end_s, "explains_wait" in one.line.categories
    if stay.end_s - quiet_from > DEAD_AIR_S and not excused:
        silences.append(stay.end_s - quiet_from)
    return silences


def _response_gaps(stay: Stay, said: list[Said]) -> list[float]:
    return [
        after.start_s - before.end_s
        for before, after in pairwise(said)
        if before.line.role == "citizen"
        and after.line.role == "staff"
        and not any(
            start_s < after.start_s and end_s > before.end_s for start_s, end_s in stay.staff_absent
        )
    ]


def _interrupts(one: Said, said: list[Said]) -> bool:
    """`one` begins while the other has spoken for 1 s, is not about to end by itself, and
    stops within 1.5 s; `one` goes on for 1 s or more.
    """
    return any(
        other.start_s + 1.0 <= one.start_s < other.end_s - 0.3
        and other.end_s - one.start_s <= 1.5
        and _length(one) >= 1.0
        for other in said
        if other.line.role == OTHER[one.line.role]
    )
