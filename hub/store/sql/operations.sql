-- What those who run the hub ask of the database: figures for metrics, and the checks of
-- `hailong hub check`. All of it reads.

-- name: statements_under_way
-- How many of a part's own connections the server is at work for.
SELECT count(*) FROM pg_stat_activity
WHERE application_name = %(application)s AND state = 'active' AND pid <> pg_backend_pid();

-- name: streams_with_gaps
-- Streams of which a sequence below the highest seen is not settled. One scan of a small table.
SELECT count(*) FROM hailong.streams
WHERE NOT isempty(settled)
  AND (lower(settled) > 1 OR settled <> int8multirange(range_merge(settled)));

-- name: partitions_until
-- The time up to which every partitioned table has partitions; none are left after it.
SELECT min(until) FROM (
    SELECT max((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]
        ::timestamptz) AS until
    FROM pg_inherits i
    JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p'
    JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_namespace n ON n.oid = p.relnamespace
    WHERE n.nspname IN ('hailong', 'hailong_private')
    GROUP BY p.oid) AS by_table;

-- name: scoring_backlog
-- What waits to be scored, how long the oldest has waited, and what was set aside.
SELECT count(*) FILTER (WHERE queued_at <= now()) AS due,
       COALESCE(EXTRACT(epoch FROM now() - min(queued_at) FILTER (WHERE queued_at <= now())), 0)
           ::float8 AS oldest_s,
       count(*) FILTER (WHERE queued_at > now()) AS aside
FROM hailong.scoring_queue;

-- name: all_branches
-- For figures of the whole city; the branches themselves have no row security.
SELECT branch_id FROM hailong.branches ORDER BY branch_id;

-- name: fleet
-- Each device that is enrolled and not revoked, with its last word.
SELECT d.device_id, s.status, s.health, EXTRACT(epoch FROM now() - s.health_at)::float8 AS age_s
FROM hailong.devices d
LEFT JOIN hailong.device_status s ON s.device_id = d.device_id
WHERE d.revoked_at IS NULL
ORDER BY d.device_id;
