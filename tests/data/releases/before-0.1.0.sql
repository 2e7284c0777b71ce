--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: hailong; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA hailong;


--
-- Name: hailong_private; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA hailong_private;


--
-- Name: ensure_partitions(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: hailong; Owner: -
--

CREATE FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
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


--
-- Name: refuse_change(); Type: FUNCTION; Schema: hailong; Owner: -
--

CREATE FUNCTION hailong.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a decision is corrected by a further one', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;


--
-- Name: visible_branches(); Type: FUNCTION; Schema: hailong; Owner: -
--

CREATE FUNCTION hailong.visible_branches() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(NULLIF(current_setting('hailong.branches'::text, true), ''::text), ','::text);


--
-- Name: visible_staff(); Type: FUNCTION; Schema: hailong; Owner: -
--

CREATE FUNCTION hailong.visible_staff() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('hailong.staff'::text, true), ''::text);


SET default_tablespace = '';

--
-- Name: activity; Type: TABLE; Schema: hailong_private; Owner: -
--

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


--
-- Name: activity; Type: VIEW; Schema: hailong; Owner: -
--

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


SET default_table_access_method = heap;

--
-- Name: assignments; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.assignments (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    staff_id text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    to_at timestamp with time zone NOT NULL,
    CONSTRAINT assignments_check CHECK ((from_at < to_at))
);

ALTER TABLE ONLY hailong.assignments FORCE ROW LEVEL SECURITY;


--
-- Name: branches; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.branches (
    branch_id text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT branches_branch_id_check CHECK ((branch_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text))
);


--
-- Name: counters; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: device_status; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: devices; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: dropped; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.dropped (
    device_id text NOT NULL,
    stream text NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    reason text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dropped_check CHECK ((first_sequence <= last_sequence))
);


--
-- Name: flags; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: flags_2026w11; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.flags_2026w11 (
    branch_id text CONSTRAINT flags_branch_id_not_null NOT NULL,
    counter_id text CONSTRAINT flags_counter_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT flags_at_not_null NOT NULL,
    flag_id uuid CONSTRAINT flags_flag_id_not_null NOT NULL,
    interaction_id uuid CONSTRAINT flags_interaction_id_not_null NOT NULL,
    rule_id text CONSTRAINT flags_rule_id_not_null NOT NULL,
    rule_version integer CONSTRAINT flags_rule_version_not_null NOT NULL,
    kind text CONSTRAINT flags_kind_not_null NOT NULL,
    severity integer CONSTRAINT flags_severity_not_null NOT NULL,
    role text CONSTRAINT flags_role_not_null NOT NULL,
    evidence jsonb CONSTRAINT flags_evidence_not_null NOT NULL,
    coverage real CONSTRAINT flags_coverage_not_null NOT NULL,
    state text DEFAULT 'open'::text CONSTRAINT flags_state_not_null NOT NULL,
    raised_at timestamp with time zone CONSTRAINT flags_raised_at_not_null NOT NULL,
    CONSTRAINT flags_coverage_check CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
    CONSTRAINT flags_kind_check CHECK ((kind = ANY (ARRAY['live'::text, 'review'::text, 'trend'::text, 'shadow'::text]))),
    CONSTRAINT flags_role_check CHECK ((role = ANY (ARRAY['staff'::text, 'citizen'::text, 'none'::text]))),
    CONSTRAINT flags_severity_check CHECK (((severity >= 1) AND (severity <= 5))),
    CONSTRAINT flags_state_check CHECK ((state = ANY (ARRAY['open'::text, 'decided'::text, 'withdrawn'::text])))
);


--
-- Name: interactions; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: interactions_2026w11; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.interactions_2026w11 (
    branch_id text CONSTRAINT interactions_branch_id_not_null NOT NULL,
    counter_id text CONSTRAINT interactions_counter_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT interactions_at_not_null NOT NULL,
    interaction_id uuid CONSTRAINT interactions_interaction_id_not_null NOT NULL,
    revision integer CONSTRAINT interactions_revision_not_null NOT NULL,
    ended_at timestamp with time zone CONSTRAINT interactions_ended_at_not_null NOT NULL,
    zone text CONSTRAINT interactions_zone_not_null NOT NULL,
    device_id text CONSTRAINT interactions_device_id_not_null NOT NULL,
    staff_id text,
    source text CONSTRAINT interactions_source_not_null NOT NULL,
    end_reason text CONSTRAINT interactions_end_reason_not_null NOT NULL,
    boundary_uncertain boolean CONSTRAINT interactions_boundary_uncertain_not_null NOT NULL,
    handling_s real CONSTRAINT interactions_handling_s_not_null NOT NULL,
    measurements jsonb CONSTRAINT interactions_measurements_not_null NOT NULL,
    coverage jsonb CONSTRAINT interactions_coverage_not_null NOT NULL,
    spans jsonb CONSTRAINT interactions_spans_not_null NOT NULL,
    models text[] CONSTRAINT interactions_models_not_null NOT NULL,
    message_id uuid CONSTRAINT interactions_message_id_not_null NOT NULL,
    received_at timestamp with time zone CONSTRAINT interactions_received_at_not_null NOT NULL
);


--
-- Name: points; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.points (
    branch_id text NOT NULL,
    point_id text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    CONSTRAINT points_point_id_check CHECK ((point_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text))
);

ALTER TABLE ONLY hailong.points FORCE ROW LEVEL SECURITY;


--
-- Name: rejects; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: rejects_reject_id_seq; Type: SEQUENCE; Schema: hailong; Owner: -
--

ALTER TABLE hailong.rejects ALTER COLUMN reject_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.rejects_reject_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: reviews; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: scores; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: scores_2026w11; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.scores_2026w11 (
    branch_id text CONSTRAINT scores_branch_id_not_null NOT NULL,
    counter_id text CONSTRAINT scores_counter_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT scores_at_not_null NOT NULL,
    interaction_id uuid CONSTRAINT scores_interaction_id_not_null NOT NULL,
    figure text CONSTRAINT scores_figure_not_null NOT NULL,
    rubric text CONSTRAINT scores_rubric_not_null NOT NULL,
    rubric_version integer CONSTRAINT scores_rubric_version_not_null NOT NULL,
    value real,
    low real,
    high real,
    coverage real CONSTRAINT scores_coverage_not_null NOT NULL,
    parts jsonb CONSTRAINT scores_parts_not_null NOT NULL,
    scored_at timestamp with time zone CONSTRAINT scores_scored_at_not_null NOT NULL,
    CONSTRAINT scores_check CHECK ((((value IS NULL) = (low IS NULL)) AND ((value IS NULL) = (high IS NULL)))),
    CONSTRAINT scores_check1 CHECK (((value IS NULL) OR ((low <= value) AND (value <= high)))),
    CONSTRAINT scores_coverage_check CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
    CONSTRAINT scores_figure_check CHECK ((figure = ANY (ARRAY['experience'::text, 'counter_part'::text]))),
    CONSTRAINT scores_value_check CHECK (((value >= (0)::double precision) AND (value <= (100)::double precision)))
);


