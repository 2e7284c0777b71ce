-- The first schema. Cluster roles are made by hub/store/bootstrap.py before this runs:
-- hailong_migrator (owner, BYPASSRLS, held by no service), hailong_ingest, hailong_worker,
-- hailong_app, hailong_auditor (read only), hailong_backup.
--
-- Keys begin with (branch_id, counter_id, at): `at` comes from the device and never changes,
-- so that partitions hold and tables can be spread over machines later.

CREATE SCHEMA hailong;
CREATE SCHEMA hailong_private;
GRANT USAGE ON SCHEMA hailong
    TO hailong_ingest, hailong_worker, hailong_app, hailong_auditor, hailong_backup;
GRANT USAGE ON SCHEMA hailong_private TO hailong_auditor, hailong_backup;

-- Who may see which rows ---------------------------------------------------------------

-- The branches of this transaction, set by branches_transaction(); none set, none seen.
CREATE FUNCTION hailong.visible_branches() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(NULLIF(current_setting('hailong.branches', true), ''), ',');

-- The staff pseudonym a clerk is limited to; '*' for people who are not limited. Unset is
-- nobody, so that forgetting to set it shows nothing.
CREATE FUNCTION hailong.visible_staff() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('hailong.staff', true), '');

-- The place ----------------------------------------------------------------------------

CREATE TABLE hailong.branches (
    branch_id text PRIMARY KEY CHECK (branch_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    name_vi text NOT NULL,
    name_en text NOT NULL
);

CREATE TABLE hailong.points (
    branch_id text NOT NULL REFERENCES hailong.branches,
    point_id text NOT NULL CHECK (point_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    name_vi text NOT NULL,
    name_en text NOT NULL,
    PRIMARY KEY (branch_id, point_id)
);

CREATE TABLE hailong.counters (
    branch_id text NOT NULL,
    counter_id text NOT NULL CHECK (counter_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    point_id text NOT NULL,
    zone text NOT NULL
        CHECK (zone IN ('reception', 'advice', 'intake', 'fee', 'result', 'digitising')),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 999),
    PRIMARY KEY (branch_id, counter_id),
    FOREIGN KEY (branch_id, point_id) REFERENCES hailong.points
);

CREATE TABLE hailong.devices (
    device_id text PRIMARY KEY CHECK (device_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters
);

-- A clerk is a pseudonym here; the names are the personnel office's.
CREATE TABLE hailong.staff (
    staff_id text PRIMARY KEY CHECK (staff_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    branch_id text NOT NULL REFERENCES hailong.branches
);

-- Which pseudonym sits at which counter, from the roster; never from voice or face.
CREATE TABLE hailong.assignments (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    staff_id text NOT NULL REFERENCES hailong.staff,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, counter_id, from_at),
    FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters,
    CHECK (from_at < to_at)
);

-- People who sign in -------------------------------------------------------------------

CREATE TABLE hailong.users (
    user_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    login text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('supervisor', 'qa', 'privacy', 'clerk', 'operator')),
    -- Only for clerks: whose interactions they see.
    staff_id text REFERENCES hailong.staff,
    language text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en')),
    failed_sign_ins integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    disabled_at timestamptz,
    CHECK ((role = 'clerk') = (staff_id IS NOT NULL))
);

CREATE TABLE hailong.user_branches (
    user_id uuid NOT NULL REFERENCES hailong.users ON DELETE CASCADE,
    branch_id text NOT NULL REFERENCES hailong.branches,
    PRIMARY KEY (user_id, branch_id)
);

CREATE TABLE hailong.sessions (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    user_id uuid NOT NULL REFERENCES hailong.users ON DELETE CASCADE,
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- What devices report of themselves ----------------------------------------------------

CREATE TABLE hailong.device_status (
    device_id text PRIMARY KEY REFERENCES hailong.devices,
    branch_id text NOT NULL,
    connection bigint,
    status text CHECK (status IN ('online', 'offline')),
    status_since timestamptz,
    agent_version text,
    health jsonb,
    health_at timestamptz
);

-- Which sequences of each outbox file are settled: committed, rejected or dropped.
CREATE TABLE hailong.streams (
    device_id text NOT NULL REFERENCES hailong.devices,
    stream text NOT NULL CHECK (stream ~ '^[0-9a-f]{32}$'),
    settled int8multirange NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, stream)
);

CREATE TABLE hailong.dropped (
    device_id text NOT NULL REFERENCES hailong.devices,
    stream text NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    reason text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, stream, first_sequence, last_sequence),
    CHECK (first_sequence <= last_sequence)
);

-- A refused message. Its body is not kept: a stranger may have put anything into it.
CREATE TABLE hailong.rejects (
    reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    branch_id text,
    counter_id text,
    kind text,
    device_id text,
    stream text,
    sequence bigint,
    reason text NOT NULL,
    detail text NOT NULL CHECK (length(detail) <= 300),
    bytes integer NOT NULL,
    message_sha256 bytea NOT NULL
);
CREATE INDEX rejects_received ON hailong.rejects (received_at);
-- A device resends until it is told: one row for one refused message.
CREATE UNIQUE INDEX rejects_once ON hailong.rejects (message_sha256, reason);
-- stream and sequence stand only where the signature was good: a device is told of these.
CREATE INDEX rejects_by_stream ON hailong.rejects (device_id, stream, sequence)
    WHERE sequence IS NOT NULL;

-- Measurements -------------------------------------------------------------------------

CREATE TABLE hailong.interactions (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    revision integer NOT NULL,
    ended_at timestamptz NOT NULL,
    zone text NOT NULL,
    device_id text NOT NULL,
    -- From the assignment at `at`; NULL counts for nobody.
    staff_id text,
    source text NOT NULL,
    end_reason text NOT NULL,
    boundary_uncertain boolean NOT NULL,
    handling_s real NOT NULL,
    measurements jsonb NOT NULL,
    coverage jsonb NOT NULL,
    spans jsonb NOT NULL,
    models text[] NOT NULL,
    message_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, interaction_id)
) PARTITION BY RANGE (at);
CREATE INDEX interactions_by_id ON hailong.interactions (interaction_id);
CREATE INDEX interactions_by_staff ON hailong.interactions (staff_id, at);

