-- Written by `python -m hub.store.schema_dump`; do not edit. Migrations are what is run.

-- PostgreSQL database dump

-- Name: hailong; Type: SCHEMA; Schema: -; Owner: hailong_migrator

CREATE SCHEMA hailong;

ALTER SCHEMA hailong OWNER TO hailong_migrator;

-- Name: hailong_private; Type: SCHEMA; Schema: -; Owner: hailong_migrator

CREATE SCHEMA hailong_private;

ALTER SCHEMA hailong_private OWNER TO hailong_migrator;

-- Name: cardinality(int8multirange); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.cardinality(of int8multirange) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT (COALESCE(sum((upper(part.part) - lower(part.part))), (0)::numeric))::bigint AS "coalesce" FROM unnest(cardinality.of) part(part));

ALTER FUNCTION hailong.cardinality(of int8multirange) OWNER TO hailong_migrator;

-- Name: ensure_partitions(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    AS $$
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

ALTER FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO hailong_migrator;

-- Name: sessions; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.sessions (
    token_sha256 bytea NOT NULL,
    user_id uuid NOT NULL,
    csrf_token text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);

ALTER TABLE ONLY hailong.sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.sessions OWNER TO hailong_migrator;

-- Name: forget_ended_sessions(double precision); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.forget_ended_sessions(idle_s double precision) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 WITH ended AS (
          DELETE FROM hailong.sessions
           WHERE ((sessions.expires_at <= now()) OR (sessions.seen_at <= (now() - (forget_ended_sessions.idle_s * '00:00:01'::interval))))
           RETURNING 1 AS "?column?"
         )
  SELECT count(*) AS count
    FROM ended;
END;

ALTER FUNCTION hailong.forget_ended_sessions(idle_s double precision) OWNER TO hailong_migrator;

-- Name: is_own(text, text, timestamp with time zone, uuid); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.is_own(branch text, counter text, started timestamp with time zone, interaction uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM hailong.interactions i
        WHERE i.branch_id = branch AND i.counter_id = counter AND i.at = started
          AND i.interaction_id = interaction AND i.staff_id = hailong.visible_staff()
          AND i.branch_id = ANY (hailong.visible_branches()));
END $$;

ALTER FUNCTION hailong.is_own(branch text, counter text, started timestamp with time zone, interaction uuid) OWNER TO hailong_migrator;

-- Name: users; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.users (
    user_id uuid DEFAULT gen_random_uuid() NOT NULL,
    login text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    staff_id text,
    language text DEFAULT 'vi'::text NOT NULL,
    failed_sign_ins integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    disabled_at timestamp with time zone,
    CONSTRAINT users_check CHECK (((role = 'clerk'::text) = (staff_id IS NOT NULL))),
    CONSTRAINT users_language_check CHECK ((language = ANY (ARRAY['vi'::text, 'en'::text]))),
    CONSTRAINT users_login_check CHECK ((login ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['supervisor'::text, 'qa'::text, 'privacy'::text, 'clerk'::text, 'operator'::text])))
);

ALTER TABLE ONLY hailong.users FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.users OWNER TO hailong_migrator;

-- Name: login_of(uuid); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.login_of(decider uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT u.login
    FROM hailong.users u
   WHERE (u.user_id = login_of.decider);
END;

ALTER FUNCTION hailong.login_of(decider uuid) OWNER TO hailong_migrator;

-- Name: user_branches; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.user_branches (
    user_id uuid NOT NULL,
    branch_id text NOT NULL
);

ALTER TABLE ONLY hailong.user_branches FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.user_branches OWNER TO hailong_migrator;

-- Name: may_decide(uuid, text); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.may_decide(decider uuid, branch text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM (hailong.users u
              JOIN hailong.user_branches b USING (user_id))
           WHERE ((u.user_id = may_decide.decider) AND (u.role = 'supervisor'::text) AND (u.disabled_at IS NULL) AND (b.branch_id = may_decide.branch)))) AS "exists";
END;

ALTER FUNCTION hailong.may_decide(decider uuid, branch text) OWNER TO hailong_migrator;

-- Name: redeem_enrolment(text, bytea, text, bytea); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    token hailong_private.enrolment_tokens;
    device hailong.devices;
BEGIN
    SELECT * INTO token FROM hailong_private.enrolment_tokens t WHERE t.token_id = the_token FOR UPDATE;
    IF NOT FOUND OR token.secret_sha256 <> the_secret_sha256 THEN
        outcome := 'token_unknown';
        RETURN;
    END IF;
    IF token.device_id <> the_device THEN
        outcome := 'token_other_device';
        RETURN;
    END IF;
    SELECT * INTO device FROM hailong.devices d WHERE d.device_id = the_device FOR UPDATE;
    IF device.revoked_at > token.made_at
        OR device.revoked_at IS NOT NULL AND token.used_at IS NOT NULL THEN
        outcome := 'device_revoked';
    ELSIF token.expires_at <= now() THEN
        outcome := 'token_expired';
    ELSIF token.used_key <> the_key THEN
        outcome := 'token_used';
    ELSIF device.revoked_at IS NOT NULL AND device.public_key = the_key THEN
        outcome := 'key_revoked';
    ELSIF device.revoked_at IS NULL AND device.public_key <> the_key THEN
        outcome := 'device_has_other_key';
    ELSE
        IF token.used_at IS NULL THEN
            INSERT INTO hailong.devices (device_id, branch_id, counter_id, public_key)
            VALUES (the_device, token.branch_id, token.counter_id, the_key)
            ON CONFLICT (device_id) DO UPDATE SET
                branch_id = excluded.branch_id, counter_id = excluded.counter_id,
                public_key = excluded.public_key, revoked_at = NULL, enrolled_at = now();
            UPDATE hailong_private.enrolment_tokens t SET used_at = now(), used_key = the_key
            WHERE t.token_id = the_token;
        END IF;
        outcome := 'enrolled';
        SELECT d.branch_id, d.counter_id INTO branch_id, counter_id
        FROM hailong.devices d WHERE d.device_id = the_device;
    END IF;
