"""What the two chart scripts read from the page. Numbers and enumerated facts alone: there
is nothing else in the database to draw.
"""

from typing import Final

from hub.web.contexts import FigureView, InteractionDetail, JsonObject
from hub.web.i18n import Speech
from hub.web.words import N_

_LANES: Final = {
    "timeline": N_("Course of the interaction"),
    "staff": N_("Staff at the counter"),
    "citizen": N_("Citizen"),
    "unknown": N_("Speaker not known"),
    "overlap": N_("Overlap"),
    "loudness": N_("Loudness against the usual level"),
    "sentiment": N_("Tone of the citizen's words"),
    "presence": N_("Present at the counter"),
    "hits": N_("Kinds of phrases"),
    "flags": N_("Flags to review"),
    "dead_air": N_("Dead air"),
    "interruption": N_("Interruption"),
    "raised_voice": N_("Louder than usual"),
    "unattended": N_("Counter without staff"),
    "presence_unknown": N_("Presence not known"),
    "backchannel": N_("Short reply"),
}


def timeline(detail: InteractionDetail, speech: Speech) -> JsonObject:
    return {
        "duration_s": detail.duration_s,
        "locale": speech.language,
        "labels": {name: speech.text(label) for name, label in _LANES.items()},
        "turns": [
            {
                "role": turn.role,
                "start_s": turn.start_s,
                "duration_s": turn.duration_s,
                "loudness_dbfs": turn.loudness_dbfs,
                "above_baseline_db": turn.above_baseline_db,
                "polarity": turn.polarity,
                "backchannel": turn.backchannel,
                "hits": [
                    {"category": h.category, "label": h.label, "offset_s": h.offset_s}
                    for h in turn.hits
                ],
            }
            for turn in detail.turns
        ],
        "spans": [
            {
                "kind": span.kind,
                "label": span.label,
                "role": span.role,
                "start_s": span.start_s,
                "duration_s": span.duration_s,
            }
            for span in detail.spans
        ],
        "flags": [
            {
                "rule": flag.rule_id,
                "label": flag.title,
                "kind": flag.kind,
                "offset_s": next(
                    (e.offset_s for e in flag.evidence if e.offset_s is not None), None
                ),
            }
            for flag in detail.flags
        ],
    }


def parts(figure: FigureView, speech: Speech) -> JsonObject:
    return {
        "figure": figure.figure,
        "locale": speech.language,
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "labels": {},
        "parts": [
            {
                "id": part.id,
                "title": part.title,
                "weight": part.weight,
                "neutral": part.neutral,
                "value": part.value,
                "coverage": part.coverage,
                "contribution": part.contribution,
            }
            for part in figure.parts
        ],
    }
