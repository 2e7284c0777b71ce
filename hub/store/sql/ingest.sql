-- name: devices
-- The devices that messages of a batch claim to come from.
SELECT device_id, branch_id, counter_id, public_key, revoked_at IS NOT NULL AS revoked
FROM hailong.devices
WHERE device_id = ANY (%(device_ids)s);

-- name: ensure_partitions
-- Partitions for all times that ingest accepts.
SELECT hailong.ensure_partitions(%(from_at)s, %(to_at)s);

-- name: roster_lock_shared
-- A roster taken over meanwhile waits, so that no interaction is stored with the old clerk after
-- the roster's own correction has passed over it.
SELECT pg_advisory_xact_lock_shared(7201003);

-- name: incoming_tables
-- COPY straight into a table with row security is refused: rows arrive here first. JSON stays
-- text and counts are wide until they are stored, where the database checks them.
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_interactions (
    branch_id text, counter_id text, at timestamptz, interaction_id uuid, revision integer,
    ended_at timestamptz, device_id text, source text, end_reason text,
    boundary_uncertain boolean, handling_s real, measurements text, coverage text,
    spans text, models text[], message_id uuid, received_at timestamptz
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_turns (
    branch_id text, counter_id text, at timestamptz, interaction_id uuid, turn_no integer,
    role text, role_confidence real, start_s real, duration_s real, speech_s real,
    continued boolean, syllables bigint, syllables_per_minute real, loudness_dbfs real,
    loudness_above_baseline_db real, asr_confidence real, language text, backchannel boolean,
    sentiment_polarity real, sentiment_confidence real, hits text
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_activity (
    branch_id text, counter_id text, at timestamptz, device_id text, staff_speech_s real,
    citizen_speech_s real, unknown_speech_s real, overlap_s real, staff_level_dbfs real,
    citizen_level_dbfs real, citizen_present_s real, staff_present_s real,
    in_interaction_s real, audio_coverage real, video_coverage real
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS stored_interactions (
    branch_id text, counter_id text, at timestamptz, interaction_id uuid
) ON COMMIT DELETE ROWS;

-- name: copy_interactions
-- Columns in the order of InteractionRow.
COPY pg_temp.incoming_interactions FROM STDIN (FORMAT binary);

-- name: copy_turns
-- Columns in the order of TurnRow.
COPY pg_temp.incoming_turns FROM STDIN (FORMAT binary);

-- name: copy_activity
-- Columns in the order of ActivityRow.
COPY pg_temp.incoming_activity FROM STDIN (FORMAT binary);

-- name: store_interactions
-- A higher revision replaces, the same or a lower one is known already. The clerk is whom the
-- roster names at `at`; zone and clerk are looked up by key, because a join would read all
-- counters and rosters of the batch's branches. Keeps the keys of what was written for the
-- statements after it.
WITH stored AS (
    INSERT INTO hailong.interactions AS known (
        branch_id, counter_id, at, interaction_id, revision, ended_at, zone, device_id, staff_id,
        source, end_reason, boundary_uncertain, handling_s, measurements, coverage, spans, models,
        message_id, received_at)
    SELECT i.branch_id, i.counter_id, i.at, i.interaction_id, i.revision, i.ended_at, c.zone,
           i.device_id, a.staff_id, i.source, i.end_reason, i.boundary_uncertain, i.handling_s,
           i.measurements::jsonb, i.coverage::jsonb, i.spans::jsonb, i.models, i.message_id,
           i.received_at
    FROM pg_temp.incoming_interactions i
    CROSS JOIN LATERAL (
        SELECT c.zone FROM hailong.counters c
        WHERE c.branch_id = i.branch_id AND c.counter_id = i.counter_id LIMIT 1) c
    LEFT JOIN LATERAL (
        SELECT a.staff_id FROM hailong.assignments a
        WHERE a.branch_id = i.branch_id AND a.counter_id = i.counter_id
          AND a.from_at <= i.at AND i.at < a.to_at
        ORDER BY a.from_at DESC LIMIT 1) a ON true
    ORDER BY i.branch_id, i.counter_id, i.at, i.interaction_id
    ON CONFLICT (branch_id, counter_id, at, interaction_id) DO UPDATE SET
        revision = excluded.revision, ended_at = excluded.ended_at, zone = excluded.zone,
        device_id = excluded.device_id, staff_id = excluded.staff_id, source = excluded.source,
        end_reason = excluded.end_reason, boundary_uncertain = excluded.boundary_uncertain,
        handling_s = excluded.handling_s, measurements = excluded.measurements,
        coverage = excluded.coverage, spans = excluded.spans, models = excluded.models,
        message_id = excluded.message_id, received_at = excluded.received_at
    WHERE known.revision < excluded.revision
    RETURNING branch_id, counter_id, at, interaction_id)
INSERT INTO pg_temp.stored_interactions SELECT * FROM stored;

-- name: delete_turns
-- Turns of the revision before.
DELETE FROM hailong.turns t USING pg_temp.stored_interactions s
WHERE t.branch_id = s.branch_id AND t.counter_id = s.counter_id AND t.at = s.at
  AND t.interaction_id = s.interaction_id;

-- name: store_turns
-- Turns of the interactions just written; those of known ones stay as they are.
INSERT INTO hailong.turns (
    branch_id, counter_id, at, interaction_id, turn_no, role, role_confidence, start_s, duration_s,
    speech_s, continued, syllables, syllables_per_minute, loudness_dbfs,
    loudness_above_baseline_db, asr_confidence, language, backchannel, sentiment_polarity,
    sentiment_confidence, hits)
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id, i.turn_no, i.role, i.role_confidence,
       i.start_s, i.duration_s, i.speech_s, i.continued, i.syllables, i.syllables_per_minute,
       i.loudness_dbfs, i.loudness_above_baseline_db, i.asr_confidence, i.language, i.backchannel,
       i.sentiment_polarity, i.sentiment_confidence, i.hits::jsonb
FROM pg_temp.incoming_turns i
JOIN pg_temp.stored_interactions s USING (branch_id, counter_id, at, interaction_id);

-- name: queue_scoring
-- What was written is to be scored (again).
INSERT INTO hailong.scoring_queue AS known (branch_id, counter_id, at, interaction_id)
SELECT branch_id, counter_id, at, interaction_id FROM pg_temp.stored_interactions
ORDER BY branch_id, counter_id, at, interaction_id
ON CONFLICT (branch_id, counter_id, at, interaction_id)
DO UPDATE SET queued_at = now(), live = false;

-- name: notify_scoring
-- Wakes the scoring worker when this transaction commits.
NOTIFY hailong_scoring;

-- name: store_snapshots
-- The latest snapshot of an interaction that goes on; one of an interaction that has ended, or that
-- was overtaken on its way, changes nothing. What was stored is to be judged.
WITH stored AS (
    INSERT INTO hailong.open_interactions AS known (
        branch_id, counter_id, at, interaction_id, device_id, captured_at, payload, message_id,
        received_at)
    SELECT branch_id, counter_id, at, interaction_id, device_id, captured_at, payload::jsonb,
           message_id, received_at
    FROM unnest(%(branch_id)s::text[], %(counter_id)s::text[], %(at)s::timestamptz[],
                %(interaction_id)s::uuid[], %(device_id)s::text[], %(captured_at)s::timestamptz[],
                %(payload)s::text[], %(message_id)s::uuid[], %(received_at)s::timestamptz[])
        AS r (branch_id, counter_id, at, interaction_id, device_id, captured_at, payload,
              message_id, received_at)
    WHERE NOT EXISTS (
        SELECT FROM hailong.interactions i
        WHERE i.branch_id = r.branch_id AND i.counter_id = r.counter_id AND i.at = r.at
          AND i.interaction_id = r.interaction_id)
    ORDER BY branch_id, counter_id, at, interaction_id
    ON CONFLICT (branch_id, counter_id, at, interaction_id) DO UPDATE SET
        device_id = excluded.device_id, captured_at = excluded.captured_at,
        payload = excluded.payload, message_id = excluded.message_id,
        received_at = excluded.received_at, judged_at = NULL
    WHERE known.captured_at < excluded.captured_at
    RETURNING branch_id, counter_id, at, interaction_id)
INSERT INTO hailong.scoring_queue (branch_id, counter_id, at, interaction_id, live)
SELECT branch_id, counter_id, at, interaction_id, true FROM stored
ORDER BY branch_id, counter_id, at, interaction_id
ON CONFLICT DO NOTHING;

-- name: store_health
-- The newest report of a device; one that was under way for long is older than what is known.
INSERT INTO hailong.device_status AS known (device_id, branch_id, agent_version, health, health_at)
SELECT device_id, branch_id, agent_version, health::jsonb, health_at
FROM unnest(%(device_id)s::text[], %(branch_id)s::text[], %(agent_version)s::text[],
            %(health)s::text[], %(health_at)s::timestamptz[])
    AS r (device_id, branch_id, agent_version, health, health_at)
ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE SET
    branch_id = excluded.branch_id, agent_version = excluded.agent_version,
    health = excluded.health, health_at = excluded.health_at
WHERE known.health_at IS NULL OR known.health_at <= excluded.health_at;

-- name: store_states
-- Births and deaths; the Last Will of an older connection says nothing about the one after it.
INSERT INTO hailong.device_status AS known (
    device_id, branch_id, connection, status, status_since, agent_version)
SELECT device_id, branch_id, connection, status, status_since, agent_version
FROM unnest(%(device_id)s::text[], %(branch_id)s::text[], %(connection)s::int8[],
            %(status)s::text[], %(status_since)s::timestamptz[], %(agent_version)s::text[])
    AS r (device_id, branch_id, connection, status, status_since, agent_version)
ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE SET
    branch_id = excluded.branch_id, connection = excluded.connection, status = excluded.status,
    status_since = excluded.status_since, agent_version = excluded.agent_version
WHERE known.connection IS NULL OR known.connection <= excluded.connection;

-- name: store_dropped
-- Rows that an outbox gave up; told once, however often it is resent.
INSERT INTO hailong.dropped (device_id, stream, first_sequence, last_sequence, reason)
SELECT device_id, stream, first_sequence, last_sequence, reason
FROM unnest(%(device_id)s::text[], %(stream)s::text[], %(first_sequence)s::int8[],
            %(last_sequence)s::int8[], %(reason)s::text[])
    AS r (device_id, stream, first_sequence, last_sequence, reason)
ON CONFLICT DO NOTHING;

-- name: store_rejects
-- One row for one refused message, however often it is resent.
INSERT INTO hailong.rejects (
    branch_id, counter_id, kind, device_id, stream, sequence, reason, detail, bytes,
    message_sha256)
SELECT branch_id, counter_id, kind, device_id, stream, sequence, reason, detail, bytes,
       message_sha256
FROM unnest(%(branch_id)s::text[], %(counter_id)s::text[], %(kind)s::text[],
            %(device_id)s::text[], %(stream)s::text[], %(sequence)s::int8[], %(reason)s::text[],
            %(detail)s::text[], %(size_bytes)s::int4[], %(message_sha256)s::bytea[])
    AS r (branch_id, counter_id, kind, device_id, stream, sequence, reason, detail, bytes,
          message_sha256)
ON CONFLICT (message_sha256, reason) DO NOTHING;

-- name: count_rejects
-- Every refused message counts, also those beyond what `rejects` holds.
INSERT INTO hailong.reject_counts AS known (hour, branch_id, device_id, reason, messages)
SELECT hour, branch_id, device_id, reason, messages
FROM unnest(%(hour)s::timestamptz[], %(branch_id)s::text[], %(device_id)s::text[],
            %(reason)s::text[], %(messages)s::int8[])
    AS r (hour, branch_id, device_id, reason, messages)
ORDER BY hour, branch_id, device_id, reason
ON CONFLICT (hour, branch_id, device_id, reason) DO UPDATE SET
    messages = known.messages + excluded.messages;

-- name: settle
-- Adds the sequences of this transaction to what is known of each stream, and says where it
-- stands: the first ranges, whether anything was refused, and how many rows the hub holds.
WITH parts AS (
    SELECT device_id, stream, int8range(first, last, '[]') AS part, what, late, captured_at
    FROM unnest(%(device_id)s::text[], %(stream)s::text[], %(first)s::int8[], %(last)s::int8[],
                %(what)s::text[], %(late)s::bool[], %(captured_at)s::timestamptz[])
        AS u (device_id, stream, first, last, what, late, captured_at)),
incoming AS (
    SELECT device_id, stream, range_agg(part) AS settled,
           COALESCE(range_agg(part) FILTER (WHERE what = 'rejected'), '{}') AS rejected,
           COALESCE(range_agg(part) FILTER (WHERE what = 'dropped'), '{}') AS dropped,
           COALESCE(range_agg(part) FILTER (WHERE what <> 'dropped'), '{}') AS own,
           count(*) FILTER (WHERE what <> 'dropped') AS messages,
           count(*) FILTER (WHERE late) AS late, max(captured_at) AS captured_at
    FROM parts GROUP BY device_id, stream),
faults AS (
    INSERT INTO hailong.stream_faults AS f (device_id, stream, hour, late, doubled)
    SELECT device_id, stream, date_trunc('hour', now(), 'UTC'), late, doubled
    FROM (
        SELECT i.device_id, i.stream, i.late,
               i.messages - hailong.cardinality(i.own - COALESCE(s.settled, '{}')) AS doubled
        FROM incoming i LEFT JOIN hailong.streams s USING (device_id, stream)) counted
    WHERE late > 0 OR doubled > 0
    ORDER BY device_id, stream
    ON CONFLICT (device_id, stream, hour) DO UPDATE SET
        late = f.late + excluded.late, doubled = f.doubled + excluded.doubled)
INSERT INTO hailong.streams AS known (
    device_id, stream, settled, rejected, dropped, captured_at)
SELECT device_id, stream, settled, rejected, dropped, captured_at FROM incoming
ORDER BY device_id, stream
ON CONFLICT (device_id, stream) DO UPDATE SET
    settled = known.settled + excluded.settled,
    rejected = known.rejected + excluded.rejected,
    dropped = known.dropped + excluded.dropped,
    captured_at = GREATEST(known.captured_at, excluded.captured_at),
    updated_at = now()
RETURNING device_id, stream,
    array_to_string(
        ARRAY(SELECT lower(part) || ' ' || upper(part) - 1 FROM unnest(settled) AS part LIMIT 202),
        ',') AS ranges,
    NOT isempty(rejected) AS any_rejected,
    hailong.cardinality(settled - rejected - dropped) AS rows;

-- name: rejected_of_streams
-- The latest 100 refused sequences of each stream, for its confirmation.
SELECT s.device_id, s.stream, r.sequence, r.reason
FROM unnest(%(device_ids)s::text[], %(streams)s::text[]) AS s (device_id, stream)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (x.sequence) x.sequence, x.reason FROM hailong.rejects x
    WHERE x.device_id = s.device_id AND x.stream = s.stream AND x.sequence IS NOT NULL
    ORDER BY x.sequence DESC, x.reject_id DESC LIMIT 100) r
ORDER BY s.device_id, s.stream, r.sequence;

-- name: store_outcomes
-- What came of commands; told once, however often it is resent.
UPDATE hailong.commands c SET outcome = o.outcome, outcome_at = o.outcome_at
FROM unnest(%(device_id)s::text[], %(command_id)s::uuid[], %(outcome)s::text[],
            %(outcome_at)s::timestamptz[]) AS o (device_id, command_id, outcome, outcome_at)
WHERE c.command_id = o.command_id AND c.device_id = o.device_id AND c.outcome IS NULL;