--
-- Name: scoring_queue; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.scoring_queue (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    interaction_id uuid NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: sessions; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.sessions (
    token_sha256 bytea NOT NULL,
    user_id uuid NOT NULL,
    csrf_token text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);


--
-- Name: staff; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.staff (
    staff_id text NOT NULL,
    branch_id text NOT NULL,
    CONSTRAINT staff_staff_id_check CHECK ((staff_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text))
);

ALTER TABLE ONLY hailong.staff FORCE ROW LEVEL SECURITY;


--
-- Name: streams; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.streams (
    device_id text NOT NULL,
    stream text NOT NULL,
    settled int8multirange DEFAULT '{}'::int8multirange NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT streams_stream_check CHECK ((stream ~ '^[0-9a-f]{32}$'::text))
);


--
-- Name: turns; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: turns_2026w11; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.turns_2026w11 (
    branch_id text CONSTRAINT turns_branch_id_not_null NOT NULL,
    counter_id text CONSTRAINT turns_counter_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT turns_at_not_null NOT NULL,
    interaction_id uuid CONSTRAINT turns_interaction_id_not_null NOT NULL,
    turn_no integer CONSTRAINT turns_turn_no_not_null NOT NULL,
    role text CONSTRAINT turns_role_not_null NOT NULL,
    role_confidence real CONSTRAINT turns_role_confidence_not_null NOT NULL,
    start_s real CONSTRAINT turns_start_s_not_null NOT NULL,
    duration_s real CONSTRAINT turns_duration_s_not_null NOT NULL,
    speech_s real CONSTRAINT turns_speech_s_not_null NOT NULL,
    continued boolean CONSTRAINT turns_continued_not_null NOT NULL,
    syllables integer,
    syllables_per_minute real,
    loudness_dbfs real CONSTRAINT turns_loudness_dbfs_not_null NOT NULL,
    loudness_above_baseline_db real,
    asr_confidence real,
    language text,
    backchannel boolean CONSTRAINT turns_backchannel_not_null NOT NULL,
    sentiment_polarity real,
    sentiment_confidence real,
    hits jsonb CONSTRAINT turns_hits_not_null NOT NULL,
    CONSTRAINT turns_check CHECK (((role = 'citizen'::text) OR ((sentiment_polarity IS NULL) AND (sentiment_confidence IS NULL))))
);


--
-- Name: user_branches; Type: TABLE; Schema: hailong; Owner: -
--

CREATE TABLE hailong.user_branches (
    user_id uuid NOT NULL,
    branch_id text NOT NULL
);


--
-- Name: users; Type: TABLE; Schema: hailong; Owner: -
--

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


--
-- Name: activity_20260309; Type: TABLE; Schema: hailong_private; Owner: -
--

CREATE TABLE hailong_private.activity_20260309 (
    branch_id text CONSTRAINT activity_branch_id_not_null NOT NULL,
    counter_id text CONSTRAINT activity_counter_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT activity_at_not_null NOT NULL,
    device_id text CONSTRAINT activity_device_id_not_null NOT NULL,
    staff_speech_s real,
    citizen_speech_s real,
    unknown_speech_s real,
    overlap_s real,
    staff_level_dbfs real,
    citizen_level_dbfs real,
    citizen_present_s real,
    staff_present_s real,
    in_interaction_s real CONSTRAINT activity_in_interaction_s_not_null NOT NULL,
    audio_coverage real CONSTRAINT activity_audio_coverage_not_null NOT NULL,
    video_coverage real CONSTRAINT activity_video_coverage_not_null NOT NULL
);


--
-- Name: activity_20260310; Type: TABLE; Schema: hailong_private; Owner: -
--

CREATE TABLE hailong_private.activity_20260310 (
    branch_id text CONSTRAINT activity_branch_id_not_null NOT NULL,
    counter_id text CONSTRAINT activity_counter_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT activity_at_not_null NOT NULL,
    device_id text CONSTRAINT activity_device_id_not_null NOT NULL,
    staff_speech_s real,
    citizen_speech_s real,
    unknown_speech_s real,
    overlap_s real,
    staff_level_dbfs real,
    citizen_level_dbfs real,
    citizen_present_s real,
    staff_present_s real,
    in_interaction_s real CONSTRAINT activity_in_interaction_s_not_null NOT NULL,
    audio_coverage real CONSTRAINT activity_audio_coverage_not_null NOT NULL,
    video_coverage real CONSTRAINT activity_video_coverage_not_null NOT NULL
);


--
-- Name: hailong_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.hailong_migrations (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: flags_2026w11; Type: TABLE ATTACH; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.flags ATTACH PARTITION hailong.flags_2026w11 FOR VALUES FROM ('2026-03-09 00:00:00+00') TO ('2026-03-16 00:00:00+00');


--
-- Name: interactions_2026w11; Type: TABLE ATTACH; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.interactions ATTACH PARTITION hailong.interactions_2026w11 FOR VALUES FROM ('2026-03-09 00:00:00+00') TO ('2026-03-16 00:00:00+00');


--
-- Name: scores_2026w11; Type: TABLE ATTACH; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.scores ATTACH PARTITION hailong.scores_2026w11 FOR VALUES FROM ('2026-03-09 00:00:00+00') TO ('2026-03-16 00:00:00+00');


--
-- Name: turns_2026w11; Type: TABLE ATTACH; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.turns ATTACH PARTITION hailong.turns_2026w11 FOR VALUES FROM ('2026-03-09 00:00:00+00') TO ('2026-03-16 00:00:00+00');


--
-- Name: activity_20260309; Type: TABLE ATTACH; Schema: hailong_private; Owner: -
--

ALTER TABLE ONLY hailong_private.activity ATTACH PARTITION hailong_private.activity_20260309 FOR VALUES FROM ('2026-03-09 00:00:00+00') TO ('2026-03-10 00:00:00+00');


--
-- Name: activity_20260310; Type: TABLE ATTACH; Schema: hailong_private; Owner: -
--

ALTER TABLE ONLY hailong_private.activity ATTACH PARTITION hailong_private.activity_20260310 FOR VALUES FROM ('2026-03-10 00:00:00+00') TO ('2026-03-11 00:00:00+00');


--
-- Data for Name: assignments; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.assignments VALUES
	('cn-aaaa', 'quay-a1a1', 'cb-a1a1', '2026-03-10 01:50:00+00', '2026-03-10 03:50:00+00'),
	('cn-aaaa', 'quay-a2a2', 'cb-a2a2', '2026-03-10 01:40:00+00', '2026-03-10 03:40:00+00'),
	('cn-bbbb', 'quay-b1b1', 'cb-b1b1', '2026-03-10 01:49:00+00', '2026-03-10 03:49:00+00'),
	('cn-bbbb', 'quay-b2b2', 'cb-b2b2', '2026-03-10 01:39:00+00', '2026-03-10 03:39:00+00');


--
-- Data for Name: branches; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.branches VALUES
	('cn-aaaa', 'ten aaaa', 'ten aaaa'),
	('cn-bbbb', 'ten bbbb', 'ten bbbb');


--
-- Data for Name: counters; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.counters VALUES
	('cn-aaaa', 'quay-a1a1', 'diem-aaaa', 'intake', 1),
	('cn-aaaa', 'quay-a2a2', 'diem-aaaa', 'intake', 2),
	('cn-bbbb', 'quay-b1b1', 'diem-bbbb', 'intake', 1),
	('cn-bbbb', 'quay-b2b2', 'diem-bbbb', 'intake', 2);


--
-- Data for Name: device_status; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.device_status VALUES
	('may-a1a1', 'cn-aaaa', 1, 'online', '2026-03-10 02:50:00+00', '0.1.0', '{"mark": "a1a1"}', '2026-03-10 02:50:00+00'),
	('may-a2a2', 'cn-aaaa', 1, 'online', '2026-03-10 02:40:00+00', '0.1.0', '{"mark": "a2a2"}', '2026-03-10 02:40:00+00'),
	('may-b1b1', 'cn-bbbb', 1, 'online', '2026-03-10 02:49:00+00', '0.1.0', '{"mark": "b1b1"}', '2026-03-10 02:49:00+00'),
	('may-b2b2', 'cn-bbbb', 1, 'online', '2026-03-10 02:39:00+00', '0.1.0', '{"mark": "b2b2"}', '2026-03-10 02:39:00+00');


--
-- Data for Name: devices; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.devices VALUES
	('may-a1a1', 'cn-aaaa', 'quay-a1a1', '\xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', '2026-11-26 07:35:38.196403+00', NULL),
	('may-a2a2', 'cn-aaaa', 'quay-a2a2', '\xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', '2026-11-26 07:35:38.196403+00', NULL),
	('may-b1b1', 'cn-bbbb', 'quay-b1b1', '\xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', '2026-11-26 07:35:38.196403+00', NULL),
	('may-b2b2', 'cn-bbbb', 'quay-b2b2', '\xb2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2', '2026-11-26 07:35:38.196403+00', NULL);


--
-- Data for Name: dropped; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.dropped VALUES
	('may-a1a1', 'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 1, 2, 'space', '2026-11-26 07:35:38.196403+00'),
	('may-a2a2', 'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', 1, 2, 'space', '2026-11-26 07:35:38.196403+00'),
	('may-b1b1', 'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', 1, 2, 'space', '2026-11-26 07:35:38.196403+00'),
	('may-b2b2', 'b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2', 1, 2, 'space', '2026-11-26 07:35:38.196403+00');


--
-- Data for Name: flags_2026w11; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.flags_2026w11 VALUES
	('cn-aaaa', 'quay-a1a1', '2026-03-10 02:50:00+00', 'a1a1a1a1-a1a1-8005-8000-a1a1a1a1a1a1', 'a1a1a1a1-a1a1-8003-8000-a1a1a1a1a1a1', 'rule', 1, 'review', 3, 'staff', '{"mark": "a1a1"}', 1, 'open', '2026-11-26 07:35:38.196403+00'),
	('cn-aaaa', 'quay-a2a2', '2026-03-10 02:40:00+00', 'a2a2a2a2-a2a2-8005-8000-a2a2a2a2a2a2', 'a2a2a2a2-a2a2-8003-8000-a2a2a2a2a2a2', 'rule', 1, 'review', 3, 'staff', '{"mark": "a2a2"}', 1, 'open', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b1b1', '2026-03-10 02:49:00+00', 'b1b1b1b1-b1b1-8005-8000-b1b1b1b1b1b1', 'b1b1b1b1-b1b1-8003-8000-b1b1b1b1b1b1', 'rule', 1, 'review', 3, 'staff', '{"mark": "b1b1"}', 1, 'open', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b2b2', '2026-03-10 02:39:00+00', 'b2b2b2b2-b2b2-8005-8000-b2b2b2b2b2b2', 'b2b2b2b2-b2b2-8003-8000-b2b2b2b2b2b2', 'rule', 1, 'review', 3, 'staff', '{"mark": "b2b2"}', 1, 'open', '2026-11-26 07:35:38.196403+00');


--
-- Data for Name: interactions_2026w11; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.interactions_2026w11 VALUES
	('cn-aaaa', 'quay-a1a1', '2026-03-10 02:50:00+00', 'a1a1a1a1-a1a1-8003-8000-a1a1a1a1a1a1', 1, '2026-03-10 02:52:00+00', 'intake', 'may-a1a1', 'cb-a1a1', 'live', 'silence', false, 60, '{"mark": "a1a1"}', '{"mark": "a1a1"}', '[]', '{}', 'a1a1a1a1-a1a1-8004-8000-a1a1a1a1a1a1', '2026-11-26 07:35:38.196403+00'),
	('cn-aaaa', 'quay-a2a2', '2026-03-10 02:40:00+00', 'a2a2a2a2-a2a2-8003-8000-a2a2a2a2a2a2', 1, '2026-03-10 02:42:00+00', 'intake', 'may-a2a2', 'cb-a2a2', 'live', 'silence', false, 60, '{"mark": "a2a2"}', '{"mark": "a2a2"}', '[]', '{}', 'a2a2a2a2-a2a2-8004-8000-a2a2a2a2a2a2', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b1b1', '2026-03-10 02:49:00+00', 'b1b1b1b1-b1b1-8003-8000-b1b1b1b1b1b1', 1, '2026-03-10 02:51:00+00', 'intake', 'may-b1b1', 'cb-b1b1', 'live', 'silence', false, 60, '{"mark": "b1b1"}', '{"mark": "b1b1"}', '[]', '{}', 'b1b1b1b1-b1b1-8004-8000-b1b1b1b1b1b1', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b2b2', '2026-03-10 02:39:00+00', 'b2b2b2b2-b2b2-8003-8000-b2b2b2b2b2b2', 1, '2026-03-10 02:41:00+00', 'intake', 'may-b2b2', 'cb-b2b2', 'live', 'silence', false, 60, '{"mark": "b2b2"}', '{"mark": "b2b2"}', '[]', '{}', 'b2b2b2b2-b2b2-8004-8000-b2b2b2b2b2b2', '2026-11-26 07:35:38.196403+00');


--
-- Data for Name: points; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.points VALUES
	('cn-aaaa', 'diem-aaaa', 'ten aaaa', 'ten aaaa'),
	('cn-bbbb', 'diem-bbbb', 'ten bbbb', 'ten bbbb');


--
-- Data for Name: rejects; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.rejects OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-11-26 07:35:38.196403+00', 'cn-aaaa', 'quay-a1a1', 'health', 'may-a1a1', 'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 3, 'schema', 'word a1a1', 1, '\xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1'),
	(2, '2026-11-26 07:35:38.196403+00', 'cn-aaaa', 'quay-a2a2', 'health', 'may-a2a2', 'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', 3, 'schema', 'word a2a2', 1, '\xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2'),
	(3, '2026-11-26 07:35:38.196403+00', 'cn-bbbb', 'quay-b1b1', 'health', 'may-b1b1', 'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', 3, 'schema', 'word b1b1', 1, '\xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1'),
	(4, '2026-11-26 07:35:38.196403+00', 'cn-bbbb', 'quay-b2b2', 'health', 'may-b2b2', 'b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2', 3, 'schema', 'word b2b2', 1, '\xb2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2');


--
-- Data for Name: reviews; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.reviews VALUES
	('cn-aaaa', 'quay-a1a1', '2026-03-10 02:50:00+00', 'a1a1a1a1-a1a1-8005-8000-a1a1a1a1a1a1', 1, 'a1a1a1a1-a1a1-8003-8000-a1a1a1a1a1a1', 'coached', 'clerk_agrees', 'a1a1a1a1-a1a1-8002-8000-a1a1a1a1a1a1', '2026-11-26 07:35:38.196403+00'),
	('cn-aaaa', 'quay-a2a2', '2026-03-10 02:40:00+00', 'a2a2a2a2-a2a2-8005-8000-a2a2a2a2a2a2', 1, 'a2a2a2a2-a2a2-8003-8000-a2a2a2a2a2a2', 'coached', 'clerk_agrees', 'a2a2a2a2-a2a2-8002-8000-a2a2a2a2a2a2', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b1b1', '2026-03-10 02:49:00+00', 'b1b1b1b1-b1b1-8005-8000-b1b1b1b1b1b1', 1, 'b1b1b1b1-b1b1-8003-8000-b1b1b1b1b1b1', 'coached', 'clerk_agrees', 'b1b1b1b1-b1b1-8002-8000-b1b1b1b1b1b1', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b2b2', '2026-03-10 02:39:00+00', 'b2b2b2b2-b2b2-8005-8000-b2b2b2b2b2b2', 1, 'b2b2b2b2-b2b2-8003-8000-b2b2b2b2b2b2', 'coached', 'clerk_agrees', 'b2b2b2b2-b2b2-8002-8000-b2b2b2b2b2b2', '2026-11-26 07:35:38.196403+00');


--
-- Data for Name: scores_2026w11; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.scores_2026w11 VALUES
	('cn-aaaa', 'quay-a1a1', '2026-03-10 02:50:00+00', 'a1a1a1a1-a1a1-8003-8000-a1a1a1a1a1a1', 'experience', 'word a1a1', 1, 50, 40, 60, 1, '[]', '2026-11-26 07:35:38.196403+00'),
	('cn-aaaa', 'quay-a2a2', '2026-03-10 02:40:00+00', 'a2a2a2a2-a2a2-8003-8000-a2a2a2a2a2a2', 'experience', 'word a2a2', 1, 50, 40, 60, 1, '[]', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b1b1', '2026-03-10 02:49:00+00', 'b1b1b1b1-b1b1-8003-8000-b1b1b1b1b1b1', 'experience', 'word b1b1', 1, 50, 40, 60, 1, '[]', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b2b2', '2026-03-10 02:39:00+00', 'b2b2b2b2-b2b2-8003-8000-b2b2b2b2b2b2', 'experience', 'word b2b2', 1, 50, 40, 60, 1, '[]', '2026-11-26 07:35:38.196403+00');


--
-- Data for Name: scoring_queue; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.scoring_queue VALUES
	('cn-aaaa', 'quay-a1a1', '2026-03-10 02:50:00+00', 'a1a1a1a1-a1a1-8003-8000-a1a1a1a1a1a1', '2026-11-26 07:35:38.196403+00'),
	('cn-aaaa', 'quay-a2a2', '2026-03-10 02:40:00+00', 'a2a2a2a2-a2a2-8003-8000-a2a2a2a2a2a2', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b1b1', '2026-03-10 02:49:00+00', 'b1b1b1b1-b1b1-8003-8000-b1b1b1b1b1b1', '2026-11-26 07:35:38.196403+00'),
	('cn-bbbb', 'quay-b2b2', '2026-03-10 02:39:00+00', 'b2b2b2b2-b2b2-8003-8000-b2b2b2b2b2b2', '2026-11-26 07:35:38.196403+00');


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.sessions VALUES
	('\xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 'a1a1a1a1-a1a1-8002-8000-a1a1a1a1a1a1', 'csrf a1a1', '2026-11-26 07:35:38.196403+00', '2026-11-26 07:35:38.196403+00', '2026-11-27 07:35:38.196403+00'),
	('\xa2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', 'a2a2a2a2-a2a2-8002-8000-a2a2a2a2a2a2', 'csrf a2a2', '2026-11-26 07:35:38.196403+00', '2026-11-26 07:35:38.196403+00', '2026-11-27 07:35:38.196403+00'),
	('\xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', 'b1b1b1b1-b1b1-8002-8000-b1b1b1b1b1b1', 'csrf b1b1', '2026-11-26 07:35:38.196403+00', '2026-11-26 07:35:38.196403+00', '2026-11-27 07:35:38.196403+00'),
	('\xb2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2', 'b2b2b2b2-b2b2-8002-8000-b2b2b2b2b2b2', 'csrf b2b2', '2026-11-26 07:35:38.196403+00', '2026-11-26 07:35:38.196403+00', '2026-11-27 07:35:38.196403+00');


--
-- Data for Name: staff; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.staff VALUES
	('cb-a1a1', 'cn-aaaa'),
	('cb-a2a2', 'cn-aaaa'),
	('cb-b1b1', 'cn-bbbb'),
	('cb-b2b2', 'cn-bbbb');


--
-- Data for Name: streams; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.streams VALUES
	('may-a1a1', 'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', '{[1,4)}', '2026-11-26 07:35:38.196403+00'),
	('may-a2a2', 'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', '{[1,4)}', '2026-11-26 07:35:38.196403+00'),
	('may-b1b1', 'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', '{[1,4)}', '2026-11-26 07:35:38.196403+00'),
	('may-b2b2', 'b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2', '{[1,4)}', '2026-11-26 07:35:38.196403+00');


--
-- Data for Name: turns_2026w11; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.turns_2026w11 VALUES
	('cn-aaaa', 'quay-a1a1', '2026-03-10 02:50:00+00', 'a1a1a1a1-a1a1-8003-8000-a1a1a1a1a1a1', 1, 'staff', 1, 0, 1, 1, false, 4, 240, -20, 0, 1, 'vi', false, NULL, NULL, '[]'),
	('cn-aaaa', 'quay-a2a2', '2026-03-10 02:40:00+00', 'a2a2a2a2-a2a2-8003-8000-a2a2a2a2a2a2', 1, 'staff', 1, 0, 1, 1, false, 4, 240, -20, 0, 1, 'vi', false, NULL, NULL, '[]'),
	('cn-bbbb', 'quay-b1b1', '2026-03-10 02:49:00+00', 'b1b1b1b1-b1b1-8003-8000-b1b1b1b1b1b1', 1, 'staff', 1, 0, 1, 1, false, 4, 240, -20, 0, 1, 'vi', false, NULL, NULL, '[]'),
	('cn-bbbb', 'quay-b2b2', '2026-03-10 02:39:00+00', 'b2b2b2b2-b2b2-8003-8000-b2b2b2b2b2b2', 1, 'staff', 1, 0, 1, 1, false, 4, 240, -20, 0, 1, 'vi', false, NULL, NULL, '[]');


--
-- Data for Name: user_branches; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.user_branches VALUES
	('a1a1a1a1-a1a1-8002-8000-a1a1a1a1a1a1', 'cn-aaaa'),
	('a1a1a1a1-a1a1-8001-8000-a1a1a1a1a1a1', 'cn-aaaa'),
	('a2a2a2a2-a2a2-8002-8000-a2a2a2a2a2a2', 'cn-aaaa'),
	('a2a2a2a2-a2a2-8001-8000-a2a2a2a2a2a2', 'cn-aaaa'),
	('b1b1b1b1-b1b1-8002-8000-b1b1b1b1b1b1', 'cn-bbbb'),
	('b1b1b1b1-b1b1-8001-8000-b1b1b1b1b1b1', 'cn-bbbb'),
	('b2b2b2b2-b2b2-8002-8000-b2b2b2b2b2b2', 'cn-bbbb'),
	('b2b2b2b2-b2b2-8001-8000-b2b2b2b2b2b2', 'cn-bbbb');


--
-- Data for Name: users; Type: TABLE DATA; Schema: hailong; Owner: -
--

INSERT INTO hailong.users VALUES
	('a1a1a1a1-a1a1-8002-8000-a1a1a1a1a1a1', 'chief.a1a1', 'hash a1a1', 'supervisor', NULL, 'vi', 0, NULL, NULL),
	('a1a1a1a1-a1a1-8001-8000-a1a1a1a1a1a1', 'clerk.a1a1', 'hash a1a1', 'clerk', 'cb-a1a1', 'vi', 0, NULL, NULL),
	('a2a2a2a2-a2a2-8002-8000-a2a2a2a2a2a2', 'chief.a2a2', 'hash a2a2', 'supervisor', NULL, 'vi', 0, NULL, NULL),
	('a2a2a2a2-a2a2-8001-8000-a2a2a2a2a2a2', 'clerk.a2a2', 'hash a2a2', 'clerk', 'cb-a2a2', 'vi', 0, NULL, NULL),
	('b1b1b1b1-b1b1-8002-8000-b1b1b1b1b1b1', 'chief.b1b1', 'hash b1b1', 'supervisor', NULL, 'vi', 0, NULL, NULL),
	('b1b1b1b1-b1b1-8001-8000-b1b1b1b1b1b1', 'clerk.b1b1', 'hash b1b1', 'clerk', 'cb-b1b1', 'vi', 0, NULL, NULL),
	('b2b2b2b2-b2b2-8002-8000-b2b2b2b2b2b2', 'chief.b2b2', 'hash b2b2', 'supervisor', NULL, 'vi', 0, NULL, NULL),
	('b2b2b2b2-b2b2-8001-8000-b2b2b2b2b2b2', 'clerk.b2b2', 'hash b2b2', 'clerk', 'cb-b2b2', 'vi', 0, NULL, NULL);


--
-- Data for Name: activity_20260309; Type: TABLE DATA; Schema: hailong_private; Owner: -
--



--
-- Data for Name: activity_20260310; Type: TABLE DATA; Schema: hailong_private; Owner: -
--

INSERT INTO hailong_private.activity_20260310 VALUES
	('cn-aaaa', 'quay-a1a1', '2026-03-10 02:50:00+00', 'may-a1a1', 1, 1, 1, 1, -20, -20, 1, 1, 1, 1, 1),
	('cn-aaaa', 'quay-a2a2', '2026-03-10 02:40:00+00', 'may-a2a2', 1, 1, 1, 1, -20, -20, 1, 1, 1, 1, 1),
	('cn-bbbb', 'quay-b1b1', '2026-03-10 02:49:00+00', 'may-b1b1', 1, 1, 1, 1, -20, -20, 1, 1, 1, 1, 1),
	('cn-bbbb', 'quay-b2b2', '2026-03-10 02:39:00+00', 'may-b2b2', 1, 1, 1, 1, -20, -20, 1, 1, 1, 1, 1);


--
-- Data for Name: hailong_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.hailong_migrations VALUES
	('0001_initial.sql', 'cad0e9e59cbe5795620627c821cb7a9408332f1cf65bc3c8777f29c2c5187a93', '2026-11-26 07:35:38.041999+00');


--
-- Name: rejects_reject_id_seq; Type: SEQUENCE SET; Schema: hailong; Owner: -
--

SELECT pg_catalog.setval('hailong.rejects_reject_id_seq', 4, true);


--
-- Name: assignments assignments_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_pkey PRIMARY KEY (branch_id, counter_id, from_at);


--
-- Name: branches branches_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.branches
    ADD CONSTRAINT branches_pkey PRIMARY KEY (branch_id);


--
-- Name: counters counters_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (branch_id, counter_id);


--
-- Name: device_status device_status_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.device_status
    ADD CONSTRAINT device_status_pkey PRIMARY KEY (device_id);


--
-- Name: devices devices_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (device_id);


--
-- Name: dropped dropped_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.dropped
    ADD CONSTRAINT dropped_pkey PRIMARY KEY (device_id, stream, first_sequence, last_sequence);


--
-- Name: flags flags_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.flags
    ADD CONSTRAINT flags_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id);


--
-- Name: flags_2026w11 flags_2026w11_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.flags_2026w11
    ADD CONSTRAINT flags_2026w11_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id);


--
-- Name: interactions interactions_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.interactions
    ADD CONSTRAINT interactions_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);


--
-- Name: interactions_2026w11 interactions_2026w11_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.interactions_2026w11
    ADD CONSTRAINT interactions_2026w11_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);


