"""`hailong hub rules`: whether rule files are well formed, and do what their cases say."""

from pathlib import Path

import click

from hub.cli_errors import told
from hub.scoring.errors import RuleError
from hub.scoring.located import definition_files
from hub.scoring.rule_cases import FOLDER, cases_file, try_rule
from hub.scoring.rules import PACKAGED


@click.group()
def rules() -> None:
    """The rules: what a person is asked to look at."""


@rules.command()
@click.argument(
    "files",
    nargs=-1,
    metavar="[FILE]...",
    type=click.Path(exists=True, path_type=Path),
)
@told
def check(files: tuple[Path, ...]) -> None:
    """Read rules and try each on its cases, the innocent ones and those that must fire.

    FILE is a rule or a folder of rules; its cases stand in `cases/` beside it, under the same
    name. Without one, the rules that came with this hub. Nothing is changed.

    Exit code 0: every case does what it says; 1: one does not; 2: a file cannot be used.
    """
    wrong = count = unusable = 0
    for path in _rule_files(files or (PACKAGED,)):
        try:
            tried = try_rule(path)
        except RuleError as error:
            unusable += 1
            click.echo(str(error), err=True)
            continue
        count += 1
        wrong += len(tried.wrong)
        for one in tried.wrong:
            click.echo(str(one), err=True)
        if not tried.wrong:
            click.echo(f"{tried.rule.id}: {tried.fires} fire, {tried.innocent} innocent do not")
    click.echo(f"{count} rules tried, {wrong} cases wrong, {unusable} files cannot be used")
    if unusable or wrong:
        raise SystemExit(2 if unusable else 1)


def _rule_files(given: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        rule_files = definition_files(path, RuleError)
        ruled = {cases_file(rule) for rule in rule_files}
        for lost in sorted(set((path / FOLDER).glob("*.yaml")) - ruled):
            raise RuleError(
                f"{FOLDER}/{lost.name}", 1, "rule", "got cases of no rule", "name it as its rule"
            )
        found += rule_files
    return found
