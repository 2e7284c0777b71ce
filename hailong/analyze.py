"""`hailong analyze`: one recording, measured and judged here, without a hub.

The agent's own stages and the hub's own pure functions; so the numbers are those that a
counter would send and a page would show.
"""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from edge_agent import privacy
from edge_agent.anchors import recording_sha256
from edge_agent.capture.file import RecordingSource
from edge_agent.errors import AgentError
from edge_agent.measure_recording import VIDEO_FPS
from edge_agent.message import Draft, Origin
from edge_agent.models import catalog
from edge_agent.models.catalog import Models
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.presence import Polygon, Zones
from hailong.report import Report
from hub.scoring.facts import Facts
from hub.scoring.flag import Flag, flags, good_moments
from hub.scoring.rubrics import rubric_for
from hub.scoring.rules import Rule, load_rules
from hub.scoring.score import Scores, score
from schemas.interaction import InteractionPayload
from schemas.vocabulary import SourceKind, Zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""A recording by itself has no wall time: what is shown are times in the recording."""


_PROGRESS_S = 30.0
_NUMBER = re.compile(r"[01]|[01]?\.\d{1,4}")


@dataclass(frozen=True, slots=True)
class Judged:
    """One interaction of the recording; `start_s`: media time."""

    start_s: float
    interaction: InteractionPayload
    scores: Scores
    flags: tuple[Flag, ...]
    good_moments: tuple[Flag, ...]


class BadInput(click.ClickException):
    exit_code = 2


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For programs: every number, no picture.")
@click.option("--channels", type=click.Choice(["1", "2"]), help="[default: as recorded]")
@click.option(
    "--zone",
    type=click.Choice([str(zone) for zone in Zone]),
    default=str(Zone.INTAKE),
    show_default=True,
    help="What the counter is for; the figures and rules differ by it.",
)
@click.option(
    "--citizen-zone",
    "citizen",
    default="0.5,0,1,1",
    show_default=True,
    help="Where citizens stand in the picture: left,top,right,bottom, each 0 to 1.",
)
@click.option("--staff-zone", "staff", default="0,0,0.5,1", show_default=True)
@click.option("--language", type=click.Choice(["en", "vi"]), default="en", show_default=True)
def analyze(
    file: Path,
    channels: str | None,
    zone: str,
    citizen: str,
    staff: str,
    language: str,
    *,
    as_json: bool,
) -> None:
    """Measure one recording and show what would be known of it; never what was said.

    FILE is a video or sound with one or two channels (0 staff, 1 citizen).
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    privacy.quiet_crashes()
    try:
        source = RecordingSource(
            file, channels=int(channels) if channels else None, video_fps=VIDEO_FPS
        )
        zones = Zones(citizen=_rectangle(citizen), staff=_rectangle(staff))
        models = catalog.load(catalog.whisper_folder(None, _progress), beam_size=1, threads=1)
        if source.info.channels == 1:
            models = replace(models, speakers=catalog.load_speakers())
        privacy.no_core_dumps()
        judged = tuple(_judged(source, recording_sha256(file), models, zones, Zone(zone)))
    except AgentError as error:
        raise BadInput(str(error)) from error
    if as_json:
        click.echo(json.dumps(_document(source, models, judged), ensure_ascii=False, indent=1))
        return
    report = Report(language, load_rules())
    click.echo(report.head(file.name, source.info, len(judged)))
    for number, one in enumerate(judged, start=1):
        click.echo(
            report.interaction(
                number, one.start_s, one.interaction, one.scores, one.flags, one.good_moments
            )
        )
    click.echo(report.foot())


def judge(
    interaction: InteractionPayload, zone: Zone, rules: tuple[Rule, ...]
) -> tuple[Scores, tuple[Flag, ...]]:
    facts = Facts(zone=zone)
    return score(interaction, facts, rubric_for(zone)), tuple(flags(interaction, facts, rules))


def _judged(
    source: RecordingSource, sha256: str, models: Models, zones: Zones, zone: Zone
) -> Iterator[Judged]:
    rules = load_rules()
    origin = Origin(
        "analyze", sha256, SourceKind.RECORDING, _EPOCH, models.ids(source.info.channels)
    )
    for draft in _drafts(
        source, Pipeline(origin, source.info.channels, models, PipelineSettings(zones))
    ):
        payload = draft.payload
        if isinstance(payload, InteractionPayload) and not payload.open:
            scores, found = judge(payload, zone, rules)
            start_s = (payload.started_at - _EPOCH).total_seconds()
            good = tuple(good_moments(payload, Facts(zone=zone), rules))
            yield Judged(start_s, payload, scores, found, good)


def _drafts(source: RecordingSource, pipeline: Pipeline) -> Iterator[Draft]:
    told_s = 0.0
    for frame in source.frames():
        yield from pipeline.push(frame)
        if pipeline.media_s - told_s >= _PROGRESS_S:
            told_s = pipeline.media_s
            _progress(f"measured {told_s:.0f} s of {source.info.duration_s or 0.0:.0f} s")
    yield from pipeline.finish()


def _document(source: RecordingSource, models: Models, judged: tuple[Judged, ...]) -> Any:
    return {
        "recording": asdict(source.info),
        "models": models.ids(source.info.channels),
        "interactions": [
            {
                "start_s": round(one.start_s, 2),
                **one.interaction.model_dump(
                    mode="json", exclude={"interaction_id", "started_at", "ended_at"}
                ),
                "figures": {f.name: asdict(f) for f in one.scores.figures},
                "flags": [_flag(flag) for flag in one.flags],
                "good_moments": [_flag(moment) for moment in one.good_moments],
            }
            for one in judged
        ],
    }


def _flag(flag: Flag) -> Any:
    ids = ("flag_id", "interaction_id")  # of a hub; a recording by itself has none
    return {key: value for key, value in asdict(flag).items() if key not in ids}


def _rectangle(text: str) -> Polygon:
    sides = [float(part) for part in text.split(",") if _NUMBER.fullmatch(part.strip())]
    if len(sides) != 4 or not (sides[0] < sides[2] <= 1 and sides[1] < sides[3] <= 1):
        raise BadInput(
            f"zone {text!r}: expected left,top,right,bottom, each 0 to 1, such as 0.5,0,1,1"
        )
    left, top, right, bottom = sides
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _progress(line: str) -> None:
    click.echo(line, err=True)