--
-- Name: points points_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.points
    ADD CONSTRAINT points_pkey PRIMARY KEY (branch_id, point_id);


--
-- Name: rejects rejects_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.rejects
    ADD CONSTRAINT rejects_pkey PRIMARY KEY (reject_id);


--
-- Name: reviews reviews_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id, review_no);


--
-- Name: scores scores_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.scores
    ADD CONSTRAINT scores_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id, figure, rubric, rubric_version);


--
-- Name: scores_2026w11 scores_2026w11_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.scores_2026w11
    ADD CONSTRAINT scores_2026w11_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id, figure, rubric, rubric_version);


--
-- Name: scoring_queue scoring_queue_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.scoring_queue
    ADD CONSTRAINT scoring_queue_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_sha256);


--
-- Name: staff staff_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (staff_id);


--
-- Name: streams streams_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (device_id, stream);


--
-- Name: turns turns_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id, turn_no);


--
-- Name: turns_2026w11 turns_2026w11_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.turns_2026w11
    ADD CONSTRAINT turns_2026w11_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id, turn_no);


--
-- Name: user_branches user_branches_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.user_branches
    ADD CONSTRAINT user_branches_pkey PRIMARY KEY (user_id, branch_id);


--
-- Name: users users_login_key; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.users
    ADD CONSTRAINT users_login_key UNIQUE (login);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);


