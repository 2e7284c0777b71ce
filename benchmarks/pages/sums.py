"""Rollups of the generated city, and its counts of rows, for counters that are there already.

90 days of every measure by counter, clerk and hour, with 24 values a cell and day in bins around a
middle of the counter's own; hours of activity as their windows say. By SQL: what is measured is
reading.
"""

from datetime import timedelta

import psycopg
from psycopg.rows import TupleRow

from benchmarks.pages.city import INTERACTIONS_A_DAY, NOW, office_days

ROLLUP_DAYS = 90
ROLLUP_FROM = NOW.date() - timedelta(days=ROLLUP_DAYS)
_HOURS_OPEN = (8, 16)
_CELL = """
    %(n)s * {times}, %(n)s * {times} * middle.at * 10, %(n)s * {times} * (middle.at * 10 + 1) ^ 2,
    CASE WHEN m.edges IS NOT NULL THEN hailong_private.spread(
        cardinality(m.edges) - 1,
        ARRAY(SELECT LEAST(middle.at + k, cardinality(m.edges) - 1) FROM generate_series(0, 5) k),
        ARRAY(SELECT %(n)s * {times} / 6 FROM generate_series(0, 5))) END
FROM hailong.counters c
JOIN hailong.assignments a USING (branch_id, counter_id)
JOIN unnest(%(devices)s::text[], %(branches)s::text[], %(counters)s::text[])
    AS d (device_id, branch_id, counter_id) USING (branch_id, counter_id)
CROSS JOIN hailong.rollup_measures m
CROSS JOIN LATERAL (SELECT 1 + mod(abs(hashtext(c.counter_id || m.measure)),
                                   GREATEST(cardinality(m.edges) - 6, 1)) AS at) middle
CROSS JOIN unnest(CASE m.measure
    WHEN 'hits' THEN ARRAY['greeting.staff', 'thanks.staff', 'thanks.citizen', 'explanation.staff']
    WHEN 'flags' THEN ARRAY['greeting_missing.open', 'greeting_missing.coached']
    WHEN 'experience' THEN ARRAY['intake.1'] WHEN 'counter_part' THEN ARRAY['intake.1']
    ELSE ARRAY[''] END) AS variant
"""
_BY_DAY = (
    "INSERT INTO hailong.rollups SELECT c.branch_id, m.measure, variant, day, c.counter_id, c.zone,"
    f" {_CELL.format(times=1)} CROSS JOIN unnest(%(days)s::date[]) AS day"
)
_BY_CLERK = (
    "INSERT INTO hailong.staff_rollups SELECT c.branch_id, m.measure, variant, day, a.staff_id,"
    f" c.zone, {_CELL.format(times=1)} CROSS JOIN unnest(%(days)s::date[]) AS day WHERE m.by_staff"
)
_BY_HOUR = (
    "INSERT INTO hailong.hour_rollups SELECT c.branch_id, m.measure, variant, month, hour,"
    f" c.counter_id, c.zone, {_CELL.format(times=3)} CROSS JOIN unnest(%(months)s::date[]) AS month"
    " CROSS JOIN generate_series(%(opens)s::int, %(closes)s::int) AS hour"
)
_ACTIVITY = (
    "INSERT INTO hailong.activity_rollups SELECT branch_id, counter_id,"
    " date_trunc('hour', at, 'UTC') AS hour_at, count(*), 0, count(*), 0, count(*), 0, count(*), 0,"
    " count(*), 0, count(*), 0, count(*), 0, 1000 * count(*), 1000 * count(*)"
    " FROM hailong_private.activity WHERE device_id = ANY (%(devices)s) GROUP BY 1, 2, 3"
)


def add_sums(connection: psycopg.Connection[TupleRow], devices: list[str]) -> None:
    """Of these devices' counters, and the counts of all rows. As superuser."""
    rows = connection.execute(
        "SELECT device_id, branch_id, counter_id FROM hailong.devices WHERE device_id = ANY (%s)",
        [devices],
    ).fetchall()
    days = [day.date() for day in office_days(ROLLUP_DAYS)]
    opens, closes = _HOURS_OPEN
    values = {
        "n": INTERACTIONS_A_DAY,
        "devices": [row[0] for row in rows],
        "branches": [row[1] for row in rows],
        "counters": [row[2] for row in rows],
        "days": days,
        "months": sorted({day.replace(day=1) for day in days}),
        "opens": opens,
        "closes": closes - 1,
    }
    for statement in (_BY_DAY, _BY_CLERK, _BY_HOUR, _ACTIVITY):
        connection.execute(statement, values)  # type: ignore[arg-type]
    connection.commit()
    # Rows that went by COPY past the triggers; as `hailong hub rollups rebuild` does it.
    connection.execute(
        "INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)"
        " SELECT branch_id, kept_in, part, variant, expected - kept"
        " FROM hailong_private.count_faults()"
    )
    for (branch,) in connection.execute("SELECT branch_id FROM hailong.branches").fetchall():
        connection.execute("SELECT set_config('hailong.branches', %s, true)", [branch])
        connection.execute("SELECT hailong.fold_row_counts(%s)", [branch])
    connection.commit()