END $$;

ALTER FUNCTION hailong.redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text) OWNER TO hailong_migrator;

-- Name: refuse_change(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM hailong.erased e WHERE e.key_sha256
                   = sha256(convert_to('interaction:' || OLD.interaction_id, 'UTF8'))) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: a decision is corrected by a further one', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

ALTER FUNCTION hailong.refuse_change() OWNER TO hailong_migrator;

-- Name: refuse_erased(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.refuse_erased() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM hailong.erased e WHERE e.key_sha256
               = sha256(convert_to('interaction:' || NEW.interaction_id, 'UTF8'))) THEN
        RETURN NULL;
    END IF;
    -- An erased pseudonym is nobody's any more.
    IF NEW.staff_id IS NOT NULL AND EXISTS (
            SELECT FROM hailong.erased e WHERE e.key_sha256
            = sha256(convert_to('staff:' || NEW.staff_id, 'UTF8'))) THEN
        NEW.staff_id := NULL;
    END IF;
    RETURN NEW;
END $$;

ALTER FUNCTION hailong.refuse_erased() OWNER TO hailong_migrator;

-- Name: visible_branches(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.visible_branches() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(NULLIF(current_setting('hailong.branches'::text, true), ''::text), ','::text);

ALTER FUNCTION hailong.visible_branches() OWNER TO hailong_migrator;

-- Name: visible_staff(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.visible_staff() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('hailong.staff'::text, true), ''::text);

ALTER FUNCTION hailong.visible_staff() OWNER TO hailong_migrator;

-- Name: visible_user(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.visible_user() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT s.user_id
    FROM hailong.sessions s
   WHERE (s.token_sha256 = decode(NULLIF(current_setting('hailong.session'::text, true), ''::text), 'hex'::text))
 UNION ALL
  SELECT u.user_id
    FROM hailong.users u
   WHERE (u.login = current_setting('hailong.login'::text, true))
 LIMIT 1;
END;

ALTER FUNCTION hailong.visible_user() OWNER TO hailong_migrator;

-- Name: activity; Type: TABLE; Schema: hailong_private; Owner: hailong_migrator

CREATE TABLE hailong_private.activity (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
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
    video_coverage real NOT NULL
)
PARTITION BY RANGE (at);

ALTER TABLE hailong_private.activity OWNER TO hailong_migrator;

-- Name: activity; Type: VIEW; Schema: hailong; Owner: hailong_migrator

CREATE VIEW hailong.activity WITH (security_barrier='true') AS
 SELECT branch_id,
    counter_id,
    at,
    device_id,
    staff_speech_s,
    citizen_speech_s,
    unknown_speech_s,
    overlap_s,
    staff_level_dbfs,
    citizen_level_dbfs,
    citizen_present_s,
    staff_present_s,
    in_interaction_s,
    audio_coverage,
    video_coverage
   FROM hailong_private.activity
  WHERE ((branch_id = ANY (hailong.visible_branches())) AND ((CURRENT_USER <> 'hailong_app'::name) OR (hailong.visible_staff() = '*'::text)))
  WITH CASCADED CHECK OPTION;

ALTER VIEW hailong.activity OWNER TO hailong_migrator;

-- Name: assignments; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.assignments (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    staff_id text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    to_at timestamp with time zone NOT NULL,
    CONSTRAINT assignments_check CHECK ((from_at < to_at))
);

ALTER TABLE ONLY hailong.assignments FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.assignments OWNER TO hailong_migrator;

-- Name: branches; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.branches (
    branch_id text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT branches_branch_id_check CHECK ((branch_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text))
);

ALTER TABLE hailong.branches OWNER TO hailong_migrator;

-- Name: counters; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.counters (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    point_id text NOT NULL,
    zone text NOT NULL,
    number integer NOT NULL,
    CONSTRAINT counters_counter_id_check CHECK ((counter_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text)),
    CONSTRAINT counters_number_check CHECK (((number >= 1) AND (number <= 999))),
    CONSTRAINT counters_zone_check CHECK ((zone = ANY (ARRAY['reception'::text, 'advice'::text, 'intake'::text, 'fee'::text, 'result'::text, 'digitising'::text])))
);

ALTER TABLE ONLY hailong.counters FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.counters OWNER TO hailong_migrator;

-- Name: device_status; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.device_status (
    device_id text NOT NULL,
    branch_id text NOT NULL,
    connection bigint,
    status text,
    status_since timestamp with time zone,
    agent_version text,
    health jsonb,
    health_at timestamp with time zone,
    CONSTRAINT device_status_status_check CHECK ((status = ANY (ARRAY['online'::text, 'offline'::text])))
);

ALTER TABLE ONLY hailong.device_status FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.device_status OWNER TO hailong_migrator;

-- Name: devices; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.devices (
    device_id text NOT NULL,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    public_key bytea NOT NULL,
    enrolled_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT devices_device_id_check CHECK ((device_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text)),
    CONSTRAINT devices_public_key_check CHECK ((octet_length(public_key) = 32))
);

ALTER TABLE ONLY hailong.devices FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.devices OWNER TO hailong_migrator;

-- Name: dropped; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.dropped (
    device_id text NOT NULL,
    stream text NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    reason text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dropped_check CHECK ((first_sequence <= last_sequence))
);

ALTER TABLE ONLY hailong.dropped FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.dropped OWNER TO hailong_migrator;

-- Name: erased; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.erased (
    key_sha256 bytea NOT NULL,
    kind text NOT NULL,
    entry_no bigint NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    CONSTRAINT erased_key_sha256_check CHECK ((octet_length(key_sha256) = 32)),
    CONSTRAINT erased_kind_check CHECK ((kind = ANY (ARRAY['interaction'::text, 'staff'::text])))
);

ALTER TABLE ONLY hailong.erased FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.erased OWNER TO hailong_migrator;

-- Name: flags; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.flags (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    flag_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    rule_id text NOT NULL,
    rule_version integer NOT NULL,
    kind text NOT NULL,
    severity integer NOT NULL,
    role text NOT NULL,
    evidence jsonb NOT NULL,
    coverage real NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    CONSTRAINT flags_coverage_check CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
    CONSTRAINT flags_kind_check CHECK ((kind = ANY (ARRAY['live'::text, 'review'::text, 'trend'::text, 'shadow'::text]))),
    CONSTRAINT flags_role_check CHECK ((role = ANY (ARRAY['staff'::text, 'citizen'::text, 'none'::text]))),
    CONSTRAINT flags_severity_check CHECK (((severity >= 1) AND (severity <= 5))),
    CONSTRAINT flags_state_check CHECK ((state = ANY (ARRAY['open'::text, 'decided'::text, 'withdrawn'::text])))
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY hailong.flags FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.flags OWNER TO hailong_migrator;

-- Name: interactions; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.interactions (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    interaction_id uuid NOT NULL,
    revision integer NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    zone text NOT NULL,
    device_id text NOT NULL,
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
    received_at timestamp with time zone NOT NULL
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY hailong.interactions FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.interactions OWNER TO hailong_migrator;

-- Name: points; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.points (
    branch_id text NOT NULL,
    point_id text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT points_point_id_check CHECK ((point_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text))
);

ALTER TABLE ONLY hailong.points FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.points OWNER TO hailong_migrator;

-- Name: reject_counts; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.reject_counts (
    hour timestamp with time zone NOT NULL,
    branch_id text NOT NULL,
    device_id text NOT NULL,
    reason text NOT NULL,
    messages bigint NOT NULL
);

ALTER TABLE ONLY hailong.reject_counts FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.reject_counts OWNER TO hailong_migrator;

-- Name: rejects; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rejects (
    reject_id bigint NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    branch_id text,
    counter_id text,
    kind text,
    device_id text,
    stream text,
    sequence bigint,
    reason text NOT NULL,
    detail text NOT NULL,
    bytes integer NOT NULL,
    message_sha256 bytea NOT NULL,
    CONSTRAINT rejects_detail_check CHECK ((length(detail) <= 300))
);

ALTER TABLE ONLY hailong.rejects FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rejects OWNER TO hailong_migrator;

-- Name: rejects_reject_id_seq; Type: SEQUENCE; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rejects ALTER COLUMN reject_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.rejects_reject_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: reviews; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.reviews (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    flag_id uuid NOT NULL,
    review_no integer NOT NULL,
    interaction_id uuid NOT NULL,
    outcome text NOT NULL,
    ground text NOT NULL,
    decided_by uuid NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reviews_ground_check CHECK ((ground = ANY (ARRAY['clerk_agrees'::text, 'dossier_fact'::text, 'eyewitness'::text, 'citizen_contacted'::text, 'cctv_request'::text, 'none'::text]))),
    CONSTRAINT reviews_outcome_check CHECK ((outcome = ANY (ARRAY['confirmed'::text, 'dismissed'::text, 'insufficient'::text, 'coached'::text]))),
    CONSTRAINT reviews_review_no_check CHECK ((review_no >= 1))
);

ALTER TABLE ONLY hailong.reviews FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.reviews OWNER TO hailong_migrator;

-- Name: scores; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.scores (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    interaction_id uuid NOT NULL,
    figure text NOT NULL,
    rubric text NOT NULL,
    rubric_version integer NOT NULL,
    value real,
    low real,
    high real,
    coverage real NOT NULL,
    parts jsonb NOT NULL,
    scored_at timestamp with time zone NOT NULL,
    CONSTRAINT scores_check CHECK ((((value IS NULL) = (low IS NULL)) AND ((value IS NULL) = (high IS NULL)))),
    CONSTRAINT scores_check1 CHECK (((value IS NULL) OR ((low <= value) AND (value <= high)))),
    CONSTRAINT scores_coverage_check CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
    CONSTRAINT scores_figure_check CHECK ((figure = ANY (ARRAY['experience'::text, 'counter_part'::text]))),
    CONSTRAINT scores_value_check CHECK (((value >= (0)::double precision) AND (value <= (100)::double precision)))
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY hailong.scores FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.scores OWNER TO hailong_migrator;

-- Name: scoring_queue; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.scoring_queue (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    interaction_id uuid NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY hailong.scoring_queue FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.scoring_queue OWNER TO hailong_migrator;

-- Name: staff; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.staff (
    staff_id text NOT NULL,
    branch_id text NOT NULL,
    CONSTRAINT staff_staff_id_check CHECK ((staff_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text))
);

ALTER TABLE ONLY hailong.staff FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.staff OWNER TO hailong_migrator;

-- Name: stream_faults; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.stream_faults (
    device_id text NOT NULL,
    stream text NOT NULL,
    hour timestamp with time zone NOT NULL,
    late bigint NOT NULL,
    doubled bigint NOT NULL
);

ALTER TABLE ONLY hailong.stream_faults FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.stream_faults OWNER TO hailong_migrator;

-- Name: streams; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.streams (
    device_id text NOT NULL,
    stream text NOT NULL,
    settled int8multirange DEFAULT '{}'::int8multirange NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    rejected int8multirange DEFAULT '{}'::int8multirange NOT NULL,
    dropped int8multirange DEFAULT '{}'::int8multirange NOT NULL,
    first_at timestamp with time zone DEFAULT now() NOT NULL,
    captured_at timestamp with time zone,
    CONSTRAINT streams_stream_check CHECK ((stream ~ '^[0-9a-f]{32}$'::text))
);

ALTER TABLE ONLY hailong.streams FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.streams OWNER TO hailong_migrator;

-- Name: COLUMN streams.captured_at; Type: COMMENT; Schema: hailong; Owner: hailong_migrator

COMMENT ON COLUMN hailong.streams.captured_at IS 'of the newest message';

-- Name: turns; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.turns (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
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
    sentiment_polarity real,
    sentiment_confidence real,
    hits jsonb NOT NULL,
    CONSTRAINT turns_check CHECK (((role = 'citizen'::text) OR ((sentiment_polarity IS NULL) AND (sentiment_confidence IS NULL))))
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY hailong.turns FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.turns OWNER TO hailong_migrator;

-- Name: enrolment_tokens; Type: TABLE; Schema: hailong_private; Owner: hailong_migrator

CREATE TABLE hailong_private.enrolment_tokens (
    token_id text NOT NULL,
    secret_sha256 bytea NOT NULL,
    device_id text NOT NULL,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    used_key bytea,
    CONSTRAINT enrolment_tokens_check CHECK (((used_at IS NULL) = (used_key IS NULL))),
    CONSTRAINT enrolment_tokens_device_id_check CHECK ((device_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text)),
    CONSTRAINT enrolment_tokens_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32)),
    CONSTRAINT enrolment_tokens_token_id_check CHECK ((token_id ~ '^[0-9a-f]{16}$'::text)),
    CONSTRAINT enrolment_tokens_used_key_check CHECK ((octet_length(used_key) = 32))
);

ALTER TABLE ONLY hailong_private.enrolment_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong_private.enrolment_tokens OWNER TO hailong_migrator;

-- Name: assignments assignments_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_pkey PRIMARY KEY (branch_id, counter_id, from_at);

-- Name: branches branches_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.branches
    ADD CONSTRAINT branches_pkey PRIMARY KEY (branch_id);

-- Name: counters counters_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (branch_id, counter_id);

-- Name: device_status device_status_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.device_status
    ADD CONSTRAINT device_status_pkey PRIMARY KEY (device_id);

-- Name: devices devices_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (device_id);

-- Name: dropped dropped_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.dropped
    ADD CONSTRAINT dropped_pkey PRIMARY KEY (device_id, stream, first_sequence, last_sequence);

-- Name: erased erased_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.erased
    ADD CONSTRAINT erased_pkey PRIMARY KEY (key_sha256);

-- Name: flags flags_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.flags
    ADD CONSTRAINT flags_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id);

-- Name: interactions interactions_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.interactions
    ADD CONSTRAINT interactions_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);

-- Name: points points_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.points
    ADD CONSTRAINT points_pkey PRIMARY KEY (branch_id, point_id);

-- Name: reject_counts reject_counts_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.reject_counts
    ADD CONSTRAINT reject_counts_pkey PRIMARY KEY (hour, branch_id, device_id, reason);

-- Name: rejects rejects_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rejects
    ADD CONSTRAINT rejects_pkey PRIMARY KEY (reject_id);

-- Name: reviews reviews_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id, review_no);

-- Name: scores scores_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.scores
    ADD CONSTRAINT scores_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id, figure, rubric, rubric_version);

-- Name: scoring_queue scoring_queue_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.scoring_queue
    ADD CONSTRAINT scoring_queue_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);