--
-- Name: activity activity_pkey; Type: CONSTRAINT; Schema: hailong_private; Owner: -
--

ALTER TABLE ONLY hailong_private.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (branch_id, counter_id, at, device_id);


--
-- Name: activity_20260309 activity_20260309_pkey; Type: CONSTRAINT; Schema: hailong_private; Owner: -
--

ALTER TABLE ONLY hailong_private.activity_20260309
    ADD CONSTRAINT activity_20260309_pkey PRIMARY KEY (branch_id, counter_id, at, device_id);


--
-- Name: activity_20260310 activity_20260310_pkey; Type: CONSTRAINT; Schema: hailong_private; Owner: -
--

ALTER TABLE ONLY hailong_private.activity_20260310
    ADD CONSTRAINT activity_20260310_pkey PRIMARY KEY (branch_id, counter_id, at, device_id);


--
-- Name: hailong_migrations hailong_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.hailong_migrations
    ADD CONSTRAINT hailong_migrations_pkey PRIMARY KEY (name);


--
-- Name: flags_open; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX flags_open ON ONLY hailong.flags USING btree (branch_id, state, kind, at);


--
-- Name: flags_2026w11_branch_id_state_kind_at_idx; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX flags_2026w11_branch_id_state_kind_at_idx ON hailong.flags_2026w11 USING btree (branch_id, state, kind, at);