-- `at` is the interaction's, so that a turn lies in the partition of its week.
CREATE TABLE hailong.turns (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    turn_no integer NOT NULL,
    role text NOT NULL,
    role_confidence real NOT NULL,
    start_s real NOT NULL,
    duration_s real NOT NULL,
    speech_s real NOT NULL,
    continued boolean NOT NULL,
    syllables integer,
    syllables_per_minute real,
    loudness_dbfs real NOT NULL,
    loudness_above_baseline_db real,
    asr_confidence real,
    language text,
    backchannel boolean NOT NULL,
    -- Of the citizen only (law 2): the database refuses it on any other turn.
    sentiment_polarity real,
    sentiment_confidence real,
    hits jsonb NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, interaction_id, turn_no),
    CHECK (role = 'citizen' OR (sentiment_polarity IS NULL AND sentiment_confidence IS NULL))
) PARTITION BY RANGE (at);

-- Lies in a schema that the programs' roles cannot read, behind a view, because a hypertable
-- with columnstore allows no row security.
CREATE TABLE hailong_private.activity (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    device_id text NOT NULL,
    staff_speech_s real,
    citizen_speech_s real,
    unknown_speech_s real,
    overlap_s real,
    staff_level_dbfs real,
    citizen_level_dbfs real,
    citizen_present_s real,
    staff_present_s real,
    in_interaction_s real NOT NULL,
    audio_coverage real NOT NULL,
    video_coverage real NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, device_id)
) PARTITION BY RANGE (at);

-- Activity is a counter's, not a person's: a clerk reads the own interactions instead.
CREATE VIEW hailong.activity WITH (security_barrier) AS
    SELECT * FROM hailong_private.activity
    WHERE branch_id = ANY (hailong.visible_branches())
      AND (current_user <> 'hailong_app' OR hailong.visible_staff() = '*')
    WITH CASCADED CHECK OPTION;

-- Judgement ----------------------------------------------------------------------------

-- Interactions whose figures are to be computed (again). Holds keys alone.
CREATE TABLE hailong.scoring_queue (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (branch_id, counter_id, at, interaction_id)
);

CREATE TABLE hailong.scores (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    figure text NOT NULL CHECK (figure IN ('experience', 'counter_part')),
    rubric text NOT NULL,
    rubric_version integer NOT NULL,
    -- NULL: not enough measured.
    value real CHECK (value BETWEEN 0 AND 100),
    low real,
    high real,
    coverage real NOT NULL CHECK (coverage BETWEEN 0 AND 1),
    parts jsonb NOT NULL,
    scored_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, interaction_id, figure, rubric, rubric_version),
    CHECK ((value IS NULL) = (low IS NULL) AND (value IS NULL) = (high IS NULL)),
    CHECK (value IS NULL OR (low <= value AND value <= high))
) PARTITION BY RANGE (at);