-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_sha256);

-- Name: staff staff_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (staff_id);

-- Name: stream_faults stream_faults_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.stream_faults
    ADD CONSTRAINT stream_faults_pkey PRIMARY KEY (device_id, stream, hour);

-- Name: streams streams_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (device_id, stream);

-- Name: turns turns_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id, turn_no);

-- Name: user_branches user_branches_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.user_branches
    ADD CONSTRAINT user_branches_pkey PRIMARY KEY (user_id, branch_id);

-- Name: users users_login_key; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.users
    ADD CONSTRAINT users_login_key UNIQUE (login);

-- Name: users users_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

-- Name: activity activity_pkey; Type: CONSTRAINT; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE ONLY hailong_private.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (branch_id, counter_id, at, device_id);

-- Name: enrolment_tokens enrolment_tokens_pkey; Type: CONSTRAINT; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE ONLY hailong_private.enrolment_tokens
    ADD CONSTRAINT enrolment_tokens_pkey PRIMARY KEY (token_id);

-- Name: flags_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX flags_by_branch ON ONLY hailong.flags USING btree (branch_id, at, interaction_id) WHERE ((state <> 'withdrawn'::text) AND (kind <> 'shadow'::text));

-- Name: flags_by_id; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX flags_by_id ON ONLY hailong.flags USING btree (flag_id);