--
-- Name: flags_by_id; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX flags_by_id ON ONLY hailong.flags USING btree (flag_id);


--
-- Name: flags_2026w11_flag_id_idx; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX flags_2026w11_flag_id_idx ON hailong.flags_2026w11 USING btree (flag_id);


--
-- Name: interactions_by_id; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX interactions_by_id ON ONLY hailong.interactions USING btree (interaction_id);


--
-- Name: interactions_2026w11_interaction_id_idx; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX interactions_2026w11_interaction_id_idx ON hailong.interactions_2026w11 USING btree (interaction_id);


--
-- Name: interactions_by_staff; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX interactions_by_staff ON ONLY hailong.interactions USING btree (staff_id, at);


--
-- Name: interactions_2026w11_staff_id_at_idx; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX interactions_2026w11_staff_id_at_idx ON hailong.interactions_2026w11 USING btree (staff_id, at);


--
-- Name: rejects_by_stream; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX rejects_by_stream ON hailong.rejects USING btree (device_id, stream, sequence) WHERE (sequence IS NOT NULL);


--
-- Name: rejects_once; Type: INDEX; Schema: hailong; Owner: -
--

CREATE UNIQUE INDEX rejects_once ON hailong.rejects USING btree (message_sha256, reason);


--
-- Name: rejects_received; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX rejects_received ON hailong.rejects USING btree (received_at);


