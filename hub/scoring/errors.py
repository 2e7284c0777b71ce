"""What can be wrong with a rubric or a rule: always a file that somebody has to correct."""

from hub.errors import HubError


class ScoringError(HubError):
    """Base of all errors of scoring."""

    code = "scoring"


class DefinitionError(ScoringError):
    """A file cannot be used as it stands; names file, line and field."""

    code = "definition"

    def __init__(self, file: str, line: int, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{file}, line {line}, field {field}: {problem}; {remedy}")
        self.file = file
        self.line = line
        self.field = field


class RubricError(DefinitionError):
    code = "rubric"


class RuleError(DefinitionError):
    code = "rule"


class NoRubricError(ScoringError):
    """No rubric file names this zone."""

    code = "no_rubric"