-- Name: flags_open; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX flags_open ON ONLY hailong.flags USING btree (branch_id, state, kind, at);

-- Name: interactions_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX interactions_by_branch ON ONLY hailong.interactions USING btree (branch_id, at, interaction_id) INCLUDE (counter_id, staff_id);

-- Name: interactions_by_id; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX interactions_by_id ON ONLY hailong.interactions USING btree (interaction_id);

-- Name: interactions_by_staff; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX interactions_by_staff ON ONLY hailong.interactions USING btree (staff_id, at);

-- Name: rejects_by_stream; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX rejects_by_stream ON hailong.rejects USING btree (device_id, stream, sequence) WHERE (sequence IS NOT NULL);

-- Name: rejects_once; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE UNIQUE INDEX rejects_once ON hailong.rejects USING btree (message_sha256, reason);

-- Name: rejects_received; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX rejects_received ON hailong.rejects USING btree (received_at);

-- Name: reviews_by_flag; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX reviews_by_flag ON hailong.reviews USING btree (flag_id);

-- Name: scores_unmeasured; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX scores_unmeasured ON ONLY hailong.scores USING btree (branch_id, at) WHERE ((figure = 'experience'::text) AND (value IS NULL));

-- Name: enrolment_tokens_device; Type: INDEX; Schema: hailong_private; Owner: hailong_migrator

