"""What pressing a key at the counter asks for, given what has been asked before. Pure.

A key of a keyboard, a foot switch or a pin only says that it was pressed, so the pause and the
written communication toggle. A page's button says what it wants, so that pressing it twice is
asking once.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from schemas.vocabulary import Key, Role


class Line(StrEnum):
    """The keys there are, by the names that settings use."""

    MUTE_CITIZEN = "mute_citizen"
    """The pause, for a citizen who asks for it."""
    MUTE_STAFF = "mute_staff"
    HELP = "help"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class KeyState:
    muted_by: Role | None = None
    """Who asked for the pause; None while measuring."""
    written: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    key: Key
    asked_by: Role


def toggled(state: KeyState, line: Line) -> Asked:
    """Either pause key ends a pause, whoever asked for it; its own role is told with it."""
    match line:
        case Line.HELP:
            return Asked(Key.HELP, Role.STAFF)
        case Line.WRITTEN:
            return Asked(Key.WRITTEN_OFF if state.written else Key.WRITTEN_ON, Role.CITIZEN)
        case Line.MUTE_CITIZEN | Line.MUTE_STAFF:
            role = Role.CITIZEN if line is Line.MUTE_CITIZEN else Role.STAFF
            return Asked(Key.UNMUTE if state.muted_by else Key.MUTE, role)


def after(state: KeyState, asked: Asked) -> KeyState:
    """The state as it is then; the same state where nothing changes."""
    match asked.key:
        case Key.MUTE:
            return state if state.muted_by else replace(state, muted_by=asked.asked_by)
        case Key.UNMUTE:
            return replace(state, muted_by=None)
        case Key.WRITTEN_ON:
            return replace(state, written=True)
        case Key.WRITTEN_OFF:
            return replace(state, written=False)
        case Key.HELP:
            return state