--
-- Name: reviews_by_flag; Type: INDEX; Schema: hailong; Owner: -
--

CREATE INDEX reviews_by_flag ON hailong.reviews USING btree (flag_id);


--
-- Name: flags_2026w11_branch_id_state_kind_at_idx; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.flags_open ATTACH PARTITION hailong.flags_2026w11_branch_id_state_kind_at_idx;


--
-- Name: flags_2026w11_flag_id_idx; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.flags_by_id ATTACH PARTITION hailong.flags_2026w11_flag_id_idx;


--
-- Name: flags_2026w11_pkey; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.flags_pkey ATTACH PARTITION hailong.flags_2026w11_pkey;


--
-- Name: interactions_2026w11_interaction_id_idx; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.interactions_by_id ATTACH PARTITION hailong.interactions_2026w11_interaction_id_idx;


--
-- Name: interactions_2026w11_pkey; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.interactions_pkey ATTACH PARTITION hailong.interactions_2026w11_pkey;


--
-- Name: interactions_2026w11_staff_id_at_idx; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.interactions_by_staff ATTACH PARTITION hailong.interactions_2026w11_staff_id_at_idx;


--
-- Name: scores_2026w11_pkey; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.scores_pkey ATTACH PARTITION hailong.scores_2026w11_pkey;


--
-- Name: turns_2026w11_pkey; Type: INDEX ATTACH; Schema: hailong; Owner: -
--

ALTER INDEX hailong.turns_pkey ATTACH PARTITION hailong.turns_2026w11_pkey;


--
-- Name: activity_20260309_pkey; Type: INDEX ATTACH; Schema: hailong_private; Owner: -
--

ALTER INDEX hailong_private.activity_pkey ATTACH PARTITION hailong_private.activity_20260309_pkey;


--
-- Name: activity_20260310_pkey; Type: INDEX ATTACH; Schema: hailong_private; Owner: -
--

ALTER INDEX hailong_private.activity_pkey ATTACH PARTITION hailong_private.activity_20260310_pkey;


--
-- Name: reviews reviews_append_only; Type: TRIGGER; Schema: hailong; Owner: -
--

CREATE TRIGGER reviews_append_only BEFORE DELETE OR UPDATE ON hailong.reviews FOR EACH ROW EXECUTE FUNCTION hailong.refuse_change();


--
-- Name: reviews reviews_no_truncate; Type: TRIGGER; Schema: hailong; Owner: -
--

CREATE TRIGGER reviews_no_truncate BEFORE TRUNCATE ON hailong.reviews FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_change();


--
-- Name: assignments assignments_branch_id_counter_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_branch_id_counter_id_fkey FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters(branch_id, counter_id);


--
-- Name: assignments assignments_staff_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES hailong.staff(staff_id);


--
-- Name: counters counters_branch_id_point_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.counters
    ADD CONSTRAINT counters_branch_id_point_id_fkey FOREIGN KEY (branch_id, point_id) REFERENCES hailong.points(branch_id, point_id);


--
-- Name: device_status device_status_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.device_status
    ADD CONSTRAINT device_status_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);


--
-- Name: devices devices_branch_id_counter_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.devices
    ADD CONSTRAINT devices_branch_id_counter_id_fkey FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters(branch_id, counter_id);


--
-- Name: dropped dropped_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.dropped
    ADD CONSTRAINT dropped_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);


--
-- Name: points points_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.points
    ADD CONSTRAINT points_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);


--
-- Name: reviews reviews_decided_by_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.reviews
    ADD CONSTRAINT reviews_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES hailong.users(user_id);


--
-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES hailong.users(user_id) ON DELETE CASCADE;


--
-- Name: staff staff_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.staff
    ADD CONSTRAINT staff_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);


--
-- Name: streams streams_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.streams
    ADD CONSTRAINT streams_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);


--
-- Name: user_branches user_branches_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.user_branches
    ADD CONSTRAINT user_branches_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);


--
-- Name: user_branches user_branches_user_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.user_branches
    ADD CONSTRAINT user_branches_user_id_fkey FOREIGN KEY (user_id) REFERENCES hailong.users(user_id) ON DELETE CASCADE;