CREATE TABLE hailong.flags (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    -- Deterministic from interaction and rule: raised again, it is the same flag.
    flag_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    rule_id text NOT NULL,
    rule_version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('live', 'review', 'trend', 'shadow')),
    severity integer NOT NULL CHECK (severity BETWEEN 1 AND 5),
    role text NOT NULL CHECK (role IN ('staff', 'citizen', 'none')),
    evidence jsonb NOT NULL,
    coverage real NOT NULL CHECK (coverage BETWEEN 0 AND 1),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'decided', 'withdrawn')),
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, flag_id)
) PARTITION BY RANGE (at);
CREATE INDEX flags_by_id ON hailong.flags (flag_id);
CREATE INDEX flags_open ON hailong.flags (branch_id, state, kind, at);

-- Every decision, in order; the last one holds. Nothing here is ever changed.
CREATE TABLE hailong.reviews (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    flag_id uuid NOT NULL,
    review_no integer NOT NULL CHECK (review_no >= 1),
    interaction_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('confirmed', 'dismissed', 'insufficient', 'coached')),
    ground text NOT NULL CHECK (ground IN
        ('clerk_agrees', 'dossier_fact', 'eyewitness', 'citizen_contacted', 'cctv_request', 'none')),
    decided_by uuid NOT NULL REFERENCES hailong.users,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (branch_id, counter_id, at, flag_id, review_no)
);
CREATE INDEX reviews_by_flag ON hailong.reviews (flag_id);

CREATE FUNCTION hailong.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a decision is corrected by a further one', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER reviews_append_only BEFORE UPDATE OR DELETE ON hailong.reviews
    FOR EACH ROW EXECUTE FUNCTION hailong.refuse_change();
CREATE TRIGGER reviews_no_truncate BEFORE TRUNCATE ON hailong.reviews
    FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_change();

-- Row-level security -------------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['interactions', 'turns', 'scores', 'flags', 'reviews',
                                'counters', 'points', 'assignments', 'device_status', 'staff',
                                'devices', 'rejects']
    LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY by_branch ON hailong.%I USING (branch_id = ANY (hailong.visible_branches()))',
            name);
    END LOOP;
END $$;

-- Ingest must know every device to say why it refuses a message, and must be able to record
-- one whose branch nobody knows.
CREATE POLICY any_device ON hailong.devices FOR SELECT TO hailong_ingest USING (true);
CREATE POLICY any_reject ON hailong.rejects TO hailong_ingest USING (true);
-- A message whose topic names no branch of ours: whoever sees machines sees it too.
CREATE POLICY no_branch ON hailong.rejects FOR SELECT TO hailong_app, hailong_auditor
    USING (NOT EXISTS (SELECT FROM hailong.branches b WHERE b.branch_id = rejects.branch_id));

-- A clerk sees the own interactions and what hangs on them, and no other's roster.
CREATE POLICY by_assignment ON hailong.interactions AS RESTRICTIVE TO hailong_app
    USING (hailong.visible_staff() = '*' OR staff_id = hailong.visible_staff());
CREATE POLICY by_assignment ON hailong.assignments AS RESTRICTIVE TO hailong_app
    USING (hailong.visible_staff() = '*' OR staff_id = hailong.visible_staff());
CREATE POLICY by_assignment ON hailong.staff AS RESTRICTIVE TO hailong_app
    USING (hailong.visible_staff() = '*' OR staff_id = hailong.visible_staff());
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['turns', 'scores', 'flags', 'reviews'] LOOP
        EXECUTE format(
            'CREATE POLICY by_assignment ON hailong.%1$I AS RESTRICTIVE TO hailong_app USING ('
            'hailong.visible_staff() = ''*'' OR EXISTS (SELECT FROM hailong.interactions i '
            'WHERE i.branch_id = %1$I.branch_id AND i.counter_id = %1$I.counter_id '
            'AND i.at = %1$I.at AND i.interaction_id = %1$I.interaction_id))', name);
    END LOOP;
END $$;
-- Nobody decides in the own case.
CREATE POLICY not_by_clerks ON hailong.reviews AS RESTRICTIVE FOR INSERT TO hailong_app
    WITH CHECK (hailong.visible_staff() = '*');
CREATE POLICY not_by_clerks ON hailong.flags AS RESTRICTIVE FOR UPDATE TO hailong_app
    USING (hailong.visible_staff() = '*');
CREATE POLICY not_for_clerks ON hailong.rejects AS RESTRICTIVE TO hailong_app
    USING (hailong.visible_staff() = '*');