CREATE INDEX enrolment_tokens_device ON hailong_private.enrolment_tokens USING btree (device_id);

-- Name: interactions refuse_erased; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER refuse_erased BEFORE INSERT OR UPDATE ON hailong.interactions FOR EACH ROW EXECUTE FUNCTION hailong.refuse_erased();

-- Name: reviews reviews_append_only; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER reviews_append_only BEFORE DELETE OR UPDATE ON hailong.reviews FOR EACH ROW EXECUTE FUNCTION hailong.refuse_change();

-- Name: reviews reviews_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER reviews_no_truncate BEFORE TRUNCATE ON hailong.reviews FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_change();

-- Name: assignments assignments_branch_id_counter_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_branch_id_counter_id_fkey FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters(branch_id, counter_id);

-- Name: assignments assignments_staff_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES hailong.staff(staff_id);

-- Name: counters counters_branch_id_point_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.counters
    ADD CONSTRAINT counters_branch_id_point_id_fkey FOREIGN KEY (branch_id, point_id) REFERENCES hailong.points(branch_id, point_id);

-- Name: device_status device_status_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.device_status
    ADD CONSTRAINT device_status_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);

-- Name: devices devices_branch_id_counter_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.devices
    ADD CONSTRAINT devices_branch_id_counter_id_fkey FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters(branch_id, counter_id);

-- Name: dropped dropped_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.dropped
    ADD CONSTRAINT dropped_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);

-- Name: points points_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.points
    ADD CONSTRAINT points_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);

-- Name: reviews reviews_decided_by_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.reviews
    ADD CONSTRAINT reviews_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES hailong.users(user_id);

-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES hailong.users(user_id) ON DELETE CASCADE;

-- Name: staff staff_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.staff
    ADD CONSTRAINT staff_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);

-- Name: stream_faults stream_faults_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.stream_faults
    ADD CONSTRAINT stream_faults_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);

-- Name: streams streams_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.streams
    ADD CONSTRAINT streams_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);

-- Name: user_branches user_branches_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.user_branches
    ADD CONSTRAINT user_branches_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);

-- Name: user_branches user_branches_user_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.user_branches
    ADD CONSTRAINT user_branches_user_id_fkey FOREIGN KEY (user_id) REFERENCES hailong.users(user_id) ON DELETE CASCADE;

-- Name: users users_staff_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.users
    ADD CONSTRAINT users_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES hailong.staff(staff_id);

-- Name: enrolment_tokens enrolment_tokens_branch_id_counter_id_fkey; Type: FK CONSTRAINT; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE ONLY hailong_private.enrolment_tokens
    ADD CONSTRAINT enrolment_tokens_branch_id_counter_id_fkey FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters(branch_id, counter_id);

-- Name: scoring_queue any_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_branch ON hailong.scoring_queue TO hailong_worker USING (true);

-- Name: devices any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.devices FOR SELECT TO hailong_ingest USING (true);

-- Name: dropped any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.dropped TO hailong_ingest USING (true);

-- Name: stream_faults any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.stream_faults TO hailong_ingest USING (true);

