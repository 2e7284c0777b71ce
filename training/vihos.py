"""Reads what is trained on and never committed: ViHOS and the bad-word list (both MIT)."""

import ast
import csv
import os
from pathlib import Path

_ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("HAILONG_TEST_DATA", _ROOT / "../shared/data")) / "text"


def vihos(name: str) -> list[tuple[str, bool]]:
    """(comment, whether it has an abusive span). `name`: train or dev."""
    with (DATA / "vihos" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["content"], bool(ast.literal_eval(row["index_spans"])))
            for row in csv.DictReader(file)
        ]


def bad_words() -> list[str]:
    lines = (DATA / "badwords" / "vn_offensive_words.txt").read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
