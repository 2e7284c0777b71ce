-- Recomputes rollups from the rows: to compare, and to build anew. Runs as hailong_migrator.

-- name: one_moment
-- All statements of the comparison see the same moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;

-- name: no_timeout
-- A month of a big branch takes its time.
SET LOCAL statement_timeout = 0;

-- name: plan_once
-- The same statements for every day.
SET LOCAL plan_cache_mode = force_generic_plan;

-- name: branches
-- Whoever has rows, rollups or contributions.
SELECT branch_id FROM hailong.branches ORDER BY branch_id;

-- name: first_day
-- The first day that has interactions or activity, in Hanoi; none where there is nothing.
SELECT hailong.hanoi(LEAST((SELECT min(at) FROM hailong.interactions),
                           (SELECT min(hour_at) FROM hailong.activity_rollups)))::date;

-- name: last_day
-- The last day that has interactions, rollups or activity.
SELECT GREATEST(hailong.hanoi((SELECT max(at) FROM hailong.interactions))::date,
                (SELECT max(day) FROM hailong.rollups),
                hailong.hanoi((SELECT max(hour_at) FROM hailong.activity_rollups))::date,
                hailong.hanoi((SELECT max(hour_at) FROM hailong.activity_marks))::date);

-- name: open_from
-- The first whole day whose interactions, and whose activity, are not deleted yet; nothing where
-- nothing ever was.
SELECT (SELECT (hailong.hanoi(before + interval '1 day' - interval '1 microsecond'))::date
        FROM hailong_private.rollups_closed WHERE kind = 'interactions') AS interactions,
       (SELECT (hailong.hanoi(before + interval '1 day' - interval '1 microsecond'))::date
        FROM hailong_private.rollups_closed WHERE kind = 'activity') AS activity;

-- name: waiting
-- What is in the queue of a branch, and of this what was set aside.
SELECT count(*), count(*) FILTER (WHERE set_aside > 0)
FROM hailong.rollup_queue WHERE branch_id = %(branch_id)s;

-- name: days
-- Days of a branch on which there are interactions, or were when they were rolled up.
SELECT DISTINCT hailong.hanoi(at)::date AS day FROM (
    SELECT at FROM hailong.interactions
    WHERE branch_id = %(branch_id)s AND at >= %(from_at)s AND at < %(to_at)s
    UNION ALL
    SELECT at FROM hailong_private.rollup_contributions
    WHERE branch_id = %(branch_id)s AND at >= %(from_at)s AND at < %(to_at)s) x
ORDER BY day;

-- name: expected_table
-- What the rows say, as changes of empty cells.
CREATE TEMPORARY TABLE expected (LIKE hailong_private.rollup_change) ON COMMIT DROP;

-- name: expect_day
-- One day of a branch. An interaction that waits in the queue counts as it is remembered: its
-- change and its place in the queue were committed together.
INSERT INTO pg_temp.expected
SELECT c.* FROM unnest(hailong_private.changes_of(NULL, (
    SELECT array_agg(r) FROM (
        SELECT ROW(i.branch_id, i.counter_id, i.at, i.interaction_id, i.zone, i.staff_id,
                   c.measures, c.variants, c.amounts)::hailong_private.rollup_contributions AS r
        FROM hailong.interactions i CROSS JOIN LATERAL hailong_private.contribution(i) c
        WHERE i.branch_id = %(branch_id)s AND i.at >= %(from_at)s AND i.at < %(to_at)s
          AND NOT EXISTS (
              SELECT FROM hailong.rollup_queue q
              WHERE q.branch_id = i.branch_id AND q.counter_id = i.counter_id AND q.at = i.at
                AND q.interaction_id = i.interaction_id)
        UNION ALL
        SELECT k FROM hailong_private.rollup_contributions k
        WHERE k.branch_id = %(branch_id)s AND k.at >= %(from_at)s AND k.at < %(to_at)s
          AND EXISTS (
              SELECT FROM hailong.rollup_queue q
              WHERE q.branch_id = k.branch_id AND q.counter_id = k.counter_id AND q.at = k.at
                AND q.interaction_id = k.interaction_id)) x))) AS c;

-- name: compare
-- One of the three tables between two days with what is expected: cells that differ. {table} and
-- {keys} are its name and the columns of its cells, {day} the one that is compared.
SELECT * FROM (
    SELECT measure, variant, {keys}, n, total, squares, bins
    FROM hailong.{table}
    WHERE branch_id = %(branch_id)s AND {day} >= %(from_day)s AND {day} < %(to_day)s) kept