-- Name: streams any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.streams TO hailong_ingest USING (true);

-- Name: reject_counts any_reject; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_reject ON hailong.reject_counts TO hailong_ingest USING (true);

-- Name: rejects any_reject; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_reject ON hailong.rejects TO hailong_ingest USING (true);

-- Name: assignments; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.assignments ENABLE ROW LEVEL SECURITY;

-- Name: assignments by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.assignments AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (staff_id = hailong.visible_staff())));

-- Name: flags by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.flags AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: interactions by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.interactions AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (staff_id = hailong.visible_staff())));

-- Name: reviews by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.reviews AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: scores by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.scores AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: staff by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.staff AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (staff_id = hailong.visible_staff())));

-- Name: turns by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.turns AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: assignments by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.assignments USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: counters by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.counters USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: device_status by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.device_status USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: devices by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.devices USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: flags by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.flags USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: interactions by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.interactions USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: points by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.points USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: reject_counts by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.reject_counts USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: rejects by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.rejects USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: reviews by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.reviews USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: scores by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.scores USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: scoring_queue by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.scoring_queue TO hailong_ingest USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: staff by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.staff USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: turns by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.turns USING ((branch_id = ANY (hailong.visible_branches())));

-- Name: reviews by_deciders; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_deciders ON hailong.reviews AS RESTRICTIVE FOR INSERT TO hailong_app WITH CHECK (hailong.may_decide(decided_by, branch_id));

-- Name: dropped by_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_device ON hailong.dropped FOR SELECT TO hailong_app, hailong_auditor USING ((EXISTS ( SELECT
   FROM hailong.devices d
  WHERE (d.device_id = dropped.device_id))));

-- Name: stream_faults by_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_device ON hailong.stream_faults FOR SELECT TO hailong_app, hailong_auditor USING ((EXISTS ( SELECT
   FROM hailong.devices d
  WHERE (d.device_id = stream_faults.device_id))));

-- Name: streams by_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_device ON hailong.streams FOR SELECT TO hailong_app, hailong_auditor USING ((EXISTS ( SELECT
   FROM hailong.devices d
  WHERE (d.device_id = streams.device_id))));

-- Name: counters; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.counters ENABLE ROW LEVEL SECURITY;

-- Name: device_status; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.device_status ENABLE ROW LEVEL SECURITY;

-- Name: devices; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.devices ENABLE ROW LEVEL SECURITY;

-- Name: dropped; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.dropped ENABLE ROW LEVEL SECURITY;

-- Name: erased; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.erased ENABLE ROW LEVEL SECURITY;

-- Name: devices every_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY every_device ON hailong.devices FOR SELECT TO hailong_identity USING (true);

-- Name: flags; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.flags ENABLE ROW LEVEL SECURITY;

-- Name: interactions; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.interactions ENABLE ROW LEVEL SECURITY;

-- Name: reject_counts no_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY no_branch ON hailong.reject_counts FOR SELECT TO hailong_app, hailong_auditor USING ((branch_id = ''::text));

-- Name: rejects no_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY no_branch ON hailong.rejects FOR SELECT TO hailong_app, hailong_auditor USING ((NOT (EXISTS ( SELECT
   FROM hailong.branches b
  WHERE (b.branch_id = rejects.branch_id)))));

-- Name: flags not_by_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_by_clerks ON hailong.flags AS RESTRICTIVE FOR UPDATE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: reviews not_by_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_by_clerks ON hailong.reviews AS RESTRICTIVE FOR INSERT TO hailong_app WITH CHECK ((hailong.visible_staff() = '*'::text));

-- Name: device_status not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.device_status AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: devices not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.devices AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: dropped not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.dropped AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: reject_counts not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.reject_counts AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: rejects not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.rejects AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: stream_faults not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.stream_faults AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: streams not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.streams AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));

-- Name: sessions oneself; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY oneself ON hailong.sessions TO hailong_app USING ((user_id = ( SELECT hailong.visible_user() AS visible_user)));

-- Name: user_branches oneself; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY oneself ON hailong.user_branches FOR SELECT TO hailong_app USING ((user_id = ( SELECT hailong.visible_user() AS visible_user)));

-- Name: users oneself; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY oneself ON hailong.users TO hailong_app USING ((user_id = ( SELECT hailong.visible_user() AS visible_user)));

-- Name: points; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.points ENABLE ROW LEVEL SECURITY;

-- Name: reject_counts; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.reject_counts ENABLE ROW LEVEL SECURITY;

-- Name: rejects; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rejects ENABLE ROW LEVEL SECURITY;

-- Name: reviews; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.reviews ENABLE ROW LEVEL SECURITY;

-- Name: scores; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.scores ENABLE ROW LEVEL SECURITY;

-- Name: scoring_queue; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.scoring_queue ENABLE ROW LEVEL SECURITY;

-- Name: sessions; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.sessions ENABLE ROW LEVEL SECURITY;

-- Name: staff; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.staff ENABLE ROW LEVEL SECURITY;

-- Name: stream_faults; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.stream_faults ENABLE ROW LEVEL SECURITY;

-- Name: streams; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.streams ENABLE ROW LEVEL SECURITY;

-- Name: turns; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.turns ENABLE ROW LEVEL SECURITY;

-- Name: user_branches; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.user_branches ENABLE ROW LEVEL SECURITY;

