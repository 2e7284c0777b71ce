"""A rule that somebody typed into a page: read as a file's is, within bounds.

YAML may name one piece many times over; written out, a few lines become more than a machine
holds. No rule needs that, and none is nested deeply.
"""

import yaml

from hub.scoring.errors import RuleError
from hub.scoring.located import LOADER, Located
from hub.scoring.rules import Rule, rule_of

MOST_CHARACTERS = 20_000
DEEPEST = 30
NAME = "rule.yaml"
"""What the text is called in what is said of it."""


def read_pasted(text: str) -> Rule:
    """Raises RuleError with line and field."""
    if len(text) > MOST_CHARACTERS:
        raise RuleError(
            NAME,
            1,
            "file",
            f"got {len(text)} characters, expected {MOST_CHARACTERS} at most",
            "shorten it",
        )
    try:
        _bounded(text)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        problem = getattr(fault, "problem", None) or "a control character"
        raise RuleError(
            NAME,
            mark.line + 1 if mark else 1,
            "file",
            f"got no valid YAML ({problem})",
            "correct that line",
        ) from fault
    if node is None:
        raise RuleError(NAME, 1, "file", "got an empty file", "write or paste a rule")
    whole = Located(NAME, "file", node, RuleError)
    named = dict(whole.pairs()).get("rule")
    return rule_of(whole, named.name() if named else "")


def _bounded(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, f"got *{str(event.anchor)[:40]}", "write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _refused(event, "got fields in fields in fields", "make it flatter")


def _refused(event: yaml.Event, problem: str, remedy: str) -> RuleError:
    line = event.start_mark.line + 1 if event.start_mark else 1
    return RuleError(NAME, line, "file", problem, remedy)
