-- Activity: ten-second windows of every counter. Native daily partitions, or a hypertable of
-- TimescaleDB's with columnstore. Statements that need its functions name their schema, which
-- hub/store/activity.py fills in as {timescale}.

-- name: form
-- How the table is kept, and what the server has.
SELECT EXISTS (SELECT FROM pg_partitioned_table
               WHERE partrelid = to_regclass('hailong_private.activity')) AS native,
       (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'timescaledb') AS timescale,
       COALESCE(current_setting('timescaledb.license', true), '') = 'timescale' AS columnstore;

-- name: write
-- A window is measured once; a resent one is known already.
INSERT INTO hailong.activity (
    branch_id, counter_id, at, device_id, staff_speech_s, citizen_speech_s, unknown_speech_s,
    overlap_s, staff_level_dbfs, citizen_level_dbfs, citizen_present_s, staff_present_s,
    in_interaction_s, audio_coverage, video_coverage)
SELECT branch_id, counter_id, at, device_id, staff_speech_s, citizen_speech_s, unknown_speech_s,
       overlap_s, staff_level_dbfs, citizen_level_dbfs, citizen_present_s, staff_present_s,
       in_interaction_s, audio_coverage, video_coverage
FROM pg_temp.incoming_activity
ORDER BY branch_id, counter_id, at, device_id
ON CONFLICT (branch_id, counter_id, at, device_id) DO NOTHING;

-- name: mark
-- The hours that got windows are counted anew.
INSERT INTO hailong.activity_marks (branch_id, counter_id, hour_at)
SELECT DISTINCT branch_id, counter_id, date_trunc('hour', at, 'UTC')
FROM pg_temp.incoming_activity;

-- name: ensure
-- Daily partitions for a span; none are needed where it is a hypertable.
SELECT hailong.ensure_activity(%(from_at)s, %(to_at)s);

-- name: close
-- What is deleted is subtracted from no rollup, and counted in none any more.
INSERT INTO hailong_private.rollups_closed AS known (kind, before)
VALUES ('activity', %(before)s)
ON CONFLICT (kind) DO UPDATE SET before = GREATEST(known.before, excluded.before);

-- name: forget_counts
-- And they are counted as rows no more.
WITH folded AS (
    DELETE FROM hailong.row_counts
    WHERE kept_in = 'activity' AND part < (%(before)s::timestamptz AT TIME ZONE 'UTC')::date)
DELETE FROM hailong.row_changes
WHERE kept_in = 'activity' AND part < (%(before)s::timestamptz AT TIME ZONE 'UTC')::date;

-- name: partitions
-- Native partitions with the end of each, oldest first.
SELECT c.relname AS name,
       (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz
           AS end_at
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'hailong_private.activity'::regclass
ORDER BY end_at;

-- name: native_size
-- Bytes with indexes and without the catalogue, and the number of partitions.
SELECT COALESCE(sum(pg_total_relation_size(i.inhrelid)), 0)::bigint, count(*)
FROM pg_inherits i WHERE i.inhparent = 'hailong_private.activity'::regclass;

-- name: oldest_in
-- The oldest window of one partition or chunk.
SELECT min(at) FROM {part};

-- name: drop_partition
-- One whole day.
DROP TABLE {part};

-- name: lock
-- Nobody writes while the table changes its form.
LOCK TABLE hailong_private.activity IN ACCESS EXCLUSIVE MODE;

-- name: set_aside_native
-- A hypertable is never made of a partitioned table: a new one takes its place.
ALTER TABLE hailong_private.activity RENAME CONSTRAINT activity_pkey TO activity_native_pkey;
ALTER TABLE hailong_private.activity RENAME TO activity_native;
CREATE TABLE hailong_private.activity (LIKE hailong_private.activity_native INCLUDING ALL);

-- name: make_hypertable
-- Daily chunks. The primary key serves the reads; an index on time alone would cost each write.
SELECT {timescale}.create_hypertable(
    'hailong_private.activity', {timescale}.by_range('at', INTERVAL '1 day'),
    create_default_indexes => false);

-- name: enable_columnstore
-- A counter's day is one run in the order of time.
ALTER TABLE hailong_private.activity SET (
    timescaledb.enable_columnstore = true,
    timescaledb.segmentby = 'branch_id, counter_id',
    timescaledb.orderby = 'at, device_id');

-- name: columnstore_policy
-- After a week: what devices held back while they were cut off has mostly come by then.
CALL {timescale}.add_columnstore_policy(
    'hailong_private.activity', after => INTERVAL '7 days', if_not_exists => true);

-- name: take_over
-- All rows, to be compared with what there were.
INSERT INTO hailong_private.activity SELECT * FROM hailong_private.activity_native;

-- name: count_native
-- How many rows there were.
SELECT count(*) FROM hailong_private.activity_native;

-- name: look_at_hypertable
-- The same view on the new table: the old one's rights stay.
CREATE OR REPLACE VIEW hailong.activity WITH (security_barrier) AS
    SELECT * FROM hailong_private.activity
    WHERE (branch_id IN (SELECT unnest(hailong.visible_branches()))) IS TRUE
      AND (current_user <> 'hailong_app' OR (SELECT hailong.visible_staff()) = '*')
    WITH CASCADED CHECK OPTION;

-- name: drop_native
-- Nothing looks at it any more.
DROP TABLE hailong_private.activity_native;

-- name: chunks
-- Chunks with the end of each, oldest first.
SELECT chunk_schema, chunk_name, range_end
FROM timescaledb_information.chunks
WHERE hypertable_schema = 'hailong_private' AND hypertable_name = 'activity'
ORDER BY range_end;

-- name: drop_chunks
-- Whole days before a time.
SELECT count(*) FROM {timescale}.drop_chunks(
    'hailong_private.activity', older_than => %(before)s::timestamptz);

-- name: hypertable_size
-- Bytes with indexes and columnstore.
SELECT COALESCE({timescale}.hypertable_size('hailong_private.activity'), 0)::bigint;