FULL JOIN (
    SELECT measure, variant, {keys}, sum(weight)::bigint AS expected_n,
           sum(weight * amount)::bigint AS expected_total,
           sum(weight * amount::numeric * amount) AS expected_squares,
           hailong_private.spread(max(size), array_agg(bin), array_agg(weight)) AS expected_bins
    FROM pg_temp.expected
    WHERE {day} >= %(from_day)s AND {day} < %(to_day)s AND (NOT %(by_staff)s OR by_staff)
    GROUP BY measure, variant, {keys}) e USING (measure, variant, {keys})
WHERE (n, total, squares, bins)
      IS DISTINCT FROM (expected_n, expected_total, expected_squares, expected_bins)
ORDER BY measure, variant, {keys};

-- name: compare_activity
-- Hours of a branch that do not hold what their windows say. Marked ones are not counted yet.
WITH expected AS (
    SELECT a.* FROM (
        SELECT array_agg(counter_id) AS counters, array_agg(hour_at) AS hours FROM (
            SELECT DISTINCT counter_id, date_trunc('hour', at, 'UTC') AS hour_at
            FROM hailong_private.activity
            WHERE branch_id = %(branch_id)s AND at >= %(from_at)s AND at < %(to_at)s) k) k
    CROSS JOIN LATERAL hailong_private.activity_of(%(branch_id)s, k.counters, k.hours) a),
kept AS (
    SELECT * FROM hailong.activity_rollups
    WHERE branch_id = %(branch_id)s AND hour_at >= %(from_at)s AND hour_at < %(to_at)s)
SELECT counter_id, hour_at, k.windows, e.windows AS expected_windows
FROM kept k FULL JOIN expected e USING (branch_id, counter_id, hour_at)
WHERE k.* IS DISTINCT FROM e.*
  AND (counter_id, hour_at) NOT IN (
      SELECT m.counter_id, m.hour_at FROM hailong.activity_marks m
      WHERE m.branch_id = %(branch_id)s)
ORDER BY counter_id, hour_at;

-- name: lock_branch
-- The worker passes the branch over until this transaction ends; ingest goes on.
SELECT pg_advisory_xact_lock(hailong_private.rollup_lock(%(branch_id)s));

-- name: clear
-- The cells of a branch between two days.
DELETE FROM hailong.{table}
WHERE branch_id = %(branch_id)s AND {day} >= %(from_day)s AND {day} < %(to_day)s;

-- name: forget
-- What its interactions of that time have added.
DELETE FROM hailong_private.rollup_contributions
WHERE branch_id = %(branch_id)s AND at >= %(from_at)s AND at < %(to_at)s;

-- name: add_day
-- Adds one day's interactions; returns how many there were.
SELECT hailong_private.apply(%(branch_id)s, counter_ids, ats, ids), cardinality(ids) FROM (
    SELECT array_agg(counter_id) AS counter_ids, array_agg(at) AS ats,
           array_agg(interaction_id) AS ids
    FROM hailong.interactions
    WHERE branch_id = %(branch_id)s AND at >= %(from_at)s AND at < %(to_at)s) k
WHERE ids IS NOT NULL;

-- name: clear_activity
-- Hours of a branch.
DELETE FROM hailong.activity_rollups
WHERE branch_id = %(branch_id)s AND hour_at >= %(from_at)s AND hour_at < %(to_at)s;

-- name: add_activity
-- Counts them anew.
SELECT hailong_private.count_activity(%(branch_id)s, array_agg(counter_id), array_agg(hour_at))
FROM (SELECT DISTINCT counter_id, date_trunc('hour', at, 'UTC') AS hour_at
      FROM hailong_private.activity
      WHERE branch_id = %(branch_id)s AND at >= %(from_at)s AND at < %(to_at)s) k
HAVING count(*) > 0;

-- name: close
-- Interactions before this time are about to be deleted: their rollups stay for good.
INSERT INTO hailong_private.rollups_closed AS known (kind, before)
VALUES ('interactions', %(before)s)
ON CONFLICT (kind) DO UPDATE SET before = GREATEST(known.before, excluded.before);

-- name: forget_closed
-- What was added before it is never subtracted any more.
DELETE FROM hailong_private.rollup_contributions WHERE at < %(before)s;
