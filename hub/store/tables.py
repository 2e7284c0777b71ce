"""Reads the CSV files that an operator brings: each fault with file, line and column."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from hub.store.errors import RosterError

HANOI = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Fixed since 1975, so that no time zone database is needed."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SHOWN = 20
"""Faults named at most: whoever reads them mends a file, and a wrong file has thousands."""


@dataclass
class Faults:
    file: str
    found: list[str] = field(default_factory=list)

    def add(self, line: int, column: str, got: str, expected: str) -> None:
        self.found.append(
            f"{self.file}, line {line}, column {column}: got {got[:60]!r}, expected {expected}"
        )

    def raise_if_any(self) -> None:
        if not self.found:
            return
        more = len(self.found) - _SHOWN
        text = "\n".join(self.found[:_SHOWN]) + (f"\nand {more} more" if more > 0 else "")
        raise RosterError(f"{text}\nNothing was taken over; correct the file and try again")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file with the checks of single columns; a fault gives an empty value."""

    number: int
    values: dict[str, str]
    faults: Faults

    def name(self, column: str) -> str:
        got = self.values[column]
        if not NAME.fullmatch(got):
            self.faults.add(
                self.number, column, got, "lower-case letters, digits and hyphens, 32 at most"
            )
        return got

    def text(self, column: str) -> str:
        got = self.values[column]
        if not got or len(got) > 200:
            self.faults.add(self.number, column, got, "a name of 200 characters at most")
        return got

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        got = self.values[column]
        if got not in allowed:
            self.faults.add(self.number, column, got, f"one of {', '.join(allowed)}")
        return got

    def integer(self, column: str, low: int, high: int) -> int:
        got = self.values[column]
        if not (got.isascii() and got.isdigit() and low <= int(got) <= high):
            self.faults.add(self.number, column, got, f"a number from {low} to {high}")
            return low
        return int(got)

    def time(self, column: str) -> datetime | None:
        """With its offset, or Hanoi's time where it has none."""
        got = self.values[column]
        try:
            value = datetime.fromisoformat(got)
        except ValueError:
            self.faults.add(
                self.number, column, got, "a time such as 2026-03-10T07:30 or with an offset +07:00"
            )
            return None
        return value if value.tzinfo else value.replace(tzinfo=HANOI)


def read_lines(path: Path, columns: Sequence[str]) -> tuple[list[Line], Faults]:
    """Lines of a UTF-8 file with exactly these columns in its first line.

    Raises RosterError when the file cannot be read or has other columns; later faults are
    collected, so that a file is mended in one go.
    """
    try:
        # Spreadsheets write a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except FileNotFoundError as error:
        raise RosterError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RosterError(f"{path} cannot be read as CSV in UTF-8") from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    if header != list(columns):
        raise RosterError(
            f"{path}, line 1: got columns {','.join(header)[:200]!r}, expected {','.join(columns)}"
        )
    faults = Faults(str(path))
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            faults.found.append(
                f"{path}, line {number}: got {len(row)} columns, expected {len(columns)}"
            )
            continue
        values = dict(zip(columns, (cell.strip() for cell in row), strict=True))
        lines.append(Line(number, values, faults))
    return lines, faults