-- Partitions ---------------------------------------------------------------------------

-- Weekly for what is kept half a year, daily for activity. Idempotent.
CREATE FUNCTION hailong.ensure_partitions(from_at timestamptz, to_at timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '10s' AS $$
DECLARE
    made integer := 0;
    parent text;
    lower_at timestamptz;
    child text;
BEGIN
    IF to_at - from_at > interval '400 days' THEN
        RAISE EXCEPTION 'partitions for over 400 days asked at once';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('hailong.ensure_partitions'));
    FOREACH parent IN ARRAY ARRAY['interactions', 'turns', 'scores', 'flags'] LOOP
        lower_at := date_trunc('week', from_at, 'UTC');
        WHILE lower_at < to_at LOOP
            child := parent || to_char(lower_at AT TIME ZONE 'UTC', '_IYYY"w"IW');
            IF to_regclass(format('hailong.%I', child)) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE hailong.%I PARTITION OF hailong.%I FOR VALUES FROM (%L) TO (%L)',
                    child, parent, lower_at, lower_at + interval '7 days');
                made := made + 1;
            END IF;
            lower_at := lower_at + interval '7 days';
        END LOOP;
    END LOOP;
    lower_at := date_trunc('day', from_at, 'UTC');
    WHILE lower_at < to_at LOOP
        child := 'activity' || to_char(lower_at AT TIME ZONE 'UTC', '_YYYYMMDD');
        IF to_regclass(format('hailong_private.%I', child)) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE hailong_private.%I PARTITION OF hailong_private.activity '
                'FOR VALUES FROM (%L) TO (%L)', child, lower_at, lower_at + interval '1 day');
            made := made + 1;
        END IF;
        lower_at := lower_at + interval '1 day';
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION hailong.ensure_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.ensure_partitions TO hailong_ingest, hailong_worker;

-- Rights -------------------------------------------------------------------------------

GRANT SELECT ON hailong.devices, hailong.counters, hailong.branches, hailong.points
    TO hailong_ingest;
GRANT SELECT ON hailong.assignments, hailong.staff TO hailong_ingest;
GRANT SELECT, INSERT, UPDATE ON hailong.device_status, hailong.streams TO hailong_ingest;
GRANT SELECT, INSERT ON hailong.dropped, hailong.rejects TO hailong_ingest;
GRANT SELECT, INSERT, UPDATE ON hailong.interactions TO hailong_ingest;
GRANT SELECT, INSERT, DELETE ON hailong.turns TO hailong_ingest;
GRANT SELECT, INSERT ON hailong.activity TO hailong_ingest;
GRANT SELECT, INSERT, UPDATE ON hailong.scoring_queue TO hailong_ingest;

GRANT SELECT ON hailong.interactions, hailong.turns, hailong.branches, hailong.points,
    hailong.counters, hailong.assignments, hailong.activity, hailong.reviews TO hailong_worker;
GRANT SELECT, UPDATE, DELETE ON hailong.scoring_queue TO hailong_worker;
GRANT SELECT, INSERT, UPDATE ON hailong.scores, hailong.flags TO hailong_worker;

GRANT SELECT ON hailong.interactions, hailong.turns, hailong.scores, hailong.flags,
    hailong.reviews, hailong.activity, hailong.branches, hailong.points, hailong.counters,
    hailong.assignments, hailong.staff, hailong.device_status, hailong.devices,
    hailong.rejects, hailong.dropped, hailong.streams, hailong.users, hailong.user_branches
    TO hailong_app;
GRANT INSERT ON hailong.reviews TO hailong_app;
GRANT UPDATE (state) ON hailong.flags TO hailong_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON hailong.sessions TO hailong_app;
GRANT UPDATE (language, failed_sign_ins, locked_until, password_hash) ON hailong.users
    TO hailong_app;

GRANT SELECT ON ALL TABLES IN SCHEMA hailong, hailong_private TO hailong_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA hailong TO hailong_backup;
-- Partitions come later, and a backup reads each of them by itself.
ALTER DEFAULT PRIVILEGES IN SCHEMA hailong GRANT SELECT ON TABLES TO hailong_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA hailong_private GRANT SELECT ON TABLES TO hailong_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA hailong GRANT SELECT ON SEQUENCES TO hailong_backup;
GRANT SELECT ON hailong.interactions, hailong.turns, hailong.scores, hailong.flags,
    hailong.reviews, hailong.activity, hailong.rejects, hailong.dropped, hailong.streams,
    hailong.device_status, hailong.branches TO hailong_auditor;