--
-- Name: users users_staff_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: -
--

ALTER TABLE ONLY hailong.users
    ADD CONSTRAINT users_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES hailong.staff(staff_id);


--
-- Name: devices any_device; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY any_device ON hailong.devices FOR SELECT TO hailong_ingest USING (true);


--
-- Name: rejects any_reject; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY any_reject ON hailong.rejects TO hailong_ingest USING (true);


--
-- Name: assignments; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.assignments ENABLE ROW LEVEL SECURITY;

--
-- Name: assignments by_assignment; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_assignment ON hailong.assignments AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (staff_id = hailong.visible_staff())));


--
-- Name: flags by_assignment; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_assignment ON hailong.flags AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (EXISTS ( SELECT
   FROM hailong.interactions i
  WHERE ((i.branch_id = flags.branch_id) AND (i.counter_id = flags.counter_id) AND (i.at = flags.at) AND (i.interaction_id = flags.interaction_id))))));


--
-- Name: interactions by_assignment; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_assignment ON hailong.interactions AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (staff_id = hailong.visible_staff())));


--
-- Name: reviews by_assignment; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_assignment ON hailong.reviews AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (EXISTS ( SELECT
   FROM hailong.interactions i
  WHERE ((i.branch_id = reviews.branch_id) AND (i.counter_id = reviews.counter_id) AND (i.at = reviews.at) AND (i.interaction_id = reviews.interaction_id))))));


--
-- Name: scores by_assignment; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_assignment ON hailong.scores AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (EXISTS ( SELECT
   FROM hailong.interactions i
  WHERE ((i.branch_id = scores.branch_id) AND (i.counter_id = scores.counter_id) AND (i.at = scores.at) AND (i.interaction_id = scores.interaction_id))))));


--
-- Name: staff by_assignment; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_assignment ON hailong.staff AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (staff_id = hailong.visible_staff())));


--
-- Name: turns by_assignment; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_assignment ON hailong.turns AS RESTRICTIVE TO hailong_app USING (((hailong.visible_staff() = '*'::text) OR (EXISTS ( SELECT
   FROM hailong.interactions i
  WHERE ((i.branch_id = turns.branch_id) AND (i.counter_id = turns.counter_id) AND (i.at = turns.at) AND (i.interaction_id = turns.interaction_id))))));


--
-- Name: assignments by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.assignments USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: counters by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.counters USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: device_status by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.device_status USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: devices by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.devices USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: flags by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.flags USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: interactions by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.interactions USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: points by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.points USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: rejects by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.rejects USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: reviews by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.reviews USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: scores by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.scores USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: staff by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.staff USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: turns by_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY by_branch ON hailong.turns USING ((branch_id = ANY (hailong.visible_branches())));


--
-- Name: counters; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.counters ENABLE ROW LEVEL SECURITY;

--
-- Name: device_status; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.device_status ENABLE ROW LEVEL SECURITY;

--
-- Name: devices; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.devices ENABLE ROW LEVEL SECURITY;

--
-- Name: flags; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.flags ENABLE ROW LEVEL SECURITY;

--
-- Name: interactions; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.interactions ENABLE ROW LEVEL SECURITY;

--
-- Name: rejects no_branch; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY no_branch ON hailong.rejects FOR SELECT TO hailong_app, hailong_auditor USING ((NOT (EXISTS ( SELECT
   FROM hailong.branches b
  WHERE (b.branch_id = rejects.branch_id)))));


--
-- Name: flags not_by_clerks; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY not_by_clerks ON hailong.flags AS RESTRICTIVE FOR UPDATE TO hailong_app USING ((hailong.visible_staff() = '*'::text));


--
-- Name: reviews not_by_clerks; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY not_by_clerks ON hailong.reviews AS RESTRICTIVE FOR INSERT TO hailong_app WITH CHECK ((hailong.visible_staff() = '*'::text));


--
-- Name: rejects not_for_clerks; Type: POLICY; Schema: hailong; Owner: -
--

CREATE POLICY not_for_clerks ON hailong.rejects AS RESTRICTIVE TO hailong_app USING ((hailong.visible_staff() = '*'::text));


--
-- Name: points; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.points ENABLE ROW LEVEL SECURITY;

--
-- Name: rejects; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.rejects ENABLE ROW LEVEL SECURITY;

--
-- Name: reviews; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.reviews ENABLE ROW LEVEL SECURITY;

--
-- Name: scores; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.scores ENABLE ROW LEVEL SECURITY;

--
-- Name: staff; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.staff ENABLE ROW LEVEL SECURITY;

--
-- Name: turns; Type: ROW SECURITY; Schema: hailong; Owner: -
--

ALTER TABLE hailong.turns ENABLE ROW LEVEL SECURITY;

--
-- Name: SCHEMA hailong; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA hailong TO hailong_ingest;
GRANT USAGE ON SCHEMA hailong TO hailong_worker;
GRANT USAGE ON SCHEMA hailong TO hailong_app;
GRANT USAGE ON SCHEMA hailong TO hailong_auditor;
GRANT USAGE ON SCHEMA hailong TO hailong_backup;


--
-- Name: SCHEMA hailong_private; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA hailong_private TO hailong_auditor;
GRANT USAGE ON SCHEMA hailong_private TO hailong_backup;


--
-- Name: FUNCTION ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone); Type: ACL; Schema: hailong; Owner: -
--

REVOKE ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_ingest;
GRANT ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_worker;


--
-- Name: TABLE activity; Type: ACL; Schema: hailong_private; Owner: -
--

GRANT SELECT ON TABLE hailong_private.activity TO hailong_backup;


--
-- Name: TABLE activity; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT ON TABLE hailong.activity TO hailong_ingest;
GRANT SELECT ON TABLE hailong.activity TO hailong_worker;
GRANT SELECT ON TABLE hailong.activity TO hailong_app;
GRANT SELECT ON TABLE hailong.activity TO hailong_backup;
GRANT SELECT ON TABLE hailong.activity TO hailong_auditor;


--
-- Name: TABLE assignments; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.assignments TO hailong_ingest;
GRANT SELECT ON TABLE hailong.assignments TO hailong_worker;
GRANT SELECT ON TABLE hailong.assignments TO hailong_app;
GRANT SELECT ON TABLE hailong.assignments TO hailong_backup;


--
-- Name: TABLE branches; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.branches TO hailong_ingest;
GRANT SELECT ON TABLE hailong.branches TO hailong_worker;
GRANT SELECT ON TABLE hailong.branches TO hailong_app;
GRANT SELECT ON TABLE hailong.branches TO hailong_backup;
GRANT SELECT ON TABLE hailong.branches TO hailong_auditor;


--
-- Name: TABLE counters; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.counters TO hailong_ingest;
GRANT SELECT ON TABLE hailong.counters TO hailong_worker;
GRANT SELECT ON TABLE hailong.counters TO hailong_app;
GRANT SELECT ON TABLE hailong.counters TO hailong_backup;