-- Name: users; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.users ENABLE ROW LEVEL SECURITY;

-- Name: enrolment_tokens; Type: ROW SECURITY; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE hailong_private.enrolment_tokens ENABLE ROW LEVEL SECURITY;

-- Name: SCHEMA hailong; Type: ACL; Schema: -; Owner: hailong_migrator

GRANT USAGE ON SCHEMA hailong TO hailong_ingest;
GRANT USAGE ON SCHEMA hailong TO hailong_worker;
GRANT USAGE ON SCHEMA hailong TO hailong_app;
GRANT USAGE ON SCHEMA hailong TO hailong_auditor;
GRANT USAGE ON SCHEMA hailong TO hailong_backup;
GRANT USAGE ON SCHEMA hailong TO hailong_identity;

-- Name: SCHEMA hailong_private; Type: ACL; Schema: -; Owner: hailong_migrator

GRANT USAGE ON SCHEMA hailong_private TO hailong_backup;

-- Name: FUNCTION ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_ingest;
GRANT ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_worker;

-- Name: TABLE sessions; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hailong.sessions TO hailong_app;
GRANT SELECT ON TABLE hailong.sessions TO hailong_backup;

-- Name: FUNCTION forget_ended_sessions(idle_s double precision); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.forget_ended_sessions(idle_s double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.forget_ended_sessions(idle_s double precision) TO hailong_app;

-- Name: FUNCTION is_own(branch text, counter text, started timestamp with time zone, interaction uuid); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.is_own(branch text, counter text, started timestamp with time zone, interaction uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.is_own(branch text, counter text, started timestamp with time zone, interaction uuid) TO hailong_app;

-- Name: TABLE users; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.users TO hailong_app;
GRANT SELECT ON TABLE hailong.users TO hailong_backup;

-- Name: COLUMN users.password_hash; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(password_hash) ON TABLE hailong.users TO hailong_app;

-- Name: COLUMN users.language; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(language) ON TABLE hailong.users TO hailong_app;

-- Name: COLUMN users.failed_sign_ins; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(failed_sign_ins) ON TABLE hailong.users TO hailong_app;

-- Name: COLUMN users.locked_until; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(locked_until) ON TABLE hailong.users TO hailong_app;

-- Name: FUNCTION login_of(decider uuid); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.login_of(decider uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.login_of(decider uuid) TO hailong_app;

-- Name: TABLE user_branches; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.user_branches TO hailong_app;
GRANT SELECT ON TABLE hailong.user_branches TO hailong_backup;

-- Name: FUNCTION may_decide(decider uuid, branch text); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.may_decide(decider uuid, branch text) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.may_decide(decider uuid, branch text) TO hailong_app;

-- Name: FUNCTION redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text) TO hailong_identity;

-- Name: FUNCTION refuse_change(); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.refuse_change() FROM PUBLIC;

-- Name: FUNCTION refuse_erased(); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.refuse_erased() FROM PUBLIC;

-- Name: FUNCTION visible_user(); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.visible_user() FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.visible_user() TO hailong_app;

-- Name: TABLE activity; Type: ACL; Schema: hailong_private; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong_private.activity TO hailong_backup;

-- Name: TABLE activity; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT ON TABLE hailong.activity TO hailong_ingest;
GRANT SELECT ON TABLE hailong.activity TO hailong_worker;
GRANT SELECT ON TABLE hailong.activity TO hailong_app;
GRANT SELECT ON TABLE hailong.activity TO hailong_backup;
GRANT SELECT ON TABLE hailong.activity TO hailong_auditor;

-- Name: TABLE assignments; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.assignments TO hailong_ingest;
GRANT SELECT ON TABLE hailong.assignments TO hailong_worker;
GRANT SELECT ON TABLE hailong.assignments TO hailong_app;
GRANT SELECT ON TABLE hailong.assignments TO hailong_backup;

-- Name: TABLE branches; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.branches TO hailong_ingest;
GRANT SELECT ON TABLE hailong.branches TO hailong_worker;
GRANT SELECT ON TABLE hailong.branches TO hailong_app;
GRANT SELECT ON TABLE hailong.branches TO hailong_backup;
GRANT SELECT ON TABLE hailong.branches TO hailong_auditor;

-- Name: TABLE counters; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.counters TO hailong_ingest;
GRANT SELECT ON TABLE hailong.counters TO hailong_worker;
GRANT SELECT ON TABLE hailong.counters TO hailong_app;
GRANT SELECT ON TABLE hailong.counters TO hailong_backup;

-- Name: TABLE device_status; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.device_status TO hailong_ingest;
GRANT SELECT ON TABLE hailong.device_status TO hailong_app;
GRANT SELECT ON TABLE hailong.device_status TO hailong_backup;
GRANT SELECT ON TABLE hailong.device_status TO hailong_auditor;

-- Name: TABLE devices; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.devices TO hailong_ingest;
GRANT SELECT ON TABLE hailong.devices TO hailong_app;
GRANT SELECT ON TABLE hailong.devices TO hailong_backup;
GRANT SELECT ON TABLE hailong.devices TO hailong_identity;

-- Name: COLUMN devices.device_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(device_id) ON TABLE hailong.devices TO hailong_auditor;

-- Name: COLUMN devices.branch_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(branch_id) ON TABLE hailong.devices TO hailong_auditor;

-- Name: TABLE dropped; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT ON TABLE hailong.dropped TO hailong_ingest;
GRANT SELECT ON TABLE hailong.dropped TO hailong_app;
GRANT SELECT ON TABLE hailong.dropped TO hailong_backup;
GRANT SELECT ON TABLE hailong.dropped TO hailong_auditor;

-- Name: TABLE erased; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.erased TO hailong_backup;

-- Name: TABLE flags; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.flags TO hailong_worker;
GRANT SELECT ON TABLE hailong.flags TO hailong_app;
GRANT SELECT ON TABLE hailong.flags TO hailong_backup;
GRANT SELECT ON TABLE hailong.flags TO hailong_auditor;

-- Name: COLUMN flags.state; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(state) ON TABLE hailong.flags TO hailong_app;

-- Name: TABLE interactions; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.interactions TO hailong_ingest;
GRANT SELECT ON TABLE hailong.interactions TO hailong_worker;
GRANT SELECT ON TABLE hailong.interactions TO hailong_app;
GRANT SELECT ON TABLE hailong.interactions TO hailong_backup;
GRANT SELECT ON TABLE hailong.interactions TO hailong_auditor;

-- Name: TABLE points; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.points TO hailong_ingest;
GRANT SELECT ON TABLE hailong.points TO hailong_worker;
GRANT SELECT ON TABLE hailong.points TO hailong_app;
GRANT SELECT ON TABLE hailong.points TO hailong_backup;

-- Name: TABLE reject_counts; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.reject_counts TO hailong_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE hailong.reject_counts TO hailong_ingest;
GRANT SELECT ON TABLE hailong.reject_counts TO hailong_app;
GRANT SELECT ON TABLE hailong.reject_counts TO hailong_auditor;

-- Name: TABLE rejects; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT ON TABLE hailong.rejects TO hailong_ingest;
GRANT SELECT ON TABLE hailong.rejects TO hailong_app;
GRANT SELECT ON TABLE hailong.rejects TO hailong_backup;
GRANT SELECT ON TABLE hailong.rejects TO hailong_auditor;

-- Name: SEQUENCE rejects_reject_id_seq; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON SEQUENCE hailong.rejects_reject_id_seq TO hailong_backup;

-- Name: TABLE reviews; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.reviews TO hailong_worker;
GRANT SELECT,INSERT ON TABLE hailong.reviews TO hailong_app;
GRANT SELECT ON TABLE hailong.reviews TO hailong_backup;
GRANT SELECT ON TABLE hailong.reviews TO hailong_auditor;

-- Name: TABLE scores; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.scores TO hailong_worker;
GRANT SELECT ON TABLE hailong.scores TO hailong_app;
GRANT SELECT ON TABLE hailong.scores TO hailong_backup;
GRANT SELECT ON TABLE hailong.scores TO hailong_auditor;

-- Name: TABLE scoring_queue; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.scoring_queue TO hailong_ingest;
GRANT SELECT,DELETE,UPDATE ON TABLE hailong.scoring_queue TO hailong_worker;
GRANT SELECT ON TABLE hailong.scoring_queue TO hailong_backup;

-- Name: TABLE staff; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.staff TO hailong_ingest;
GRANT SELECT ON TABLE hailong.staff TO hailong_app;
GRANT SELECT ON TABLE hailong.staff TO hailong_backup;

-- Name: TABLE stream_faults; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.stream_faults TO hailong_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE hailong.stream_faults TO hailong_ingest;
GRANT SELECT ON TABLE hailong.stream_faults TO hailong_app;
GRANT SELECT ON TABLE hailong.stream_faults TO hailong_auditor;

-- Name: TABLE streams; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.streams TO hailong_ingest;
GRANT SELECT ON TABLE hailong.streams TO hailong_app;
GRANT SELECT ON TABLE hailong.streams TO hailong_backup;
GRANT SELECT ON TABLE hailong.streams TO hailong_auditor;

-- Name: TABLE turns; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,DELETE ON TABLE hailong.turns TO hailong_ingest;
GRANT SELECT ON TABLE hailong.turns TO hailong_worker;
GRANT SELECT ON TABLE hailong.turns TO hailong_app;
GRANT SELECT ON TABLE hailong.turns TO hailong_backup;
GRANT SELECT ON TABLE hailong.turns TO hailong_auditor;

-- Name: TABLE enrolment_tokens; Type: ACL; Schema: hailong_private; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong_private.enrolment_tokens TO hailong_backup;

-- Name: DEFAULT PRIVILEGES FOR SEQUENCES; Type: DEFAULT ACL; Schema: hailong; Owner: hailong_migrator

ALTER DEFAULT PRIVILEGES FOR ROLE hailong_migrator IN SCHEMA hailong GRANT SELECT ON SEQUENCES TO hailong_backup;

-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: hailong; Owner: hailong_migrator

ALTER DEFAULT PRIVILEGES FOR ROLE hailong_migrator IN SCHEMA hailong GRANT SELECT ON TABLES TO hailong_backup;

-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: hailong_private; Owner: hailong_migrator

ALTER DEFAULT PRIVILEGES FOR ROLE hailong_migrator IN SCHEMA hailong_private GRANT SELECT ON TABLES TO hailong_backup;

-- PostgreSQL database dump complete
