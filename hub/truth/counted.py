"""Stored counts as figures take them."""

from collections.abc import Iterable

from hub.store.truth import CountRow
from hub.truth.figures import Counted, Counts


def counted(rows: Iterable[CountRow]) -> list[Counted]:
    return [
        Counted(
            what="rule" if row.what == "rule" else "category",
            name=row.name,
            role=row.role,
            rule_version=row.rule_version,
            dialect=row.dialect,
            noise=row.noise,
            counts=Counts(row.found, row.missed, row.false_alarms, row.left_out),
        )
        for row in rows
    ]