--
-- Name: TABLE device_status; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.device_status TO hailong_ingest;
GRANT SELECT ON TABLE hailong.device_status TO hailong_app;
GRANT SELECT ON TABLE hailong.device_status TO hailong_backup;
GRANT SELECT ON TABLE hailong.device_status TO hailong_auditor;


--
-- Name: TABLE devices; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.devices TO hailong_ingest;
GRANT SELECT ON TABLE hailong.devices TO hailong_app;
GRANT SELECT ON TABLE hailong.devices TO hailong_backup;


--
-- Name: TABLE dropped; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT ON TABLE hailong.dropped TO hailong_ingest;
GRANT SELECT ON TABLE hailong.dropped TO hailong_app;
GRANT SELECT ON TABLE hailong.dropped TO hailong_backup;
GRANT SELECT ON TABLE hailong.dropped TO hailong_auditor;


--
-- Name: TABLE flags; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.flags TO hailong_worker;
GRANT SELECT ON TABLE hailong.flags TO hailong_app;
GRANT SELECT ON TABLE hailong.flags TO hailong_backup;
GRANT SELECT ON TABLE hailong.flags TO hailong_auditor;


--
-- Name: COLUMN flags.state; Type: ACL; Schema: hailong; Owner: -
--

GRANT UPDATE(state) ON TABLE hailong.flags TO hailong_app;


--
-- Name: TABLE flags_2026w11; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.flags_2026w11 TO hailong_backup;


--
-- Name: TABLE interactions; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.interactions TO hailong_ingest;
GRANT SELECT ON TABLE hailong.interactions TO hailong_worker;
GRANT SELECT ON TABLE hailong.interactions TO hailong_app;
GRANT SELECT ON TABLE hailong.interactions TO hailong_backup;
GRANT SELECT ON TABLE hailong.interactions TO hailong_auditor;


--
-- Name: TABLE interactions_2026w11; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.interactions_2026w11 TO hailong_backup;


--
-- Name: TABLE points; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.points TO hailong_ingest;
GRANT SELECT ON TABLE hailong.points TO hailong_worker;
GRANT SELECT ON TABLE hailong.points TO hailong_app;
GRANT SELECT ON TABLE hailong.points TO hailong_backup;


--
-- Name: TABLE rejects; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT ON TABLE hailong.rejects TO hailong_ingest;
GRANT SELECT ON TABLE hailong.rejects TO hailong_app;
GRANT SELECT ON TABLE hailong.rejects TO hailong_backup;
GRANT SELECT ON TABLE hailong.rejects TO hailong_auditor;


--
-- Name: SEQUENCE rejects_reject_id_seq; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON SEQUENCE hailong.rejects_reject_id_seq TO hailong_backup;


--
-- Name: TABLE reviews; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.reviews TO hailong_worker;
GRANT SELECT,INSERT ON TABLE hailong.reviews TO hailong_app;
GRANT SELECT ON TABLE hailong.reviews TO hailong_backup;
GRANT SELECT ON TABLE hailong.reviews TO hailong_auditor;


--
-- Name: TABLE scores; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.scores TO hailong_worker;
GRANT SELECT ON TABLE hailong.scores TO hailong_app;
GRANT SELECT ON TABLE hailong.scores TO hailong_backup;
GRANT SELECT ON TABLE hailong.scores TO hailong_auditor;


--
-- Name: TABLE scores_2026w11; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.scores_2026w11 TO hailong_backup;


--
-- Name: TABLE scoring_queue; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.scoring_queue TO hailong_ingest;
GRANT SELECT,DELETE,UPDATE ON TABLE hailong.scoring_queue TO hailong_worker;
GRANT SELECT ON TABLE hailong.scoring_queue TO hailong_backup;


--
-- Name: TABLE sessions; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hailong.sessions TO hailong_app;
GRANT SELECT ON TABLE hailong.sessions TO hailong_backup;


--
-- Name: TABLE staff; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.staff TO hailong_ingest;
GRANT SELECT ON TABLE hailong.staff TO hailong_app;
GRANT SELECT ON TABLE hailong.staff TO hailong_backup;


--
-- Name: TABLE streams; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.streams TO hailong_ingest;
GRANT SELECT ON TABLE hailong.streams TO hailong_app;
GRANT SELECT ON TABLE hailong.streams TO hailong_backup;
GRANT SELECT ON TABLE hailong.streams TO hailong_auditor;


--
-- Name: TABLE turns; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT,INSERT,DELETE ON TABLE hailong.turns TO hailong_ingest;
GRANT SELECT ON TABLE hailong.turns TO hailong_worker;
GRANT SELECT ON TABLE hailong.turns TO hailong_app;
GRANT SELECT ON TABLE hailong.turns TO hailong_backup;
GRANT SELECT ON TABLE hailong.turns TO hailong_auditor;


--
-- Name: TABLE turns_2026w11; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.turns_2026w11 TO hailong_backup;


--
-- Name: TABLE user_branches; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.user_branches TO hailong_app;
GRANT SELECT ON TABLE hailong.user_branches TO hailong_backup;


--
-- Name: TABLE users; Type: ACL; Schema: hailong; Owner: -
--

GRANT SELECT ON TABLE hailong.users TO hailong_app;
GRANT SELECT ON TABLE hailong.users TO hailong_backup;


--
-- Name: COLUMN users.password_hash; Type: ACL; Schema: hailong; Owner: -
--

GRANT UPDATE(password_hash) ON TABLE hailong.users TO hailong_app;


--
-- Name: COLUMN users.language; Type: ACL; Schema: hailong; Owner: -
--

GRANT UPDATE(language) ON TABLE hailong.users TO hailong_app;


--
-- Name: COLUMN users.failed_sign_ins; Type: ACL; Schema: hailong; Owner: -
--

GRANT UPDATE(failed_sign_ins) ON TABLE hailong.users TO hailong_app;


--
-- Name: COLUMN users.locked_until; Type: ACL; Schema: hailong; Owner: -
--

GRANT UPDATE(locked_until) ON TABLE hailong.users TO hailong_app;


--
-- Name: TABLE activity_20260309; Type: ACL; Schema: hailong_private; Owner: -
--

GRANT SELECT ON TABLE hailong_private.activity_20260309 TO hailong_backup;


--
-- Name: TABLE activity_20260310; Type: ACL; Schema: hailong_private; Owner: -
--

GRANT SELECT ON TABLE hailong_private.activity_20260310 TO hailong_backup;


--
-- Name: DEFAULT PRIVILEGES FOR SEQUENCES; Type: DEFAULT ACL; Schema: hailong; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE hailong_migrator IN SCHEMA hailong GRANT SELECT ON SEQUENCES TO hailong_backup;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: hailong; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE hailong_migrator IN SCHEMA hailong GRANT SELECT ON TABLES TO hailong_backup;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: hailong_private; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE hailong_migrator IN SCHEMA hailong_private GRANT SELECT ON TABLES TO hailong_backup;


--
-- PostgreSQL database dump complete
--


