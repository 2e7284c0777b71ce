"""`hailong agent lexicon test`: what each phrase of the lists hits, for those who edit them."""

import shutil
import tempfile
from pathlib import Path

import click

from edge_agent.categories import PACKAGED, Lexicon
from edge_agent.cli_errors import BadInput
from edge_agent.lexicon.files import Rule, read_folder
from edge_agent.lexicon.patterns import Pattern
from edge_agent.lexicon.words import Line, words_of
from edge_agent.lexicon.yaml_lines import LexiconError
from edge_agent.models.sentiment_lexicon import LexiconSentiment
from schemas.vocabulary import Role

_SHARED = frozenset({"words.yaml", "protected.yaml"})


@click.group()
def lexicon() -> None:
    """The phrase lists: what may be said in which words."""


@lexicon.command("test")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def try_lists(context: click.Context, file: Path) -> None:
    """Try FILE, one phrase list (greeting.yaml) or a folder of all of them.

    Prints, rule by rule, how many of its example sentences each phrase hits, which innocent
    sentences are let be, and what is wrong. A single file is tried beside the other lists of its
    own folder where they are there, else beside the packaged ones. README.md in the folder of
    the packaged lists explains how phrases are written.

    Exit code 0: all is as the lists say. 1: a list is wrong, and each mistake is named with
    file, line and field. 2: FILE is not there or is no phrase list.
    """
    if not file.exists():
        raise BadInput(f"got no file or folder {file}, expected a phrase list: correct the name")
    try:
        mistakes = _try_folder(file) if file.is_dir() else _try_file(file)
    except LexiconError as error:
        # A list that cannot be read has no rules to report on.
        mistakes = [error]
    for mistake in mistakes:
        click.echo(str(mistake), err=True)
    context.exit(1 if mistakes else 0)


def _try_file(file: Path) -> list[LexiconError]:
    known = {path.name for path in PACKAGED.glob("*.yaml")}
    if file.name not in known:
        raise BadInput(
            f"got {file.name}, which names no list, expected one of {', '.join(sorted(known))}: "
            "correct the name"
        )
    beside = file.parent if (file.parent / "words.yaml").is_file() else PACKAGED
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in known:
            source = beside / name
            shutil.copy(source if source.is_file() else PACKAGED / name, folder / name)
        shutil.copy(file, folder / file.name)
        # Shared lists have no rules of their own: what uses them is tried.
        return _try_folder(folder, None if file.name in _SHARED else file.name)


def _try_folder(folder: Path, only: str | None = None) -> list[LexiconError]:
    """Prints the report; `only`: of this file's rules."""
    content = read_folder(folder)
    tried = Lexicon.of(content)
    mistakes: list[LexiconError] = []
    counts = [0, 0, 0]
    for rule in content.rules:
        if only in (None, rule.file):
            found = list(tried.mistakes(rule))
            _report(rule, {mistake.line for mistake in found})
            mistakes += found
            counts[0] += len(rule.say)
            counts[1] += sum(e.fires for e in rule.examples)
            counts[2] += sum(not e.fires for e in rule.examples)
    if only in (None, "sentiment.yaml") and (folder / "sentiment.yaml").is_file():
        try:
            LexiconSentiment.load(folder)
        except LexiconError as error:
            mistakes.append(error)
    click.echo(
        f"{counts[0]} phrases, {counts[1]} sentences to hit, {counts[2]} innocent sentences: "
        f"{len(mistakes) or 'no'} mistake{'s' if len(mistakes) > 1 else ''}"
    )
    return mistakes


def _report(rule: Rule, wrong: set[int]) -> None:
    speaker = {Role.STAFF: "staff", Role.CITIZEN: "citizen"}.get(rule.role or Role.UNKNOWN)
    click.echo(
        f"{rule.file}, line {rule.line}: {rule.name} ({rule.language}, {speaker or 'anybody'})"
    )
    to_hit = [e for e in rule.examples if e.fires]
    for pattern in rule.say:
        hit = sum(_hits(pattern, e.text, rule) for e in to_hit)
        click.echo(f"  hits {hit} of {len(to_hit)}: {pattern.source}")
    for example in rule.examples:
        done = "fires" if example.fires else "innocent"
        if example.line in wrong:
            done = "WRONG, does not fire" if example.fires else "WRONG, fires"
        click.echo(f"  {done}, line {example.line}: {example.text}")


def _hits(pattern: Pattern, text: str, rule: Rule) -> bool:
    line = Line(words_of(text, rule.language)).text()
    return any(pattern.spans(line, frozenset(line.split())))
