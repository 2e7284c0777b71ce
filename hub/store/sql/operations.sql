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

-- name: server
-- What the server says of itself; visible to every role.
SELECT current_setting('server_version_num')::int AS version,
       EXTRACT(epoch FROM clock_timestamp())::float8 AS now_s,
       pg_is_in_recovery() AS standby,
       pg_database_size(current_database()) AS size_bytes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('autovacuum') AS autovacuum,
       current_setting('data_checksums') AS data_checksums,
       current_setting('max_connections')::int AS max_connections,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
           AS connections;

-- name: data_directory
-- Where the server keeps its files; NULL where the role may not know.
SELECT setting FROM pg_settings WHERE name = 'data_directory';

-- name: standbys
-- Lag is NULL where there is none, and where the role is no member of pg_monitor.
SELECT count(*) AS standbys, max(EXTRACT(epoch FROM replay_lag))::float8 AS lag_s
FROM pg_stat_replication;

-- name: neglected_tables
-- Tables of which over a fifth is dead: autovacuum does not keep up with them.
SELECT relname FROM pg_stat_user_tables
WHERE schemaname IN ('hailong', 'hailong_private') AND n_dead_tup > %(least)s
  AND n_dead_tup > 0.2 * n_live_tup
ORDER BY n_dead_tup DESC LIMIT 5;

-- name: applied_migrations
-- For the migrator alone.
SELECT name FROM public.hailong_migrations ORDER BY name;
