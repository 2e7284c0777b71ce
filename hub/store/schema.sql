-- Written by `python -m hub.store.schema_dump`; do not edit. Migrations are what is run.

-- PostgreSQL database dump

-- Name: hailong; Type: SCHEMA; Schema: -; Owner: hailong_migrator

CREATE SCHEMA hailong;

ALTER SCHEMA hailong OWNER TO hailong_migrator;

-- Name: hailong_private; Type: SCHEMA; Schema: -; Owner: hailong_migrator

CREATE SCHEMA hailong_private;

ALTER SCHEMA hailong_private OWNER TO hailong_migrator;

-- Name: rollup_change; Type: TYPE; Schema: hailong_private; Owner: hailong_migrator

CREATE TYPE hailong_private.rollup_change AS (
	counter_id text,
	zone text,
	staff_id text,
	day date,
	month date,
	hour integer,
	measure text,
	variant text,
	amount bigint,
	weight integer,
	bin integer,
	size integer,
	by_staff boolean
);

ALTER TYPE hailong_private.rollup_change OWNER TO hailong_migrator;

-- Name: add_bins(integer[], integer[]); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.add_bins(a integer[], b integer[]) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
BEGIN
    IF cardinality(a) <> cardinality(b) THEN
        RAISE EXCEPTION 'histograms of % and % bins cannot be added',
            cardinality(a), cardinality(b) USING ERRCODE = 'data_exception';
    END IF;
    FOR i IN 1 .. cardinality(a) LOOP
        a[i] := a[i] + b[i];
    END LOOP;
    RETURN a;
END $$;

ALTER FUNCTION hailong.add_bins(a integer[], b integer[]) OWNER TO hailong_migrator;

-- Name: cardinality(int8multirange); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.cardinality(of int8multirange) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT (COALESCE(sum((upper(part.part) - lower(part.part))), (0)::numeric))::bigint AS "coalesce" FROM unnest(cardinality.of) part(part));

ALTER FUNCTION hailong.cardinality(of int8multirange) OWNER TO hailong_migrator;

-- Name: ensure_activity(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.ensure_activity(from_at timestamp with time zone, to_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '10s'
    AS $$
BEGIN
    IF to_at - from_at > interval '400 days' THEN
        RAISE EXCEPTION 'partitions for over 400 days asked at once';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('hailong.ensure_partitions'));
    IF NOT EXISTS (SELECT FROM pg_partitioned_table
                   WHERE partrelid = to_regclass('hailong_private.activity')) THEN
        RETURN 0;
    END IF;
    RETURN hailong_private.make_partitions('hailong_private', 'activity', 'day', from_at, to_at);
END $$;

ALTER FUNCTION hailong.ensure_activity(from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO hailong_migrator;

-- Name: ensure_partitions(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '10s'
    AS $$
DECLARE
    made integer := 0;
    parent text;
BEGIN
    IF to_at - from_at > interval '400 days' THEN
        RAISE EXCEPTION 'partitions for over 400 days asked at once';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('hailong.ensure_partitions'));
    FOREACH parent IN ARRAY ARRAY['interactions', 'turns', 'scores', 'flags'] LOOP
        made := made
            + hailong_private.make_partitions('hailong', parent, 'week', from_at, to_at);
    END LOOP;
    made := made + hailong_private.make_partitions(
        'hailong_private', 'rollup_contributions', 'week', from_at, to_at);
    FOREACH parent IN ARRAY ARRAY['rollups', 'hour_rollups', 'staff_rollups', 'activity_rollups']
    LOOP
        made := made
            + hailong_private.make_partitions('hailong', parent, 'month', from_at, to_at);
    END LOOP;
    RETURN made + hailong.ensure_activity(from_at, to_at);
END $$;

ALTER FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO hailong_migrator;

-- Name: file_for_device(text, text); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.file_for_device(asking text, wanted text, OUT public_key bytea, OUT revoked boolean, OUT bytes bigint) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT d.public_key, d.revoked_at IS NOT NULL, (
        SELECT f.bytes FROM hailong.release_files r JOIN hailong.files f ON f.sha256 = r.sha256
        WHERE r.sha256 = wanted AND r.release_no = (
            SELECT c.release_no FROM hailong.device_configs c
            WHERE c.device_id = d.device_id ORDER BY c.version DESC LIMIT 1)
        LIMIT 1)
    FROM hailong.devices d WHERE d.device_id = asking
$$;

ALTER FUNCTION hailong.file_for_device(asking text, wanted text, OUT public_key bytea, OUT revoked boolean, OUT bytes bigint) OWNER TO hailong_migrator;

-- Name: fold_row_counts(text); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.fold_row_counts(of_branch text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM hailong_private.require_branch(of_branch);
    IF NOT pg_try_advisory_xact_lock(hailong_private.rollup_lock(of_branch)) THEN
        RETURN;
    END IF;
    WITH folded AS (
        DELETE FROM hailong.row_changes WHERE branch_id = of_branch
        RETURNING kept_in, part, variant, rows)
    INSERT INTO hailong.row_counts AS known (branch_id, kept_in, part, variant, rows)
    SELECT of_branch, kept_in, part, variant, sum(rows) FROM folded
    GROUP BY kept_in, part, variant HAVING sum(rows) <> 0
    ON CONFLICT (branch_id, kept_in, part, variant) DO UPDATE SET rows = known.rows + excluded.rows;
    DELETE FROM hailong.row_counts
    WHERE branch_id = of_branch AND (rows = 0 OR NOT hailong.is_kept(kept_in, part));
END $$;

ALTER FUNCTION hailong.fold_row_counts(of_branch text) OWNER TO hailong_migrator;

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

-- Name: hanoi(timestamp with time zone); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.hanoi(at timestamp with time zone) RETURNS timestamp without time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (at AT TIME ZONE '07:00:00'::interval);

ALTER FUNCTION hailong.hanoi(at timestamp with time zone) OWNER TO hailong_migrator;

-- Name: partition_name(text, date); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.partition_name(kept_in text, part date) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (CASE kept_in WHEN 'decisions'::text THEN 'flags'::text ELSE kept_in END || to_char((part)::timestamp without time zone, CASE WHEN (kept_in ~~ '%rollups'::text) THEN '_YYYYMM'::text ELSE '_IYYY"w"IW'::text END));

ALTER FUNCTION hailong.partition_name(kept_in text, part date) OWNER TO hailong_migrator;

-- Name: is_kept(text, date); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.is_kept(kept_in text, part date) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ((kept_in = ANY (ARRAY['activity'::text, 'reviews'::text])) OR (to_regclass(('hailong.'::text || hailong.partition_name(kept_in, part))) IS NOT NULL));

ALTER FUNCTION hailong.is_kept(kept_in text, part date) OWNER TO hailong_migrator;

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

-- Name: may_decide_flag(uuid, text, text, timestamp with time zone, uuid); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.may_decide_flag(decider uuid, branch text, counter text, started timestamp with time zone, flag uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM hailong.flags f
        CROSS JOIN hailong.users u
        JOIN hailong.user_branches b USING (user_id)
        WHERE f.branch_id = branch AND f.counter_id = counter AND f.at = started
          AND f.flag_id = flag AND f.branch_id = ANY (hailong.visible_branches())
          AND u.user_id = decider AND u.disabled_at IS NULL AND b.branch_id = branch
          AND u.role = CASE f.reviewer WHEN 'city' THEN 'qa' ELSE 'supervisor' END);
END $$;

ALTER FUNCTION hailong.may_decide_flag(decider uuid, branch text, counter text, started timestamp with time zone, flag uuid) OWNER TO hailong_migrator;

-- Name: user_branches; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.user_branches (
    user_id uuid NOT NULL,
    branch_id text NOT NULL
);

ALTER TABLE ONLY hailong.user_branches FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.user_branches OWNER TO hailong_migrator;

-- Name: may_observe(uuid, text); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.may_observe(observer uuid, branch text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM (hailong.users u
              JOIN hailong.user_branches b USING (user_id))
           WHERE ((u.user_id = may_observe.observer) AND (u.role = ANY (ARRAY['qa'::text, 'supervisor'::text])) AND (u.disabled_at IS NULL) AND (b.branch_id = may_observe.branch)))) AS "exists";
END;

ALTER FUNCTION hailong.may_observe(observer uuid, branch text) OWNER TO hailong_migrator;

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

-- Name: refresh_rollups(text, text[], timestamp with time zone[], uuid[]); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.refresh_rollups(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '2s'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
BEGIN
    PERFORM hailong_private.require_branch(of_branch);
    BEGIN
        PERFORM pg_advisory_xact_lock(hailong_private.rollup_lock(of_branch));
        PERFORM hailong_private.apply(of_branch, counter_ids, ats, interaction_ids);
    EXCEPTION WHEN lock_not_available OR data_exception OR integrity_constraint_violation THEN
        RETURN false;
    END;
    RETURN true;
END $$;

ALTER FUNCTION hailong.refresh_rollups(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) OWNER TO hailong_migrator;

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

-- Name: refuse_erased_snapshot(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.refuse_erased_snapshot() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM hailong.erased e WHERE e.key_sha256
               = sha256(convert_to('interaction:' || NEW.interaction_id, 'UTF8'))) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;

ALTER FUNCTION hailong.refuse_erased_snapshot() OWNER TO hailong_migrator;

-- Name: refuse_release_change(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.refuse_release_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: make another release', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

ALTER FUNCTION hailong.refuse_release_change() OWNER TO hailong_migrator;

-- Name: refuse_standing_change(); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.refuse_standing_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a rule stands otherwise by a further entry', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

ALTER FUNCTION hailong.refuse_standing_change() OWNER TO hailong_migrator;

-- Name: roll_up(text, integer); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.roll_up(of_branch text, most integer, OUT taken integer, OUT set_aside integer) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
DECLARE
    claimed hailong.rollup_queue[];
    one hailong.rollup_queue;
BEGIN
    PERFORM hailong_private.require_branch(of_branch);
    taken := 0;
    set_aside := 0;
    IF NOT pg_try_advisory_xact_lock(hailong_private.rollup_lock(of_branch)) THEN
        RETURN;
    END IF;
    SELECT array_agg(q) INTO claimed FROM (
        SELECT * FROM hailong.rollup_queue
        WHERE branch_id = of_branch AND due_at <= now()
        ORDER BY due_at, queue_no LIMIT most FOR UPDATE SKIP LOCKED) q;
    IF claimed IS NULL THEN
        RETURN;
    END IF;
    taken := cardinality(claimed);
    BEGIN
        PERFORM hailong_private.apply(
            of_branch, array_agg(q.counter_id), array_agg(q.at), array_agg(q.interaction_id))
        FROM unnest(claimed) AS q;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
        -- One spoils the batch: each by itself finds it.
        FOREACH one IN ARRAY claimed LOOP
            BEGIN
                PERFORM hailong_private.apply(of_branch, ARRAY[one.counter_id], ARRAY[one.at],
                                              ARRAY[one.interaction_id]);
            EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
                set_aside := set_aside + 1;
                INSERT INTO hailong.rollup_queue
                    (branch_id, counter_id, at, interaction_id, due_at, set_aside)
                VALUES (of_branch, one.counter_id, one.at, one.interaction_id,
                        now() + LEAST(interval '1 minute' * 2 ^ LEAST(one.set_aside, 6),
                                      interval '1 hour'),
                        one.set_aside + 1);
            END;
        END LOOP;
    END;
    DELETE FROM hailong.rollup_queue q USING unnest(claimed) AS c WHERE q.queue_no = c.queue_no;
END $$;

ALTER FUNCTION hailong.roll_up(of_branch text, most integer, OUT taken integer, OUT set_aside integer) OWNER TO hailong_migrator;

-- Name: roll_up_activity(text, integer); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.roll_up_activity(of_branch text, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    claimed hailong.activity_marks[];
BEGIN
    PERFORM hailong_private.require_branch(of_branch);
    IF NOT pg_try_advisory_xact_lock(hailong_private.rollup_lock(of_branch)) THEN
        RETURN 0;
    END IF;
    SELECT array_agg(m) INTO claimed FROM (
        SELECT * FROM hailong.activity_marks WHERE branch_id = of_branch
        LIMIT most FOR UPDATE SKIP LOCKED) m;
    IF claimed IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM hailong_private.count_activity(
        of_branch, array_agg(m.counter_id), array_agg(m.hour_at))
    FROM unnest(claimed) AS m;
    DELETE FROM hailong.activity_marks a USING unnest(claimed) AS m WHERE a.mark_no = m.mark_no;
    RETURN cardinality(claimed);
END $$;

ALTER FUNCTION hailong.roll_up_activity(of_branch text, most integer) OWNER TO hailong_migrator;

-- Name: supervises(uuid, text); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.supervises(person uuid, branch text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM (hailong.users u
              JOIN hailong.user_branches b USING (user_id))
           WHERE ((u.user_id = supervises.person) AND (u.role = 'supervisor'::text) AND (u.disabled_at IS NULL) AND (b.branch_id = supervises.branch)))) AS "exists";
END;

ALTER FUNCTION hailong.supervises(person uuid, branch text) OWNER TO hailong_migrator;

-- Name: sweep_alerts(timestamp with time zone); Type: FUNCTION; Schema: hailong; Owner: hailong_migrator

CREATE FUNCTION hailong.sweep_alerts(moment timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ended integer;
BEGIN
    -- No stay lasts over four hours.
    WITH lost AS (
        UPDATE hailong.alerts SET state = 'end', ended_as = 'lost', changed_at = moment
        WHERE state <> 'end' AND snapshot_at < moment - interval '5 hours'
        RETURNING branch_id, counter_id, at, flag_id, interaction_id),
    told AS (
        INSERT INTO hailong.alert_events
            (branch_id, counter_id, at, flag_id, interaction_id, what, event_at)
        SELECT branch_id, counter_id, at, flag_id, interaction_id, 'end', moment FROM lost
        RETURNING branch_id, event_no)
    SELECT count(pg_notify('hailong_alerts', branch_id || ' ' || event_no)) INTO ended FROM told;
    DELETE FROM hailong.open_interactions WHERE captured_at < moment - interval '1 day';
    DELETE FROM hailong.alert_events WHERE event_at < moment - interval '7 days';
    RETURN ended;
END $$;

ALTER FUNCTION hailong.sweep_alerts(moment timestamp with time zone) OWNER TO hailong_migrator;

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

-- Name: activity_rollups; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.activity_rollups (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    hour_at timestamp with time zone NOT NULL,
    windows bigint NOT NULL,
    in_interaction_cs bigint NOT NULL,
    staff_speech_n bigint NOT NULL,
    staff_speech_cs bigint NOT NULL,
    citizen_speech_n bigint NOT NULL,
    citizen_speech_cs bigint NOT NULL,
    unknown_speech_n bigint NOT NULL,
    unknown_speech_cs bigint NOT NULL,
    overlap_n bigint NOT NULL,
    overlap_cs bigint NOT NULL,
    citizen_present_n bigint NOT NULL,
    citizen_present_cs bigint NOT NULL,
    staff_present_n bigint NOT NULL,
    staff_present_cs bigint NOT NULL,
    audio_coverage_thousandths bigint NOT NULL,
    video_coverage_thousandths bigint NOT NULL,
    CONSTRAINT activity_rollups_windows_check CHECK ((windows > 0))
)
PARTITION BY RANGE (hour_at);

ALTER TABLE ONLY hailong.activity_rollups FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.activity_rollups OWNER TO hailong_migrator;

-- Name: activity_of(text, text[], timestamp with time zone[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.activity_of(of_branch text, counter_ids text[], hours timestamp with time zone[]) RETURNS SETOF hailong.activity_rollups
    LANGUAGE sql STABLE
    AS $$
    SELECT a.branch_id, a.counter_id, k.hour_at, count(*),
           sum(round(a.in_interaction_s * 100)::bigint),
           count(a.staff_speech_s), COALESCE(sum(round(a.staff_speech_s * 100)::bigint), 0),
           count(a.citizen_speech_s), COALESCE(sum(round(a.citizen_speech_s * 100)::bigint), 0),
           count(a.unknown_speech_s), COALESCE(sum(round(a.unknown_speech_s * 100)::bigint), 0),
           count(a.overlap_s), COALESCE(sum(round(a.overlap_s * 100)::bigint), 0),
           count(a.citizen_present_s), COALESCE(sum(round(a.citizen_present_s * 100)::bigint), 0),
           count(a.staff_present_s), COALESCE(sum(round(a.staff_present_s * 100)::bigint), 0),
           sum(round(a.audio_coverage * 1000)::bigint), sum(round(a.video_coverage * 1000)::bigint)
    FROM (SELECT DISTINCT * FROM unnest(counter_ids, hours)) AS k (counter_id, hour_at)
    JOIN hailong_private.activity a
        ON a.branch_id = of_branch AND a.counter_id = k.counter_id
        AND a.at >= k.hour_at AND a.at < k.hour_at + interval '1 hour'
    WHERE k.hour_at >= hailong_private.closed_before('activity')
    GROUP BY a.branch_id, a.counter_id, k.hour_at
$$;

ALTER FUNCTION hailong_private.activity_of(of_branch text, counter_ids text[], hours timestamp with time zone[]) OWNER TO hailong_migrator;

-- Name: add_to_hour_rollups(text, hailong_private.rollup_change[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.add_to_hour_rollups(of_branch text, changes hailong_private.rollup_change[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    fault text;
BEGIN
    INSERT INTO hailong.hour_rollups AS known
        (branch_id, measure, variant, month, hour, counter_id, zone, n, total, squares, bins)
    SELECT of_branch, measure, variant, month, hour, counter_id, zone, sum(weight), sum(weight * amount),
           sum(weight * amount::numeric * amount),
           hailong_private.spread(max(size), array_agg(bin), array_agg(weight))
    FROM unnest(changes) WHERE true
    GROUP BY measure, variant, month, hour, counter_id, zone ORDER BY measure, variant, month, hour, counter_id, zone
    ON CONFLICT (branch_id, measure, variant, month, hour, counter_id, zone) DO UPDATE SET
        n = known.n + excluded.n, total = known.total + excluded.total,
        squares = known.squares + excluded.squares,
        bins = hailong.add_bins(known.bins, excluded.bins);
    IF NOT EXISTS (SELECT FROM unnest(changes) WHERE weight < 0) THEN
        RETURN;
    END IF;
    DELETE FROM hailong.hour_rollups r
    USING (SELECT DISTINCT measure, variant, month, hour, counter_id, zone FROM unnest(changes)
           WHERE true AND weight < 0) c
    WHERE r.branch_id = of_branch AND (r.measure, r.variant, r.month, r.hour, r.counter_id, r.zone) = (c.measure, c.variant, c.month, c.hour, c.counter_id, c.zone)
      AND r.n = 0 AND r.total = 0 AND r.squares = 0 AND 0 = ALL (COALESCE(r.bins, '{0}'));
    SELECT r.measure INTO fault
    FROM (SELECT DISTINCT measure, variant, month, hour, counter_id, zone FROM unnest(changes)
          WHERE true AND weight < 0) c
    JOIN hailong.hour_rollups r ON r.branch_id = of_branch
        AND (r.measure, r.variant, r.month, r.hour, r.counter_id, r.zone) = (c.measure, c.variant, c.month, c.hour, c.counter_id, c.zone)
    WHERE r.n <= 0 OR 0 > ANY (r.bins) LIMIT 1;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'hour_rollups of % holds less than nothing of %; run `hailong hub rollups rebuild`',
            of_branch, fault USING ERRCODE = 'data_exception';
    END IF;
END $$;

ALTER FUNCTION hailong_private.add_to_hour_rollups(of_branch text, changes hailong_private.rollup_change[]) OWNER TO hailong_migrator;

-- Name: add_to_rollups(text, hailong_private.rollup_change[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.add_to_rollups(of_branch text, changes hailong_private.rollup_change[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    fault text;
BEGIN
    INSERT INTO hailong.rollups AS known
        (branch_id, measure, variant, day, counter_id, zone, n, total, squares, bins)
    SELECT of_branch, measure, variant, day, counter_id, zone, sum(weight), sum(weight * amount),
           sum(weight * amount::numeric * amount),
           hailong_private.spread(max(size), array_agg(bin), array_agg(weight))
    FROM unnest(changes) WHERE true
    GROUP BY measure, variant, day, counter_id, zone ORDER BY measure, variant, day, counter_id, zone
    ON CONFLICT (branch_id, measure, variant, day, counter_id, zone) DO UPDATE SET
        n = known.n + excluded.n, total = known.total + excluded.total,
        squares = known.squares + excluded.squares,
        bins = hailong.add_bins(known.bins, excluded.bins);
    IF NOT EXISTS (SELECT FROM unnest(changes) WHERE weight < 0) THEN
        RETURN;
    END IF;
    DELETE FROM hailong.rollups r
    USING (SELECT DISTINCT measure, variant, day, counter_id, zone FROM unnest(changes)
           WHERE true AND weight < 0) c
    WHERE r.branch_id = of_branch AND (r.measure, r.variant, r.day, r.counter_id, r.zone) = (c.measure, c.variant, c.day, c.counter_id, c.zone)
      AND r.n = 0 AND r.total = 0 AND r.squares = 0 AND 0 = ALL (COALESCE(r.bins, '{0}'));
    SELECT r.measure INTO fault
    FROM (SELECT DISTINCT measure, variant, day, counter_id, zone FROM unnest(changes)
          WHERE true AND weight < 0) c
    JOIN hailong.rollups r ON r.branch_id = of_branch
        AND (r.measure, r.variant, r.day, r.counter_id, r.zone) = (c.measure, c.variant, c.day, c.counter_id, c.zone)
    WHERE r.n <= 0 OR 0 > ANY (r.bins) LIMIT 1;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'rollups of % holds less than nothing of %; run `hailong hub rollups rebuild`',
            of_branch, fault USING ERRCODE = 'data_exception';
    END IF;
END $$;

ALTER FUNCTION hailong_private.add_to_rollups(of_branch text, changes hailong_private.rollup_change[]) OWNER TO hailong_migrator;

-- Name: add_to_staff_rollups(text, hailong_private.rollup_change[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.add_to_staff_rollups(of_branch text, changes hailong_private.rollup_change[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    fault text;
BEGIN
    INSERT INTO hailong.staff_rollups AS known
        (branch_id, measure, variant, day, staff_id, zone, n, total, squares, bins)
    SELECT of_branch, measure, variant, day, staff_id, zone, sum(weight), sum(weight * amount),
           sum(weight * amount::numeric * amount),
           hailong_private.spread(max(size), array_agg(bin), array_agg(weight))
    FROM unnest(changes) WHERE by_staff
    GROUP BY measure, variant, day, staff_id, zone ORDER BY measure, variant, day, staff_id, zone
    ON CONFLICT (branch_id, measure, variant, day, staff_id, zone) DO UPDATE SET
        n = known.n + excluded.n, total = known.total + excluded.total,
        squares = known.squares + excluded.squares,
        bins = hailong.add_bins(known.bins, excluded.bins);
    IF NOT EXISTS (SELECT FROM unnest(changes) WHERE weight < 0) THEN
        RETURN;
    END IF;
    DELETE FROM hailong.staff_rollups r
    USING (SELECT DISTINCT measure, variant, day, staff_id, zone FROM unnest(changes)
           WHERE by_staff AND weight < 0) c
    WHERE r.branch_id = of_branch AND (r.measure, r.variant, r.day, r.staff_id, r.zone) = (c.measure, c.variant, c.day, c.staff_id, c.zone)
      AND r.n = 0 AND r.total = 0 AND r.squares = 0 AND 0 = ALL (COALESCE(r.bins, '{0}'));
    SELECT r.measure INTO fault
    FROM (SELECT DISTINCT measure, variant, day, staff_id, zone FROM unnest(changes)
          WHERE by_staff AND weight < 0) c
    JOIN hailong.staff_rollups r ON r.branch_id = of_branch
        AND (r.measure, r.variant, r.day, r.staff_id, r.zone) = (c.measure, c.variant, c.day, c.staff_id, c.zone)
    WHERE r.n <= 0 OR 0 > ANY (r.bins) LIMIT 1;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'staff_rollups of % holds less than nothing of %; run `hailong hub rollups rebuild`',
            of_branch, fault USING ERRCODE = 'data_exception';
    END IF;
END $$;

ALTER FUNCTION hailong_private.add_to_staff_rollups(of_branch text, changes hailong_private.rollup_change[]) OWNER TO hailong_migrator;

-- Name: apply(text, text[], timestamp with time zone[], uuid[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.apply(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    remembered hailong_private.rollup_contributions[];
    found hailong_private.rollup_contributions[];
    gone hailong_private.rollup_contributions[];
    new hailong_private.rollup_contributions[];
    changes hailong_private.rollup_change[];
    open_from timestamptz := hailong_private.closed_before('interactions');
BEGIN
    SELECT array_agg(r) INTO remembered
    FROM (SELECT DISTINCT * FROM unnest(counter_ids, ats, interaction_ids))
        AS k (counter_id, at, interaction_id)
    JOIN hailong_private.rollup_contributions r
        ON r.branch_id = of_branch AND r.counter_id = k.counter_id AND r.at = k.at
        AND r.interaction_id = k.interaction_id
    WHERE r.at >= open_from;
    SELECT array_agg(ROW(i.branch_id, i.counter_id, i.at, i.interaction_id, i.zone, i.staff_id,
                         c.measures, c.variants, c.amounts)::hailong_private.rollup_contributions)
        INTO found
    FROM (SELECT DISTINCT * FROM unnest(counter_ids, ats, interaction_ids))
        AS k (counter_id, at, interaction_id)
    JOIN hailong.interactions i
        ON i.branch_id = of_branch AND i.counter_id = k.counter_id AND i.at = k.at
        AND i.interaction_id = k.interaction_id
    CROSS JOIN LATERAL hailong_private.contribution(i) c
    WHERE i.at >= open_from;
    SELECT array_agg(x) INTO gone
    FROM (SELECT * FROM unnest(remembered) EXCEPT SELECT * FROM unnest(found)) x;
    SELECT array_agg(x) INTO new
    FROM (SELECT * FROM unnest(found) EXCEPT SELECT * FROM unnest(remembered)) x;
    IF gone IS NULL AND new IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM hailong_private.rollup_contributions r
    USING unnest(gone) AS g
    WHERE r.branch_id = of_branch AND r.counter_id = g.counter_id AND r.at = g.at
      AND r.interaction_id = g.interaction_id;
    INSERT INTO hailong_private.rollup_contributions SELECT * FROM unnest(new);
    changes := hailong_private.changes_of(gone, new);
    IF changes IS NULL THEN
        RETURN;
    END IF;
    PERFORM hailong_private.add_to_rollups(of_branch, changes);
    PERFORM hailong_private.add_to_hour_rollups(of_branch, changes);
    PERFORM hailong_private.add_to_staff_rollups(of_branch, changes);
END $$;

ALTER FUNCTION hailong_private.apply(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) OWNER TO hailong_migrator;

-- Name: rollup_contributions; Type: TABLE; Schema: hailong_private; Owner: hailong_migrator

CREATE TABLE hailong_private.rollup_contributions (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    interaction_id uuid NOT NULL,
    zone text NOT NULL,
    staff_id text,
    measures text[] NOT NULL,
    variants text[] NOT NULL,
    amounts bigint[] NOT NULL
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY hailong_private.rollup_contributions FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong_private.rollup_contributions OWNER TO hailong_migrator;

-- Name: changes_of(hailong_private.rollup_contributions[], hailong_private.rollup_contributions[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.changes_of(before hailong_private.rollup_contributions[], after hailong_private.rollup_contributions[]) RETURNS hailong_private.rollup_change[]
    LANGUAGE sql STABLE
    AS $$
    WITH measures AS MATERIALIZED (
        SELECT m.measure, m.edges, cardinality(m.edges) - 1 AS size, m.by_staff
        FROM hailong.rollup_measures m),
    signed AS (
        SELECT -1 AS sign, b.* FROM unnest(before) AS b
        UNION ALL SELECT 1, a.* FROM unnest(after) AS a),
    net AS (
        SELECT s.counter_id, s.zone, s.staff_id, hailong.hanoi(s.at)::date AS day,
               extract(hour FROM hailong.hanoi(s.at))::integer AS hour,
               c.measure, c.variant, c.amount, sum(s.sign)::integer AS weight
        FROM signed s
        CROSS JOIN LATERAL unnest(s.measures, s.variants, s.amounts) AS c (measure, variant, amount)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(s.sign) <> 0)
    SELECT array_agg(ROW(
        n.counter_id, n.zone, n.staff_id, n.day, date_trunc('month', n.day::timestamp)::date,
        n.hour, n.measure, n.variant, n.amount, n.weight,
        -- A value beyond the edges counts in the outermost bin.
        LEAST(GREATEST(width_bucket(n.amount, m.edges), 1), m.size), m.size,
        n.staff_id IS NOT NULL AND COALESCE(m.by_staff, false)
            -- What a citizen said is not a clerk's.
            AND (n.measure <> 'hits' OR n.variant LIKE '%.staff')
        )::hailong_private.rollup_change)
    FROM net n LEFT JOIN measures m USING (measure)
$$;

ALTER FUNCTION hailong_private.changes_of(before hailong_private.rollup_contributions[], after hailong_private.rollup_contributions[]) OWNER TO hailong_migrator;

-- Name: rollups_closed; Type: TABLE; Schema: hailong_private; Owner: hailong_migrator

CREATE TABLE hailong_private.rollups_closed (
    kind text NOT NULL,
    before timestamp with time zone NOT NULL,
    CONSTRAINT rollups_closed_kind_check CHECK ((kind = ANY (ARRAY['interactions'::text, 'activity'::text])))
);

ALTER TABLE ONLY hailong_private.rollups_closed FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong_private.rollups_closed OWNER TO hailong_migrator;

-- Name: closed_before(text); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.closed_before(of_kind text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    RETURN COALESCE((SELECT rollups_closed.before FROM hailong_private.rollups_closed WHERE (rollups_closed.kind = closed_before.of_kind)), '-infinity'::timestamp with time zone);

ALTER FUNCTION hailong_private.closed_before(of_kind text) OWNER TO hailong_migrator;

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

-- Name: contribution(hailong.interactions); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.contribution(i hailong.interactions) RETURNS TABLE(measures text[], variants text[], amounts bigint[])
    LANGUAGE sql STABLE
    AS $$
    WITH void AS MATERIALIZED (SELECT * FROM hailong_private.voided(i))
    SELECT array_agg(c.measure ORDER BY c.measure, c.variant),
           array_agg(c.variant ORDER BY c.measure, c.variant),
           array_agg(c.amount ORDER BY c.measure, c.variant)
    FROM (
        SELECT 'interactions' AS measure, '' AS variant, 1::bigint AS amount
        UNION ALL
        SELECT 'boundary_uncertain', '', 1 WHERE i.boundary_uncertain
        UNION ALL
        SELECT m.measure, '',
               CASE WHEN m.voids IS NULL THEN round(v.value / m.step)
                    ELSE round(GREATEST(0, v.value - (
                        SELECT COALESCE(sum(CASE m.unit WHEN 'count' THEN 1
                                                 ELSE void.duration_s END), 0)
                        FROM void
                        WHERE void.type = 'span' AND void.name = m.voids
                          AND (m.voids_role IS NULL OR void.role = m.voids_role))) / m.step)
               END::bigint
        FROM hailong.rollup_measures m
        CROSS JOIN LATERAL (
            SELECT (CASE m.source WHEN 'measurements' THEN i.measurements ELSE i.coverage END
                    #>> m.path)::numeric AS value) v
        WHERE m.path IS NOT NULL AND v.value IS NOT NULL
        UNION ALL
        SELECT CASE WHEN s.value IS NULL THEN 'not_enough_measured' ELSE s.figure END,
               CASE WHEN s.value IS NULL THEN s.figure || '.' ELSE '' END
                   || s.rubric || '.' || s.rubric_version
                   || COALESCE('.c' || s.calibration_no, ''),
               CASE WHEN s.value IS NULL THEN 1 ELSE round(s.value::numeric / 0.01) END::bigint
        FROM hailong.scores s
        WHERE s.branch_id = i.branch_id AND s.counter_id = i.counter_id AND s.at = i.at
          AND s.interaction_id = i.interaction_id
        UNION ALL
        SELECT 'hits', (h ->> 'category') || '.' || t.role, count(*)
        FROM hailong.turns t CROSS JOIN LATERAL jsonb_array_elements(t.hits) AS h
        WHERE t.branch_id = i.branch_id AND t.counter_id = i.counter_id AND t.at = i.at
          AND t.interaction_id = i.interaction_id
          AND NOT EXISTS (
              SELECT FROM void
              WHERE void.type = 'hit' AND void.name = h ->> 'category' AND void.role = t.role
                AND void.offset_s = h -> 'offset_s')
        GROUP BY 2
        UNION ALL
        SELECT CASE f.kind WHEN 'shadow' THEN 'shadow_flags' ELSE 'flags' END,
               f.rule_id || '.' || COALESCE(latest.outcome, f.state), count(*)
        FROM hailong.flags f
        LEFT JOIN LATERAL (
            SELECT r.outcome FROM hailong.reviews r
            WHERE f.state = 'decided' AND r.branch_id = f.branch_id
              AND r.counter_id = f.counter_id AND r.at = f.at AND r.flag_id = f.flag_id
            ORDER BY r.review_no DESC LIMIT 1) latest ON true
        WHERE f.branch_id = i.branch_id AND f.counter_id = i.counter_id AND f.at = i.at
          AND f.interaction_id = i.interaction_id AND f.state <> 'withdrawn'
        GROUP BY 1, 2
    ) c
$$;

ALTER FUNCTION hailong_private.contribution(i hailong.interactions) OWNER TO hailong_migrator;

-- Name: count_activity(text, text[], timestamp with time zone[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_activity(of_branch text, counter_ids text[], hours timestamp with time zone[]) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO hailong.activity_rollups AS known
    SELECT * FROM hailong_private.activity_of(of_branch, counter_ids, hours)
    ORDER BY branch_id, counter_id, hour_at
    ON CONFLICT (branch_id, counter_id, hour_at) DO UPDATE SET
        windows = excluded.windows, in_interaction_cs = excluded.in_interaction_cs,
        staff_speech_n = excluded.staff_speech_n, staff_speech_cs = excluded.staff_speech_cs,
        citizen_speech_n = excluded.citizen_speech_n,
        citizen_speech_cs = excluded.citizen_speech_cs,
        unknown_speech_n = excluded.unknown_speech_n,
        unknown_speech_cs = excluded.unknown_speech_cs,
        overlap_n = excluded.overlap_n, overlap_cs = excluded.overlap_cs,
        citizen_present_n = excluded.citizen_present_n,
        citizen_present_cs = excluded.citizen_present_cs,
        staff_present_n = excluded.staff_present_n, staff_present_cs = excluded.staff_present_cs,
        audio_coverage_thousandths = excluded.audio_coverage_thousandths,
        video_coverage_thousandths = excluded.video_coverage_thousandths
    -- Nothing new, nothing written.
    WHERE known.* IS DISTINCT FROM excluded.*
$$;

ALTER FUNCTION hailong_private.count_activity(of_branch text, counter_ids text[], hours timestamp with time zone[]) OWNER TO hailong_migrator;

-- Name: count_days(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_days() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, TG_TABLE_NAME, date_trunc('month', day::timestamp)::date, '',
           CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM changed GROUP BY 1, 3;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_days() OWNER TO hailong_migrator;

-- Name: count_decisions(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_decisions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT k.branch_id, 'decisions', date_trunc('week', k.at AT TIME ZONE 'UTC')::date,
           l.outcome || ' ' || l.ground || ' ' || f.rule_id || ' ' || f.rule_version, sum(l.sign)
    FROM (SELECT branch_id, counter_id, at, flag_id, min(review_no) AS first, max(review_no) AS last
          FROM changed GROUP BY 1, 2, 3, 4) k
    JOIN hailong.flags f ON f.branch_id = k.branch_id AND f.counter_id = k.counter_id
        AND f.at = k.at AND f.flag_id = k.flag_id
    CROSS JOIN LATERAL (
        -- Decisions on a flag come in the order of their numbers and go all at once.
        (SELECT 1 AS sign, c.outcome,
                CASE WHEN c.bulk THEN 'bulk' ELSE c.ground END AS ground FROM changed c
         WHERE TG_OP = 'INSERT' AND c.flag_id = k.flag_id AND c.review_no = k.last)
        UNION ALL
        (SELECT -1, r.outcome, CASE WHEN r.bulk THEN 'bulk' ELSE r.ground END
         FROM hailong.reviews r
         WHERE TG_OP = 'INSERT' AND r.branch_id = k.branch_id AND r.counter_id = k.counter_id
           AND r.at = k.at AND r.flag_id = k.flag_id AND r.review_no < k.first
         ORDER BY r.review_no DESC LIMIT 1)
        UNION ALL
        (SELECT -1, c.outcome, CASE WHEN c.bulk THEN 'bulk' ELSE c.ground END FROM changed c
         WHERE TG_OP = 'DELETE' AND c.flag_id = k.flag_id AND c.review_no = k.last)) l
    GROUP BY 1, 3, 4 HAVING sum(l.sign) <> 0;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_decisions() OWNER TO hailong_migrator;

-- Name: count_faults(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_faults() RETURNS TABLE(branch_id text, kept_in text, part date, variant text, kept bigint, expected bigint)
    LANGUAGE sql STABLE
    AS $$
    SELECT branch_id, kept_in, part, variant, COALESCE(k.rows, 0), COALESCE(c.rows, 0)
    FROM (SELECT x.branch_id, x.kept_in, x.part, x.variant, sum(x.rows)::bigint AS rows
          FROM (SELECT r.branch_id, r.kept_in, r.part, r.variant, r.rows FROM hailong.row_counts r
                UNION ALL
                SELECT r.branch_id, r.kept_in, r.part, r.variant, r.rows
                FROM hailong.row_changes r) x
          WHERE hailong.is_kept(x.kept_in, x.part) GROUP BY 1, 2, 3, 4) k
    FULL JOIN hailong_private.counted_rows() c USING (branch_id, kept_in, part, variant)
    WHERE COALESCE(k.rows, 0) <> COALESCE(c.rows, 0)
$$;

ALTER FUNCTION hailong_private.count_faults() OWNER TO hailong_migrator;

-- Name: count_hours(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_hours() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, TG_TABLE_NAME, date_trunc('month', hour_at AT TIME ZONE 'UTC')::date, '',
           CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM changed GROUP BY 1, 3;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_hours() OWNER TO hailong_migrator;

-- Name: count_months(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_months() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, TG_TABLE_NAME, date_trunc('month', month::timestamp)::date, '',
           CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM changed GROUP BY 1, 3;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_months() OWNER TO hailong_migrator;

-- Name: count_undecided(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_undecided() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT f.branch_id, 'decisions', date_trunc('week', f.at AT TIME ZONE 'UTC')::date,
           l.outcome || ' ' || l.ground || ' ' || f.rule_id || ' ' || f.rule_version, -count(*)
    FROM changed f
    CROSS JOIN LATERAL (
        SELECT r.outcome, CASE WHEN r.bulk THEN 'bulk' ELSE r.ground END AS ground
        FROM hailong.reviews r
        WHERE r.branch_id = f.branch_id AND r.counter_id = f.counter_id AND r.at = f.at
          AND r.flag_id = f.flag_id
        ORDER BY r.review_no DESC LIMIT 1) l
    GROUP BY 1, 3, 4;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_undecided() OWNER TO hailong_migrator;

-- Name: count_weeks(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_weeks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, TG_TABLE_NAME, date_trunc('week', at AT TIME ZONE 'UTC')::date, '',
           CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM changed GROUP BY 1, 3;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_weeks() OWNER TO hailong_migrator;

-- Name: count_windows_off(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_windows_off() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, 'activity', (hour_at AT TIME ZONE 'UTC')::date, '', -sum(windows)
    FROM gone GROUP BY 1, 3;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_windows_off() OWNER TO hailong_migrator;

-- Name: count_windows_on(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.count_windows_on() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, 'activity', (hour_at AT TIME ZONE 'UTC')::date, '', sum(windows)
    FROM there GROUP BY 1, 3;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.count_windows_on() OWNER TO hailong_migrator;

-- Name: counted_rows(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.counted_rows() RETURNS TABLE(branch_id text, kept_in text, part date, variant text, rows bigint)
    LANGUAGE sql STABLE
    AS $$
    SELECT i.branch_id, 'interactions', date_trunc('week', i.at AT TIME ZONE 'UTC')::date, '',
           count(*) FROM hailong.interactions i GROUP BY 1, 3
    UNION ALL
    SELECT t.branch_id, 'turns', date_trunc('week', t.at AT TIME ZONE 'UTC')::date, '', count(*)
    FROM hailong.turns t GROUP BY 1, 3
    UNION ALL
    SELECT s.branch_id, 'scores', date_trunc('week', s.at AT TIME ZONE 'UTC')::date, '', count(*)
    FROM hailong.scores s GROUP BY 1, 3
    UNION ALL
    SELECT f.branch_id, 'flags', date_trunc('week', f.at AT TIME ZONE 'UTC')::date, '', count(*)
    FROM hailong.flags f GROUP BY 1, 3
    UNION ALL
    SELECT r.branch_id, 'reviews', date_trunc('week', r.at AT TIME ZONE 'UTC')::date, '', count(*)
    FROM hailong.reviews r GROUP BY 1, 3
    UNION ALL
    SELECT l.branch_id, 'decisions', date_trunc('week', l.at AT TIME ZONE 'UTC')::date,
           l.outcome || ' ' || CASE WHEN l.bulk THEN 'bulk' ELSE l.ground END || ' ' || f.rule_id || ' ' || f.rule_version, count(*)
    FROM (SELECT DISTINCT ON (r.branch_id, r.counter_id, r.at, r.flag_id) r.*
          FROM hailong.reviews r
          ORDER BY r.branch_id, r.counter_id, r.at, r.flag_id, r.review_no DESC) l
    JOIN hailong.flags f USING (branch_id, counter_id, at, flag_id)
    GROUP BY 1, 3, 4
    UNION ALL
    SELECT d.branch_id, 'rollups', date_trunc('month', d.day::timestamp)::date, '', count(*)
    FROM hailong.rollups d GROUP BY 1, 3
    UNION ALL
    SELECT d.branch_id, 'staff_rollups', date_trunc('month', d.day::timestamp)::date, '', count(*)
    FROM hailong.staff_rollups d GROUP BY 1, 3
    UNION ALL
    SELECT m.branch_id, 'hour_rollups', date_trunc('month', m.month::timestamp)::date, '', count(*)
    FROM hailong.hour_rollups m GROUP BY 1, 3
    UNION ALL
    SELECT a.branch_id, 'activity_rollups', date_trunc('month', a.hour_at AT TIME ZONE 'UTC')::date,
           '', count(*) FROM hailong.activity_rollups a GROUP BY 1, 3
    UNION ALL
    SELECT a.branch_id, 'activity', (a.hour_at AT TIME ZONE 'UTC')::date, '', sum(a.windows)
    FROM hailong.activity_rollups a
    WHERE a.hour_at >= hailong_private.closed_before('activity') GROUP BY 1, 3
$$;

ALTER FUNCTION hailong_private.counted_rows() OWNER TO hailong_migrator;

-- Name: forget_counts(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.forget_counts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    emptied text[] := ARRAY[TG_TABLE_NAME::text] || CASE TG_TABLE_NAME
        WHEN 'flags' THEN ARRAY['decisions'] WHEN 'activity_rollups' THEN ARRAY['activity']
        ELSE '{}' END;
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, kept_in, part, variant, -sum(rows)
    FROM (SELECT branch_id, kept_in, part, variant, rows FROM hailong.row_counts
          UNION ALL
          SELECT branch_id, kept_in, part, variant, rows FROM hailong.row_changes) c
    WHERE kept_in = ANY (emptied)
    GROUP BY 1, 2, 3, 4 HAVING sum(rows) <> 0;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.forget_counts() OWNER TO hailong_migrator;

-- Name: make_partitions(text, text, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.make_partitions(of_schema text, parent text, width text, from_at timestamp with time zone, to_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $_$
DECLARE
    made integer := 0;
    -- Names as they have been from the first on.
    shown text := CASE width WHEN 'week' THEN '_IYYY"w"IW' WHEN 'day' THEN '_YYYYMMDD'
                             ELSE '_YYYYMM' END;
    -- A month's first hours in Hanoi are the month before's last in UTC.
    lower_at timestamptz := date_trunc(width, from_at, 'UTC');
    last_at timestamptz := to_at + CASE width WHEN 'month' THEN interval '7 hours'
                                              ELSE interval '0' END;
    child text;
BEGIN
    WHILE lower_at < last_at LOOP
        child := parent || to_char(lower_at AT TIME ZONE 'UTC', shown);
        IF to_regclass(format('%I.%I', of_schema, child)) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I FOR VALUES FROM (%4$L) TO (%5$L)',
                of_schema, child, parent, lower_at, lower_at + ('1 ' || width)::interval);
            DELETE FROM hailong.row_counts c WHERE hailong.partition_name(c.kept_in, c.part) = child;
            DELETE FROM hailong.row_changes c WHERE hailong.partition_name(c.kept_in, c.part) = child;
            made := made + 1;
        END IF;
        lower_at := lower_at + ('1 ' || width)::interval;
    END LOOP;
    RETURN made;
END $_$;

ALTER FUNCTION hailong_private.make_partitions(of_schema text, parent text, width text, from_at timestamp with time zone, to_at timestamp with time zone) OWNER TO hailong_migrator;

-- Name: queue_rollups(); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.queue_rollups() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hailong.rollup_queue (branch_id, counter_id, at, interaction_id)
    SELECT DISTINCT branch_id, counter_id, at, interaction_id FROM changed;
    RETURN NULL;
END $$;

ALTER FUNCTION hailong_private.queue_rollups() OWNER TO hailong_migrator;

-- Name: require_branch(text); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.require_branch(of_branch text) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF of_branch = ANY (hailong.visible_branches()) IS NOT TRUE THEN
        RAISE EXCEPTION 'the rollups of a branch that this transaction does not see'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

ALTER FUNCTION hailong_private.require_branch(of_branch text) OWNER TO hailong_migrator;

-- Name: rollup_lock(text); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.rollup_lock(of_branch text) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (((7201004)::bigint << 32) | ((hashtext(of_branch))::bigint & '4294967295'::bigint));

ALTER FUNCTION hailong_private.rollup_lock(of_branch text) OWNER TO hailong_migrator;

-- Name: spread(integer, integer[], integer[]); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.spread(size integer, places integer[], weights integer[]) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
DECLARE
    made integer[];
BEGIN
    IF size IS NULL THEN
        RETURN NULL;
    END IF;
    made := array_fill(0, ARRAY[size]);
    FOR i IN 1 .. cardinality(places) LOOP
        made[places[i]] := made[places[i]] + weights[i];
    END LOOP;
    RETURN made;
END $$;

ALTER FUNCTION hailong_private.spread(size integer, places integer[], weights integer[]) OWNER TO hailong_migrator;

-- Name: voided(hailong.interactions); Type: FUNCTION; Schema: hailong_private; Owner: hailong_migrator

CREATE FUNCTION hailong_private.voided(i hailong.interactions) RETURNS TABLE(type text, name text, role text, offset_s jsonb, duration_s numeric)
    LANGUAGE sql STABLE
    AS $_$
    SELECT DISTINCT e ->> 'type', COALESCE(e ->> 'category', e ->> 'kind'), e ->> 'role',
           e -> 'offset_s', (e ->> 'duration_s')::numeric
    FROM hailong.flags f
    CROSS JOIN LATERAL (
        SELECT r.outcome FROM hailong.reviews r
        WHERE r.branch_id = f.branch_id AND r.counter_id = f.counter_id AND r.at = f.at
          AND r.flag_id = f.flag_id
        ORDER BY r.review_no DESC LIMIT 1) latest
    CROSS JOIN LATERAL jsonb_path_query(f.evidence, '$[*]') AS e
    WHERE f.branch_id = i.branch_id AND f.counter_id = i.counter_id AND f.at = i.at
      AND f.interaction_id = i.interaction_id AND f.state = 'decided'
      AND latest.outcome IN ('dismissed', 'overturned')
$_$;

ALTER FUNCTION hailong_private.voided(i hailong.interactions) OWNER TO hailong_migrator;

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
  WHERE (((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)) IS TRUE) AND ((CURRENT_USER <> 'hailong_app'::name) OR (( SELECT hailong.visible_staff() AS visible_staff) = '*'::text)))
  WITH CASCADED CHECK OPTION;

ALTER VIEW hailong.activity OWNER TO hailong_migrator;

-- Name: activity_marks; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.activity_marks (
    mark_no bigint NOT NULL,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    hour_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY hailong.activity_marks FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.activity_marks OWNER TO hailong_migrator;

-- Name: activity_marks_mark_no_seq; Type: SEQUENCE; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.activity_marks ALTER COLUMN mark_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.activity_marks_mark_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: alert_events; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.alert_events (
    event_no bigint NOT NULL,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    flag_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    what text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    CONSTRAINT alert_events_what_check CHECK ((what = ANY (ARRAY['new'::text, 'update'::text, 'end'::text])))
);

ALTER TABLE ONLY hailong.alert_events FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.alert_events OWNER TO hailong_migrator;

-- Name: alert_events_event_no_seq; Type: SEQUENCE; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.alert_events ALTER COLUMN event_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.alert_events_event_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: alert_sendings; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.alert_sendings (
    event_no bigint NOT NULL,
    channel text NOT NULL,
    branch_id text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    fault text,
    CONSTRAINT alert_sendings_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT alert_sendings_channel_check CHECK ((channel ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text)),
    CONSTRAINT alert_sendings_fault_check CHECK ((fault ~ '^[a-z0-9_]{1,40}$'::text)),
    CONSTRAINT alert_sendings_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'failed'::text])))
);

ALTER TABLE ONLY hailong.alert_sendings FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.alert_sendings OWNER TO hailong_migrator;

-- Name: alert_visits; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.alert_visits (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    flag_id uuid NOT NULL,
    seen_by uuid NOT NULL,
    interaction_id uuid NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY hailong.alert_visits FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.alert_visits OWNER TO hailong_migrator;

-- Name: alerts; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.alerts (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    flag_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    rule_id text NOT NULL,
    rule_version integer NOT NULL,
    severity integer NOT NULL,
    role text NOT NULL,
    evidence jsonb NOT NULL,
    coverage real NOT NULL,
    state text NOT NULL,
    ended_as text,
    raised_at timestamp with time zone NOT NULL,
    snapshot_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT alerts_check CHECK (((state = 'end'::text) = (ended_as IS NOT NULL))),
    CONSTRAINT alerts_coverage_check CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
    CONSTRAINT alerts_ended_as_check CHECK ((ended_as = ANY (ARRAY['confirmed'::text, 'withdrawn'::text, 'lost'::text]))),
    CONSTRAINT alerts_role_check CHECK ((role = ANY (ARRAY['staff'::text, 'citizen'::text, 'none'::text]))),
    CONSTRAINT alerts_severity_check CHECK (((severity >= 1) AND (severity <= 5))),
    CONSTRAINT alerts_state_check CHECK ((state = ANY (ARRAY['new'::text, 'update'::text, 'end'::text])))
);

ALTER TABLE ONLY hailong.alerts FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.alerts OWNER TO hailong_migrator;

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

-- Name: calibrations; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.calibrations (
    calibration_no integer NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    withdrawn_at timestamp with time zone,
    method text NOT NULL,
    knots jsonb NOT NULL,
    margin double precision NOT NULL,
    ratings integer NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL,
    rubrics jsonb NOT NULL,
    report jsonb NOT NULL,
    CONSTRAINT calibrations_check CHECK ((until_day >= from_day)),
    CONSTRAINT calibrations_margin_check CHECK (((margin >= (0)::double precision) AND (margin <= (100)::double precision))),
    CONSTRAINT calibrations_method_check CHECK ((method = ANY (ARRAY['isotonic'::text, 'ordinal'::text]))),
    CONSTRAINT calibrations_ratings_check CHECK ((ratings > 0))
);

ALTER TABLE ONLY hailong.calibrations FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.calibrations OWNER TO hailong_migrator;

-- Name: calibrations_calibration_no_seq; Type: SEQUENCE; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.calibrations ALTER COLUMN calibration_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.calibrations_calibration_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: commands; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.commands (
    command_id uuid DEFAULT gen_random_uuid() NOT NULL,
    device_id text NOT NULL,
    command text NOT NULL,
    stream text,
    first_sequence bigint,
    last_sequence bigint,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    outcome text,
    outcome_at timestamp with time zone,
    CONSTRAINT commands_asked_by_check CHECK ((asked_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT commands_check CHECK (((command = 'resend'::text) = (stream IS NOT NULL))),
    CONSTRAINT commands_check1 CHECK ((((stream IS NULL) = (first_sequence IS NULL)) AND ((stream IS NULL) = (last_sequence IS NULL)))),
    CONSTRAINT commands_check2 CHECK ((first_sequence <= last_sequence)),
    CONSTRAINT commands_check3 CHECK ((expires_at <= (asked_at + '7 days'::interval))),
    CONSTRAINT commands_command_check CHECK ((command = ANY (ARRAY['resend'::text, 'restart'::text, 'self_test'::text, 'renew_certificate'::text, 'roll_back'::text]))),
    CONSTRAINT commands_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'failed'::text, 'expired'::text, 'unsupported'::text, 'interrupted'::text]))),
    CONSTRAINT commands_stream_check CHECK ((stream ~ '^[0-9a-f]{32}$'::text))
);

ALTER TABLE ONLY hailong.commands FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.commands OWNER TO hailong_migrator;

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

-- Name: device_configs; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.device_configs (
    device_id text NOT NULL,
    version bigint NOT NULL,
    release_no bigint,
    rollout_no bigint,
    wanted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT device_configs_version_check CHECK ((version >= 1))
);

ALTER TABLE ONLY hailong.device_configs FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.device_configs OWNER TO hailong_migrator;

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

-- Name: files; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.files (
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT files_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT files_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE ONLY hailong.files FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.files OWNER TO hailong_migrator;

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
    held text,
    sampled boolean DEFAULT false NOT NULL,
    reviewer text DEFAULT 'branch'::text NOT NULL,
    CONSTRAINT flags_coverage_check CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
    CONSTRAINT flags_held_check CHECK ((held = ANY (ARRAY['silent'::text, 'stopped'::text, 'unknown'::text, 'budget'::text]))),
    CONSTRAINT flags_kind_check CHECK ((kind = ANY (ARRAY['live'::text, 'review'::text, 'trend'::text, 'shadow'::text]))),
    CONSTRAINT flags_reviewer_check CHECK ((reviewer = ANY (ARRAY['branch'::text, 'city'::text]))),
    CONSTRAINT flags_role_check CHECK ((role = ANY (ARRAY['staff'::text, 'citizen'::text, 'none'::text]))),
    CONSTRAINT flags_severity_check CHECK (((severity >= 1) AND (severity <= 5))),
    CONSTRAINT flags_state_check CHECK ((state = ANY (ARRAY['open'::text, 'decided'::text, 'withdrawn'::text])))
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY hailong.flags FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.flags OWNER TO hailong_migrator;

-- Name: hour_rollups; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.hour_rollups (
    branch_id text NOT NULL,
    measure text NOT NULL,
    variant text NOT NULL,
    month date NOT NULL,
    hour integer NOT NULL,
    counter_id text NOT NULL,
    zone text NOT NULL,
    n bigint NOT NULL,
    total bigint NOT NULL,
    squares numeric NOT NULL,
    bins integer[]
)
PARTITION BY RANGE (month);

ALTER TABLE ONLY hailong.hour_rollups FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.hour_rollups OWNER TO hailong_migrator;

-- Name: open_interactions; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.open_interactions (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    interaction_id uuid NOT NULL,
    device_id text NOT NULL,
    captured_at timestamp with time zone NOT NULL,
    payload jsonb NOT NULL,
    message_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    judged_at timestamp with time zone
);

ALTER TABLE ONLY hailong.open_interactions FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.open_interactions OWNER TO hailong_migrator;

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

-- Name: ratings; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.ratings (
    branch_id text NOT NULL,
    rating_id uuid NOT NULL,
    counter_id text,
    at timestamp with time zone NOT NULL,
    visit_id uuid,
    interaction_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    stars integer NOT NULL,
    channel text NOT NULL,
    solicited boolean NOT NULL,
    CONSTRAINT ratings_channel_check CHECK ((channel = ANY (ARRAY['counter'::text, 'exit'::text, 'ticket'::text, 'phone'::text, 'online'::text]))),
    CONSTRAINT ratings_stars_check CHECK (((stars >= 1) AND (stars <= 5)))
);

ALTER TABLE ONLY hailong.ratings FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.ratings OWNER TO hailong_migrator;

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

-- Name: release_files; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.release_files (
    release_no bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    CONSTRAINT release_files_kind_check CHECK ((kind = ANY (ARRAY['lexicon'::text, 'model'::text]))),
    CONSTRAINT release_files_name_check CHECK ((name ~ '^[a-z_]{1,40}$'::text))
);

ALTER TABLE ONLY hailong.release_files FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.release_files OWNER TO hailong_migrator;

-- Name: releases; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.releases (
    release_no bigint NOT NULL,
    settings jsonb NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    categories text[],
    CONSTRAINT releases_categories_check CHECK ((array_to_string(categories, ','::text, '?'::text) ~ '^([a-z_]{1,40}(,[a-z_]{1,40})*)?$'::text)),
    CONSTRAINT releases_made_by_check CHECK ((made_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT releases_release_no_check CHECK ((release_no >= 1))
);

ALTER TABLE ONLY hailong.releases FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.releases OWNER TO hailong_migrator;

-- Name: review_budgets; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.review_budgets (
    branch_id text NOT NULL,
    day date NOT NULL,
    rule_id text NOT NULL,
    used integer DEFAULT 0 NOT NULL,
    held integer DEFAULT 0 NOT NULL,
    trend_since timestamp with time zone,
    trend_reason text,
    CONSTRAINT review_budgets_check CHECK (((trend_since IS NULL) = (trend_reason IS NULL))),
    CONSTRAINT review_budgets_held_check CHECK ((held >= 0)),
    CONSTRAINT review_budgets_rule_id_check CHECK ((rule_id ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
    CONSTRAINT review_budgets_trend_reason_check CHECK ((trend_reason = ANY (ARRAY['target'::text, 'cap'::text]))),
    CONSTRAINT review_budgets_used_check CHECK ((used >= 0))
);

ALTER TABLE ONLY hailong.review_budgets FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.review_budgets OWNER TO hailong_migrator;

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
    bulk boolean DEFAULT false NOT NULL,
    CONSTRAINT reviews_ground_check CHECK ((ground = ANY (ARRAY['clerk_agrees'::text, 'dossier_fact'::text, 'eyewitness'::text, 'citizen_contacted'::text, 'cctv_request'::text, 'none'::text]))),
    CONSTRAINT reviews_outcome_check CHECK ((outcome = ANY (ARRAY['confirmed'::text, 'dismissed'::text, 'insufficient'::text, 'coached'::text]))),
    CONSTRAINT reviews_review_no_check CHECK ((review_no >= 1))
);

ALTER TABLE ONLY hailong.reviews FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.reviews OWNER TO hailong_migrator;

-- Name: rollout_steps; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rollout_steps (
    rollout_no bigint NOT NULL,
    step_no integer NOT NULL,
    step text NOT NULL,
    stage text NOT NULL,
    despite_failures boolean NOT NULL,
    taken_by text NOT NULL,
    taken_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT rollout_steps_step_check CHECK ((step = ANY (ARRAY['start'::text, 'widen'::text, 'pause'::text, 'resume'::text, 'back'::text, 'replaced'::text]))),
    CONSTRAINT rollout_steps_step_no_check CHECK ((step_no >= 1)),
    CONSTRAINT rollout_steps_taken_by_check CHECK ((taken_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text))
);

ALTER TABLE ONLY hailong.rollout_steps FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rollout_steps OWNER TO hailong_migrator;

-- Name: rollouts; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rollouts (
    rollout_no bigint NOT NULL,
    release_no bigint NOT NULL,
    first_branch text NOT NULL,
    first_counter text NOT NULL,
    stage text DEFAULT 'counter'::text NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    ended text,
    CONSTRAINT rollouts_ended_check CHECK ((ended = ANY (ARRAY['replaced'::text, 'back'::text]))),
    CONSTRAINT rollouts_stage_check CHECK ((stage = ANY (ARRAY['counter'::text, 'branch'::text, 'all'::text])))
);

ALTER TABLE ONLY hailong.rollouts FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rollouts OWNER TO hailong_migrator;

-- Name: rollouts_rollout_no_seq; Type: SEQUENCE; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rollouts ALTER COLUMN rollout_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.rollouts_rollout_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: rollup_bins; Type: VIEW; Schema: hailong; Owner: hailong_migrator

CREATE VIEW hailong.rollup_bins WITH (security_barrier='true') AS
 SELECT bins,
    edges
   FROM ( VALUES ('duration'::text,ARRAY[(0)::numeric, 0.01, 0.5, (1)::numeric, 1.5, (2)::numeric, (3)::numeric, (4)::numeric, (5)::numeric, (6)::numeric, (8)::numeric, (10)::numeric, (12)::numeric, (15)::numeric, (20)::numeric, (25)::numeric, (30)::numeric, (40)::numeric, (50)::numeric, (60)::numeric, (75)::numeric, (90)::numeric, (105)::numeric, (120)::numeric, (135)::numeric, (150)::numeric, (165)::numeric, (180)::numeric, (210)::numeric, (240)::numeric, (270)::numeric, (300)::numeric, (330)::numeric, (360)::numeric, (420)::numeric, (480)::numeric, (540)::numeric, (600)::numeric, (660)::numeric, (720)::numeric, (780)::numeric, (840)::numeric, (900)::numeric, (960)::numeric, (1020)::numeric, (1080)::numeric, (1200)::numeric, (1320)::numeric, (1500)::numeric, (1800)::numeric, (2100)::numeric, (2400)::numeric, (2700)::numeric, (3000)::numeric, (3600)::numeric, (4500)::numeric, (5400)::numeric, (7200)::numeric, (10800)::numeric, (14400)::numeric, 86400.01]), ('gap'::text,ARRAY[('-30'::integer)::numeric, ('-10'::integer)::numeric, ('-5'::integer)::numeric, ('-3'::integer)::numeric, ('-2'::integer)::numeric, '-1.5'::numeric, ('-1'::integer)::numeric, '-0.75'::numeric, '-0.5'::numeric, '-0.3'::numeric, '-0.2'::numeric, '-0.1'::numeric, (0)::numeric, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, (1)::numeric, 1.2, 1.4, 1.6, 1.8, (2)::numeric, 2.5, (3)::numeric, 3.5, (4)::numeric, (5)::numeric, (6)::numeric, (7)::numeric, (8)::numeric, (10)::numeric, (12)::numeric, (15)::numeric, (20)::numeric, (30)::numeric, (60)::numeric, (120)::numeric, (300)::numeric, (600)::numeric, 3600.01]), ('count'::text,ARRAY[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 86401]), ('polarity'::text,ARRAY[('-1'::integer)::numeric, '-0.95'::numeric, '-0.9'::numeric, '-0.85'::numeric, '-0.8'::numeric, '-0.75'::numeric, '-0.7'::numeric, '-0.65'::numeric, '-0.6'::numeric, '-0.55'::numeric, '-0.5'::numeric, '-0.45'::numeric, '-0.4'::numeric, '-0.35'::numeric, '-0.3'::numeric, '-0.25'::numeric, '-0.2'::numeric, '-0.15'::numeric, '-0.1'::numeric, '-0.05'::numeric, (0)::numeric, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.001]), ('share'::text,ARRAY[(0)::numeric, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, (1)::numeric, 1.001]), ('points'::text,ARRAY[(0)::numeric, (2)::numeric, (4)::numeric, (6)::numeric, (8)::numeric, (10)::numeric, (12)::numeric, (14)::numeric, (16)::numeric, (18)::numeric, (20)::numeric, (22)::numeric, (24)::numeric, (26)::numeric, (28)::numeric, (30)::numeric, (32)::numeric, (34)::numeric, (36)::numeric, (38)::numeric, (40)::numeric, (42)::numeric, (44)::numeric, (46)::numeric, (48)::numeric, (50)::numeric, (52)::numeric, (54)::numeric, (56)::numeric, (58)::numeric, (60)::numeric, (62)::numeric, (64)::numeric, (66)::numeric, (68)::numeric, (70)::numeric, (72)::numeric, (74)::numeric, (76)::numeric, (78)::numeric, (80)::numeric, (82)::numeric, (84)::numeric, (86)::numeric, (88)::numeric, (90)::numeric, (92)::numeric, (94)::numeric, (96)::numeric, (98)::numeric, 100.01]), ('decibels'::text,ARRAY[(0)::numeric, (2)::numeric, (4)::numeric, (6)::numeric, (8)::numeric, (10)::numeric, (12)::numeric, (14)::numeric, (16)::numeric, (18)::numeric, (20)::numeric, (22)::numeric, (24)::numeric, (26)::numeric, (28)::numeric, (30)::numeric, (32)::numeric, (34)::numeric, (36)::numeric, (38)::numeric, (40)::numeric, (45)::numeric, (50)::numeric, (60)::numeric, (80)::numeric, (100)::numeric, 86400.1])) b(bins, edges);

ALTER VIEW hailong.rollup_bins OWNER TO hailong_migrator;

-- Name: rollup_measures; Type: VIEW; Schema: hailong; Owner: hailong_migrator

CREATE VIEW hailong.rollup_measures WITH (security_barrier='true') AS
 SELECT m.measure,
    m.unit,
    m.step,
    m.source,
    m.path,
    m.voids,
    m.voids_role,
    m.by_staff,
    ( SELECT array_agg(((e.e / m.step))::bigint ORDER BY e.e) AS array_agg
           FROM unnest(b.edges) e(e)) AS edges
   FROM (( VALUES ('handling_s'::text,'s'::text,0.01,'measurements'::text,'{handling_s}'::text[],NULL::text,NULL::text,true,'duration'::text), ('talk_time_s.staff'::text,'s'::text,0.01,'measurements'::text,'{talk_time_s,staff}'::text[],NULL::text,NULL::text,true,'duration'::text), ('talk_time_s.citizen'::text,'s'::text,0.01,'measurements'::text,'{talk_time_s,citizen}'::text[],NULL::text,NULL::text,false,'duration'::text), ('overlap_s'::text,'s'::text,0.01,'measurements'::text,'{overlap_s}'::text[],'overlap'::text,NULL::text,true,'duration'::text), ('dead_air_s'::text,'s'::text,0.01,'measurements'::text,'{dead_air_s}'::text[],'dead_air'::text,NULL::text,true,'duration'::text), ('longest_dead_air_s'::text,'s'::text,0.01,'measurements'::text,'{longest_dead_air_s}'::text[],NULL::text,NULL::text,true,'duration'::text), ('response_gap_s'::text,'s'::text,0.01,'measurements'::text,'{response_gap_s}'::text[],NULL::text,NULL::text,true,'gap'::text), ('interruptions.staff'::text,'count'::text,1,'measurements'::text,'{interruptions,staff}'::text[],'interruption'::text,'staff'::text,true,'count'::text), ('interruptions.citizen'::text,'count'::text,1,'measurements'::text,'{interruptions,citizen}'::text[],'interruption'::text,'citizen'::text,false,'count'::text), ('raised_voice_s.staff'::text,'s'::text,0.01,'measurements'::text,'{raised_voice_s,staff}'::text[],'raised_voice'::text,'staff'::text,true,'duration'::text), ('raised_voice_s.citizen'::text,'s'::text,0.01,'measurements'::text,'{raised_voice_s,citizen}'::text[],'raised_voice'::text,'citizen'::text,false,'duration'::text), ('sentiment.citizen'::text,'polarity'::text,0.001,'measurements'::text,'{sentiment,mean}'::text[],NULL::text,NULL::text,false,'polarity'::text), ('unattended_s'::text,'s'::text,0.01,'measurements'::text,'{unattended_s}'::text[],'unattended'::text,NULL::text,true,'duration'::text), ('snr_db.staff'::text,'dB'::text,0.1,'measurements'::text,'{snr_db,staff}'::text[],NULL::text,NULL::text,true,'decibels'::text), ('snr_db.citizen'::text,'dB'::text,0.1,'measurements'::text,'{snr_db,citizen}'::text[],NULL::text,NULL::text,true,'decibels'::text), ('coverage.audio'::text,'share'::text,0.001,'coverage'::text,'{audio}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.video'::text,'share'::text,0.001,'coverage'::text,'{video}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.roles'::text,'share'::text,0.001,'coverage'::text,'{roles}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.text_staff'::text,'share'::text,0.001,'coverage'::text,'{text_staff}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.text_citizen'::text,'share'::text,0.001,'coverage'::text,'{text_citizen}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.sentiment'::text,'share'::text,0.001,'coverage'::text,'{sentiment}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.overlap'::text,'share'::text,0.001,'coverage'::text,'{overlap}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.raised_voice_staff'::text,'share'::text,0.001,'coverage'::text,'{raised_voice_staff}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.raised_voice_citizen'::text,'share'::text,0.001,'coverage'::text,'{raised_voice_citizen}'::text[],NULL::text,NULL::text,true,'share'::text), ('coverage.presence'::text,'share'::text,0.001,'coverage'::text,'{presence}'::text[],NULL::text,NULL::text,true,'share'::text), ('experience'::text,'points'::text,0.01,'scores'::text,NULL::text[],NULL::text,NULL::text,false,'points'::text), ('counter_part'::text,'points'::text,0.01,'scores'::text,NULL::text[],NULL::text,NULL::text,true,'points'::text), ('interactions'::text,'count'::text,1,'events'::text,NULL::text[],NULL::text,NULL::text,true,NULL::text), ('boundary_uncertain'::text,'count'::text,1,'events'::text,NULL::text[],NULL::text,NULL::text,true,NULL::text), ('not_enough_measured'::text,'count'::text,1,'events'::text,NULL::text[],NULL::text,NULL::text,true,NULL::text), ('hits'::text,'count'::text,1,'events'::text,NULL::text[],NULL::text,NULL::text,true,NULL::text), ('flags'::text,'count'::text,1,'events'::text,NULL::text[],NULL::text,NULL::text,true,NULL::text), ('shadow_flags'::text,'count'::text,1,'events'::text,NULL::text[],NULL::text,NULL::text,false,NULL::text)) m(measure, unit, step, source, path, voids, voids_role, by_staff, bins)
     LEFT JOIN hailong.rollup_bins b USING (bins));

ALTER VIEW hailong.rollup_measures OWNER TO hailong_migrator;

-- Name: rollup_queue; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rollup_queue (
    queue_no bigint NOT NULL,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    interaction_id uuid NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    set_aside integer DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY hailong.rollup_queue FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rollup_queue OWNER TO hailong_migrator;

-- Name: rollup_queue_queue_no_seq; Type: SEQUENCE; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rollup_queue ALTER COLUMN queue_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.rollup_queue_queue_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: rollups; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rollups (
    branch_id text NOT NULL,
    measure text NOT NULL,
    variant text NOT NULL,
    day date NOT NULL,
    counter_id text NOT NULL,
    zone text NOT NULL,
    n bigint NOT NULL,
    total bigint NOT NULL,
    squares numeric NOT NULL,
    bins integer[]
)
PARTITION BY RANGE (day);

ALTER TABLE ONLY hailong.rollups FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rollups OWNER TO hailong_migrator;

-- Name: row_changes; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.row_changes (
    change_no bigint NOT NULL,
    branch_id text NOT NULL,
    kept_in text NOT NULL,
    part date NOT NULL,
    variant text NOT NULL,
    rows bigint NOT NULL
);

ALTER TABLE ONLY hailong.row_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.row_changes OWNER TO hailong_migrator;

-- Name: row_changes_change_no_seq; Type: SEQUENCE; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.row_changes ALTER COLUMN change_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hailong.row_changes_change_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: row_counts; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.row_counts (
    branch_id text NOT NULL,
    kept_in text NOT NULL,
    part date NOT NULL,
    variant text NOT NULL,
    rows bigint NOT NULL
);

ALTER TABLE ONLY hailong.row_counts FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.row_counts OWNER TO hailong_migrator;

-- Name: rubrics; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rubrics (
    rubric text NOT NULL,
    rubric_version integer NOT NULL,
    digest text NOT NULL,
    body text NOT NULL,
    in_force_since timestamp with time zone,
    CONSTRAINT rubrics_rubric_version_check CHECK ((rubric_version >= 1))
);

ALTER TABLE ONLY hailong.rubrics FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rubrics OWNER TO hailong_migrator;

-- Name: rule_figures; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rule_figures (
    rule_id text NOT NULL,
    rule_version integer NOT NULL,
    decided integer NOT NULL,
    with_ground integer NOT NULL,
    founded integer NOT NULL,
    bulk integer NOT NULL,
    branches integer NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    CONSTRAINT rule_figures_branches_check CHECK ((branches >= 0)),
    CONSTRAINT rule_figures_bulk_check CHECK ((bulk >= 0)),
    CONSTRAINT rule_figures_check CHECK ((decided >= with_ground)),
    CONSTRAINT rule_figures_check1 CHECK ((with_ground >= founded)),
    CONSTRAINT rule_figures_founded_check CHECK ((founded >= 0)),
    CONSTRAINT rule_figures_rule_id_check CHECK ((rule_id ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
    CONSTRAINT rule_figures_rule_version_check CHECK ((rule_version >= 1))
);

ALTER TABLE ONLY hailong.rule_figures FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rule_figures OWNER TO hailong_migrator;

-- Name: rule_standings; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.rule_standings (
    branch_id text NOT NULL,
    rule_id text NOT NULL,
    rule_version integer NOT NULL,
    standing_no integer NOT NULL,
    standing text NOT NULL,
    reason text NOT NULL,
    since timestamp with time zone NOT NULL,
    silent_until timestamp with time zone,
    seed bytea,
    counted_from timestamp with time zone,
    decided integer DEFAULT 0 NOT NULL,
    with_ground integer DEFAULT 0 NOT NULL,
    founded integer DEFAULT 0 NOT NULL,
    pooled boolean DEFAULT false NOT NULL,
    set_by text,
    CONSTRAINT rule_standings_check CHECK ((decided >= with_ground)),
    CONSTRAINT rule_standings_check1 CHECK ((with_ground >= founded)),
    CONSTRAINT rule_standings_check2 CHECK (((standing = 'silent'::text) = (silent_until IS NOT NULL))),
    CONSTRAINT rule_standings_check3 CHECK (((standing = 'stopped'::text) = (seed IS NOT NULL))),
    CONSTRAINT rule_standings_check4 CHECK (((reason = 'by_hand'::text) = (set_by IS NOT NULL))),
    CONSTRAINT rule_standings_founded_check CHECK ((founded >= 0)),
    CONSTRAINT rule_standings_reason_check CHECK ((reason = ANY (ARRAY['first_use'::text, 'silence_over'::text, 'under_floor'::text, 'unknown_share'::text, 'recovered'::text, 'by_hand'::text]))),
    CONSTRAINT rule_standings_rule_id_check CHECK ((rule_id ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
    CONSTRAINT rule_standings_rule_version_check CHECK ((rule_version >= 1)),
    CONSTRAINT rule_standings_seed_check CHECK ((octet_length(seed) = 16)),
    CONSTRAINT rule_standings_set_by_check CHECK ((set_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
    CONSTRAINT rule_standings_standing_check CHECK ((standing = ANY (ARRAY['silent'::text, 'active'::text, 'city'::text, 'trend'::text, 'stopped'::text, 'shadow'::text]))),
    CONSTRAINT rule_standings_standing_no_check CHECK ((standing_no >= 1))
);

ALTER TABLE ONLY hailong.rule_standings FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.rule_standings OWNER TO hailong_migrator;

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
    calibration_no integer,
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
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    live boolean DEFAULT false NOT NULL
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

-- Name: staff_rollups; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.staff_rollups (
    branch_id text NOT NULL,
    measure text NOT NULL,
    variant text NOT NULL,
    day date NOT NULL,
    staff_id text NOT NULL,
    zone text NOT NULL,
    n bigint NOT NULL,
    total bigint NOT NULL,
    squares numeric NOT NULL,
    bins integer[]
)
PARTITION BY RANGE (day);

ALTER TABLE ONLY hailong.staff_rollups FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.staff_rollups OWNER TO hailong_migrator;

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

-- Name: truth_matches; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.truth_matches (
    branch_id text NOT NULL,
    session_id uuid NOT NULL,
    match_no integer NOT NULL,
    what text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    rule_version integer,
    outcome text NOT NULL,
    reason text,
    later_s real,
    CONSTRAINT truth_matches_check CHECK (((what = 'rule'::text) = (rule_version IS NOT NULL))),
    CONSTRAINT truth_matches_check1 CHECK (((outcome = 'left_out'::text) = (reason IS NOT NULL))),
    CONSTRAINT truth_matches_match_no_check CHECK ((match_no >= 1)),
    CONSTRAINT truth_matches_outcome_check CHECK ((outcome = ANY (ARRAY['found'::text, 'missed'::text, 'false_alarm'::text, 'left_out'::text]))),
    CONSTRAINT truth_matches_role_check CHECK ((role = ANY (ARRAY['staff'::text, 'citizen'::text, 'none'::text]))),
    CONSTRAINT truth_matches_what_check CHECK ((what = ANY (ARRAY['category'::text, 'rule'::text])))
);

ALTER TABLE ONLY hailong.truth_matches FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.truth_matches OWNER TO hailong_migrator;

-- Name: truth_sessions; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.truth_sessions (
    branch_id text NOT NULL,
    session_id uuid NOT NULL,
    counter_id text NOT NULL,
    kind text NOT NULL,
    script text,
    dialect text NOT NULL,
    noise text NOT NULL,
    watched text[] NOT NULL,
    clerk_told_at timestamp with time zone NOT NULL,
    citizens_told_at timestamp with time zone NOT NULL,
    observer uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    state text DEFAULT 'open'::text NOT NULL,
    matched_at timestamp with time zone,
    CONSTRAINT truth_sessions_check CHECK ((ended_at >= started_at)),
    CONSTRAINT truth_sessions_check1 CHECK (((kind = 'script'::text) = (script IS NOT NULL))),
    CONSTRAINT truth_sessions_check2 CHECK (((state = 'ended'::text) <= (ended_at IS NOT NULL))),
    CONSTRAINT truth_sessions_check3 CHECK (((clerk_told_at <= started_at) AND (citizens_told_at <= started_at))),
    CONSTRAINT truth_sessions_dialect_check CHECK ((dialect = ANY (ARRAY['north'::text, 'central'::text, 'south'::text, 'mixed'::text]))),
    CONSTRAINT truth_sessions_kind_check CHECK ((kind = ANY (ARRAY['observer'::text, 'script'::text]))),
    CONSTRAINT truth_sessions_noise_check CHECK ((noise = ANY (ARRAY['quiet'::text, 'ordinary'::text, 'loud'::text]))),
    CONSTRAINT truth_sessions_script_check CHECK ((script ~ '^[a-z][a-z0-9_]{0,39}$'::text)),
    CONSTRAINT truth_sessions_state_check CHECK ((state = ANY (ARRAY['open'::text, 'ended'::text, 'void'::text]))),
    CONSTRAINT truth_sessions_watched_check CHECK ((array_to_string(watched, ','::text, '?'::text) ~ '^[a-z_]{1,40}(,[a-z_]{1,40})*$'::text))
);

ALTER TABLE ONLY hailong.truth_sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.truth_sessions OWNER TO hailong_migrator;

-- Name: truth_ticks; Type: TABLE; Schema: hailong; Owner: hailong_migrator

CREATE TABLE hailong.truth_ticks (
    branch_id text NOT NULL,
    session_id uuid NOT NULL,
    tick_id uuid NOT NULL,
    what text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    tablet_at timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    clock_error_s real NOT NULL,
    received_at timestamp with time zone NOT NULL,
    undone_at timestamp with time zone,
    CONSTRAINT truth_ticks_clock_error_s_check CHECK ((clock_error_s >= (0)::double precision)),
    CONSTRAINT truth_ticks_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
    CONSTRAINT truth_ticks_role_check CHECK ((role = ANY (ARRAY['staff'::text, 'citizen'::text, 'none'::text]))),
    CONSTRAINT truth_ticks_what_check CHECK ((what = ANY (ARRAY['category'::text, 'rule'::text])))
);

ALTER TABLE ONLY hailong.truth_ticks FORCE ROW LEVEL SECURITY;

ALTER TABLE hailong.truth_ticks OWNER TO hailong_migrator;

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

-- Name: activity_marks activity_marks_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.activity_marks
    ADD CONSTRAINT activity_marks_pkey PRIMARY KEY (mark_no);

-- Name: activity_rollups activity_rollups_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.activity_rollups
    ADD CONSTRAINT activity_rollups_pkey PRIMARY KEY (branch_id, counter_id, hour_at);

-- Name: alert_events alert_events_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.alert_events
    ADD CONSTRAINT alert_events_pkey PRIMARY KEY (event_no);

-- Name: alert_sendings alert_sendings_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.alert_sendings
    ADD CONSTRAINT alert_sendings_pkey PRIMARY KEY (event_no, channel);

-- Name: alert_visits alert_visits_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.alert_visits
    ADD CONSTRAINT alert_visits_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id, seen_by);

-- Name: alerts alerts_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id);

-- Name: assignments assignments_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_pkey PRIMARY KEY (branch_id, counter_id, from_at);

-- Name: branches branches_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.branches
    ADD CONSTRAINT branches_pkey PRIMARY KEY (branch_id);

-- Name: calibrations calibrations_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.calibrations
    ADD CONSTRAINT calibrations_pkey PRIMARY KEY (calibration_no);

-- Name: commands commands_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.commands
    ADD CONSTRAINT commands_pkey PRIMARY KEY (command_id);

-- Name: counters counters_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (branch_id, counter_id);

-- Name: device_configs device_configs_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.device_configs
    ADD CONSTRAINT device_configs_pkey PRIMARY KEY (device_id, version);

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

-- Name: files files_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (sha256);

-- Name: flags flags_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.flags
    ADD CONSTRAINT flags_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id);

-- Name: hour_rollups hour_rollups_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.hour_rollups
    ADD CONSTRAINT hour_rollups_pkey PRIMARY KEY (branch_id, measure, variant, month, hour, counter_id, zone);

-- Name: interactions interactions_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.interactions
    ADD CONSTRAINT interactions_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);

-- Name: open_interactions open_interactions_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.open_interactions
    ADD CONSTRAINT open_interactions_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);

-- Name: points points_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.points
    ADD CONSTRAINT points_pkey PRIMARY KEY (branch_id, point_id);

-- Name: ratings ratings_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.ratings
    ADD CONSTRAINT ratings_pkey PRIMARY KEY (branch_id, rating_id);

-- Name: reject_counts reject_counts_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.reject_counts
    ADD CONSTRAINT reject_counts_pkey PRIMARY KEY (hour, branch_id, device_id, reason);

-- Name: rejects rejects_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rejects
    ADD CONSTRAINT rejects_pkey PRIMARY KEY (reject_id);

-- Name: release_files release_files_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.release_files
    ADD CONSTRAINT release_files_pkey PRIMARY KEY (release_no, kind, name);

-- Name: releases releases_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.releases
    ADD CONSTRAINT releases_pkey PRIMARY KEY (release_no);

-- Name: review_budgets review_budgets_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.review_budgets
    ADD CONSTRAINT review_budgets_pkey PRIMARY KEY (branch_id, day, rule_id);

-- Name: reviews reviews_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (branch_id, counter_id, at, flag_id, review_no);

-- Name: rollout_steps rollout_steps_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rollout_steps
    ADD CONSTRAINT rollout_steps_pkey PRIMARY KEY (rollout_no, step_no);

-- Name: rollouts rollouts_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rollouts
    ADD CONSTRAINT rollouts_pkey PRIMARY KEY (rollout_no);

-- Name: rollup_queue rollup_queue_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rollup_queue
    ADD CONSTRAINT rollup_queue_pkey PRIMARY KEY (queue_no);

-- Name: rollups rollups_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rollups
    ADD CONSTRAINT rollups_pkey PRIMARY KEY (branch_id, measure, variant, day, counter_id, zone);

-- Name: row_changes row_changes_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.row_changes
    ADD CONSTRAINT row_changes_pkey PRIMARY KEY (branch_id, change_no);

-- Name: row_counts row_counts_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.row_counts
    ADD CONSTRAINT row_counts_pkey PRIMARY KEY (branch_id, kept_in, part, variant);

-- Name: rubrics rubrics_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rubrics
    ADD CONSTRAINT rubrics_pkey PRIMARY KEY (rubric, rubric_version);

-- Name: rule_figures rule_figures_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rule_figures
    ADD CONSTRAINT rule_figures_pkey PRIMARY KEY (rule_id, rule_version);

-- Name: rule_standings rule_standings_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rule_standings
    ADD CONSTRAINT rule_standings_pkey PRIMARY KEY (branch_id, rule_id, rule_version, standing_no);

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

-- Name: staff_rollups staff_rollups_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.staff_rollups
    ADD CONSTRAINT staff_rollups_pkey PRIMARY KEY (branch_id, measure, variant, day, staff_id, zone);

-- Name: stream_faults stream_faults_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.stream_faults
    ADD CONSTRAINT stream_faults_pkey PRIMARY KEY (device_id, stream, hour);

-- Name: streams streams_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (device_id, stream);

-- Name: truth_matches truth_matches_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.truth_matches
    ADD CONSTRAINT truth_matches_pkey PRIMARY KEY (branch_id, session_id, match_no);

-- Name: truth_sessions truth_sessions_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.truth_sessions
    ADD CONSTRAINT truth_sessions_pkey PRIMARY KEY (branch_id, session_id);

-- Name: truth_ticks truth_ticks_pkey; Type: CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.truth_ticks
    ADD CONSTRAINT truth_ticks_pkey PRIMARY KEY (branch_id, session_id, tick_id);

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

-- Name: rollup_contributions rollup_contributions_pkey; Type: CONSTRAINT; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE ONLY hailong_private.rollup_contributions
    ADD CONSTRAINT rollup_contributions_pkey PRIMARY KEY (branch_id, counter_id, at, interaction_id);

-- Name: rollups_closed rollups_closed_pkey; Type: CONSTRAINT; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE ONLY hailong_private.rollups_closed
    ADD CONSTRAINT rollups_closed_pkey PRIMARY KEY (kind);

-- Name: activity_marks_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX activity_marks_by_branch ON hailong.activity_marks USING btree (branch_id);

-- Name: alert_events_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alert_events_by_branch ON hailong.alert_events USING btree (branch_id, event_no);

-- Name: alert_events_by_interaction; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alert_events_by_interaction ON hailong.alert_events USING btree (interaction_id);

-- Name: alert_events_by_time; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alert_events_by_time ON hailong.alert_events USING btree (event_at);

-- Name: alert_sendings_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alert_sendings_by_branch ON hailong.alert_sendings USING btree (branch_id, changed_at);

-- Name: alert_sendings_waiting; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alert_sendings_waiting ON hailong.alert_sendings USING btree (next_at) WHERE (state = 'waiting'::text);

-- Name: alert_visits_by_interaction; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alert_visits_by_interaction ON hailong.alert_visits USING btree (interaction_id);

-- Name: alerts_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alerts_by_branch ON hailong.alerts USING btree (branch_id, changed_at);

-- Name: alerts_by_interaction; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alerts_by_interaction ON hailong.alerts USING btree (interaction_id);

-- Name: alerts_going_on; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX alerts_going_on ON hailong.alerts USING btree (snapshot_at) WHERE (state <> 'end'::text);

-- Name: commands_open; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX commands_open ON hailong.commands USING btree (expires_at) WHERE (outcome IS NULL);

-- Name: device_configs_by_rollout; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX device_configs_by_rollout ON hailong.device_configs USING btree (rollout_no);

-- Name: flags_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX flags_by_branch ON ONLY hailong.flags USING btree (branch_id, at, interaction_id) WHERE ((state <> 'withdrawn'::text) AND (kind <> 'shadow'::text));

-- Name: flags_by_id; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX flags_by_id ON ONLY hailong.flags USING btree (flag_id);

-- Name: flags_by_severity; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX flags_by_severity ON ONLY hailong.flags USING btree (branch_id, state, kind, severity DESC, at, flag_id);

-- Name: interactions_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX interactions_by_branch ON ONLY hailong.interactions USING btree (branch_id, at, interaction_id) INCLUDE (counter_id, staff_id);

-- Name: interactions_by_id; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX interactions_by_id ON ONLY hailong.interactions USING btree (interaction_id);

-- Name: interactions_by_staff; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX interactions_by_staff ON ONLY hailong.interactions USING btree (staff_id, at);

-- Name: open_interactions_by_time; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX open_interactions_by_time ON hailong.open_interactions USING btree (captured_at);

-- Name: ratings_by_branch; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX ratings_by_branch ON hailong.ratings USING btree (branch_id, at);

-- Name: rejects_by_stream; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX rejects_by_stream ON hailong.rejects USING btree (device_id, stream, sequence) WHERE (sequence IS NOT NULL);

-- Name: rejects_once; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE UNIQUE INDEX rejects_once ON hailong.rejects USING btree (message_sha256, reason);

-- Name: rejects_received; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX rejects_received ON hailong.rejects USING btree (received_at);

-- Name: reviews_by_flag; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX reviews_by_flag ON hailong.reviews USING btree (flag_id);

-- Name: rollouts_one_goes_on; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE UNIQUE INDEX rollouts_one_goes_on ON hailong.rollouts USING btree ((true)) WHERE (ended IS NULL);

-- Name: rollup_queue_due; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX rollup_queue_due ON hailong.rollup_queue USING btree (branch_id, due_at, queue_no);

-- Name: scores_unmeasured; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX scores_unmeasured ON ONLY hailong.scores USING btree (branch_id, at) WHERE ((figure = 'experience'::text) AND (value IS NULL));

-- Name: staff_rollups_by_staff; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX staff_rollups_by_staff ON ONLY hailong.staff_rollups USING btree (branch_id, staff_id, day);

-- Name: truth_matches_by_name; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX truth_matches_by_name ON hailong.truth_matches USING btree (branch_id, what, name);

-- Name: truth_sessions_by_time; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE INDEX truth_sessions_by_time ON hailong.truth_sessions USING btree (branch_id, started_at);

-- Name: truth_sessions_open; Type: INDEX; Schema: hailong; Owner: hailong_migrator

CREATE UNIQUE INDEX truth_sessions_open ON hailong.truth_sessions USING btree (branch_id, counter_id) WHERE (state = 'open'::text);

-- Name: enrolment_tokens_device; Type: INDEX; Schema: hailong_private; Owner: hailong_migrator

CREATE INDEX enrolment_tokens_device ON hailong_private.enrolment_tokens USING btree (device_id);

-- Name: alert_visits alert_visits_append_only; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER alert_visits_append_only BEFORE DELETE OR UPDATE ON hailong.alert_visits FOR EACH ROW EXECUTE FUNCTION hailong.refuse_change();

-- Name: alert_visits alert_visits_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER alert_visits_no_truncate BEFORE TRUNCATE ON hailong.alert_visits FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_change();

-- Name: activity_rollups count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.activity_rollups REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_hours();

-- Name: flags count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.flags REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: hour_rollups count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.hour_rollups REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_months();

-- Name: interactions count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.interactions REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: reviews count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.reviews REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: rollups count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.rollups REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_days();

-- Name: scores count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.scores REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: staff_rollups count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.staff_rollups REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_days();

-- Name: turns count_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_delete AFTER DELETE ON hailong.turns REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: activity_rollups count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.activity_rollups REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_hours();

-- Name: flags count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.flags REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: hour_rollups count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.hour_rollups REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_months();

-- Name: interactions count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.interactions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: reviews count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.reviews REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: rollups count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.rollups REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_days();

-- Name: scores count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.scores REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: staff_rollups count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.staff_rollups REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_days();

-- Name: turns count_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER count_after_insert AFTER INSERT ON hailong.turns REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_weeks();

-- Name: flags decisions_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER decisions_after_delete AFTER DELETE ON hailong.flags REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_undecided();

-- Name: reviews decisions_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER decisions_after_delete AFTER DELETE ON hailong.reviews REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_decisions();

-- Name: reviews decisions_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER decisions_after_insert AFTER INSERT ON hailong.reviews REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_decisions();

-- Name: files files_never_change; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER files_never_change BEFORE DELETE OR UPDATE ON hailong.files FOR EACH ROW EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: files files_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER files_no_truncate BEFORE TRUNCATE ON hailong.files FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: activity_rollups forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.activity_rollups FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: flags forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.flags FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: hour_rollups forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.hour_rollups FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: interactions forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.interactions FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: reviews forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.reviews FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: rollups forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.rollups FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: scores forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.scores FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: staff_rollups forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.staff_rollups FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: turns forget_after_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.turns FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts();

-- Name: interactions refuse_erased; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER refuse_erased BEFORE INSERT OR UPDATE ON hailong.interactions FOR EACH ROW EXECUTE FUNCTION hailong.refuse_erased();

-- Name: open_interactions refuse_erased; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER refuse_erased BEFORE INSERT OR UPDATE ON hailong.open_interactions FOR EACH ROW EXECUTE FUNCTION hailong.refuse_erased_snapshot();

-- Name: release_files release_files_never_change; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER release_files_never_change BEFORE DELETE OR UPDATE ON hailong.release_files FOR EACH ROW EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: release_files release_files_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER release_files_no_truncate BEFORE TRUNCATE ON hailong.release_files FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: releases releases_never_change; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER releases_never_change BEFORE DELETE OR UPDATE ON hailong.releases FOR EACH ROW EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: releases releases_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER releases_no_truncate BEFORE TRUNCATE ON hailong.releases FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: reviews reviews_append_only; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER reviews_append_only BEFORE DELETE OR UPDATE ON hailong.reviews FOR EACH ROW EXECUTE FUNCTION hailong.refuse_change();

-- Name: reviews reviews_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER reviews_no_truncate BEFORE TRUNCATE ON hailong.reviews FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_change();

-- Name: rollout_steps rollout_steps_never_change; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollout_steps_never_change BEFORE DELETE OR UPDATE ON hailong.rollout_steps FOR EACH ROW EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: rollout_steps rollout_steps_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollout_steps_no_truncate BEFORE TRUNCATE ON hailong.rollout_steps FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_release_change();

-- Name: flags rollups_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_delete AFTER DELETE ON hailong.flags REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: interactions rollups_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_delete AFTER DELETE ON hailong.interactions REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: scores rollups_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_delete AFTER DELETE ON hailong.scores REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: flags rollups_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_insert AFTER INSERT ON hailong.flags REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: interactions rollups_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_insert AFTER INSERT ON hailong.interactions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: reviews rollups_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_insert AFTER INSERT ON hailong.reviews REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: scores rollups_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_insert AFTER INSERT ON hailong.scores REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: flags rollups_after_update; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_update AFTER UPDATE ON hailong.flags REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: interactions rollups_after_update; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_update AFTER UPDATE ON hailong.interactions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: scores rollups_after_update; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rollups_after_update AFTER UPDATE ON hailong.scores REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Name: rule_standings rule_standings_append_only; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rule_standings_append_only BEFORE DELETE OR UPDATE ON hailong.rule_standings FOR EACH ROW EXECUTE FUNCTION hailong.refuse_standing_change();

-- Name: rule_standings rule_standings_no_truncate; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER rule_standings_no_truncate BEFORE TRUNCATE ON hailong.rule_standings FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_standing_change();

-- Name: activity_rollups windows_after_delete; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER windows_after_delete AFTER DELETE ON hailong.activity_rollups REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_off();

-- Name: activity_rollups windows_after_insert; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER windows_after_insert AFTER INSERT ON hailong.activity_rollups REFERENCING NEW TABLE AS there FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_on();

-- Name: activity_rollups windows_after_update; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER windows_after_update AFTER UPDATE ON hailong.activity_rollups REFERENCING NEW TABLE AS there FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_on();

-- Name: activity_rollups windows_before_update; Type: TRIGGER; Schema: hailong; Owner: hailong_migrator

CREATE TRIGGER windows_before_update AFTER UPDATE ON hailong.activity_rollups REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_off();

-- Name: alert_sendings alert_sendings_event_no_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.alert_sendings
    ADD CONSTRAINT alert_sendings_event_no_fkey FOREIGN KEY (event_no) REFERENCES hailong.alert_events(event_no) ON DELETE CASCADE;

-- Name: alert_visits alert_visits_seen_by_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.alert_visits
    ADD CONSTRAINT alert_visits_seen_by_fkey FOREIGN KEY (seen_by) REFERENCES hailong.users(user_id);

-- Name: assignments assignments_branch_id_counter_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_branch_id_counter_id_fkey FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters(branch_id, counter_id);

-- Name: assignments assignments_staff_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.assignments
    ADD CONSTRAINT assignments_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES hailong.staff(staff_id);

-- Name: commands commands_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.commands
    ADD CONSTRAINT commands_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);

-- Name: counters counters_branch_id_point_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.counters
    ADD CONSTRAINT counters_branch_id_point_id_fkey FOREIGN KEY (branch_id, point_id) REFERENCES hailong.points(branch_id, point_id);

-- Name: device_configs device_configs_device_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.device_configs
    ADD CONSTRAINT device_configs_device_id_fkey FOREIGN KEY (device_id) REFERENCES hailong.devices(device_id);

-- Name: device_configs device_configs_release_no_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.device_configs
    ADD CONSTRAINT device_configs_release_no_fkey FOREIGN KEY (release_no) REFERENCES hailong.releases(release_no);

-- Name: device_configs device_configs_rollout_no_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.device_configs
    ADD CONSTRAINT device_configs_rollout_no_fkey FOREIGN KEY (rollout_no) REFERENCES hailong.rollouts(rollout_no);

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

-- Name: release_files release_files_release_no_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.release_files
    ADD CONSTRAINT release_files_release_no_fkey FOREIGN KEY (release_no) REFERENCES hailong.releases(release_no);

-- Name: release_files release_files_sha256_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.release_files
    ADD CONSTRAINT release_files_sha256_fkey FOREIGN KEY (sha256) REFERENCES hailong.files(sha256);

-- Name: review_budgets review_budgets_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.review_budgets
    ADD CONSTRAINT review_budgets_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);

-- Name: reviews reviews_decided_by_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.reviews
    ADD CONSTRAINT reviews_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES hailong.users(user_id);

-- Name: rollout_steps rollout_steps_rollout_no_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rollout_steps
    ADD CONSTRAINT rollout_steps_rollout_no_fkey FOREIGN KEY (rollout_no) REFERENCES hailong.rollouts(rollout_no);

-- Name: rollouts rollouts_first_branch_first_counter_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rollouts
    ADD CONSTRAINT rollouts_first_branch_first_counter_fkey FOREIGN KEY (first_branch, first_counter) REFERENCES hailong.counters(branch_id, counter_id);

-- Name: rollouts rollouts_release_no_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rollouts
    ADD CONSTRAINT rollouts_release_no_fkey FOREIGN KEY (release_no) REFERENCES hailong.releases(release_no);

-- Name: rule_standings rule_standings_branch_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.rule_standings
    ADD CONSTRAINT rule_standings_branch_id_fkey FOREIGN KEY (branch_id) REFERENCES hailong.branches(branch_id);

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

-- Name: truth_matches truth_matches_branch_id_session_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.truth_matches
    ADD CONSTRAINT truth_matches_branch_id_session_id_fkey FOREIGN KEY (branch_id, session_id) REFERENCES hailong.truth_sessions(branch_id, session_id);

-- Name: truth_sessions truth_sessions_branch_id_counter_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.truth_sessions
    ADD CONSTRAINT truth_sessions_branch_id_counter_id_fkey FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters(branch_id, counter_id);

-- Name: truth_sessions truth_sessions_observer_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.truth_sessions
    ADD CONSTRAINT truth_sessions_observer_fkey FOREIGN KEY (observer) REFERENCES hailong.users(user_id);

-- Name: truth_ticks truth_ticks_branch_id_session_id_fkey; Type: FK CONSTRAINT; Schema: hailong; Owner: hailong_migrator

ALTER TABLE ONLY hailong.truth_ticks
    ADD CONSTRAINT truth_ticks_branch_id_session_id_fkey FOREIGN KEY (branch_id, session_id) REFERENCES hailong.truth_sessions(branch_id, session_id);

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

-- Name: activity_marks; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.activity_marks ENABLE ROW LEVEL SECURITY;

-- Name: activity_rollups; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.activity_rollups ENABLE ROW LEVEL SECURITY;

-- Name: alert_events; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.alert_events ENABLE ROW LEVEL SECURITY;

-- Name: alert_sendings; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.alert_sendings ENABLE ROW LEVEL SECURITY;

-- Name: alert_visits; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.alert_visits ENABLE ROW LEVEL SECURITY;

-- Name: alerts; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.alerts ENABLE ROW LEVEL SECURITY;

-- Name: activity_marks any_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_branch ON hailong.activity_marks FOR SELECT TO hailong_worker USING (true);

-- Name: rollup_queue any_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_branch ON hailong.rollup_queue FOR SELECT TO hailong_worker USING (true);

-- Name: scoring_queue any_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_branch ON hailong.scoring_queue TO hailong_worker USING (true);

-- Name: device_configs any_config_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_config_for_control ON hailong.device_configs TO hailong_control USING (true);

-- Name: devices any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.devices FOR SELECT TO hailong_ingest USING (true);

-- Name: dropped any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.dropped TO hailong_ingest USING (true);

-- Name: stream_faults any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.stream_faults TO hailong_ingest USING (true);

-- Name: streams any_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device ON hailong.streams TO hailong_ingest USING (true);

-- Name: devices any_device_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_device_for_control ON hailong.devices FOR SELECT TO hailong_control USING (true);

-- Name: release_files any_for_auditor; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_auditor ON hailong.release_files FOR SELECT TO hailong_auditor USING (true);

-- Name: releases any_for_auditor; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_auditor ON hailong.releases FOR SELECT TO hailong_auditor USING (true);

-- Name: rollout_steps any_for_auditor; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_auditor ON hailong.rollout_steps FOR SELECT TO hailong_auditor USING (true);

-- Name: rollouts any_for_auditor; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_auditor ON hailong.rollouts FOR SELECT TO hailong_auditor USING (true);

-- Name: commands any_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_control ON hailong.commands FOR SELECT TO hailong_control USING (true);

-- Name: files any_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_control ON hailong.files FOR SELECT TO hailong_control USING (true);

-- Name: release_files any_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_control ON hailong.release_files FOR SELECT TO hailong_control USING (true);

-- Name: releases any_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_control ON hailong.releases FOR SELECT TO hailong_control USING (true);

-- Name: rollouts any_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_for_control ON hailong.rollouts FOR SELECT TO hailong_control USING (true);

-- Name: reject_counts any_reject; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_reject ON hailong.reject_counts TO hailong_ingest USING (true);

-- Name: rejects any_reject; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_reject ON hailong.rejects TO hailong_ingest USING (true);

-- Name: device_status any_status_for_control; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY any_status_for_control ON hailong.device_status FOR SELECT TO hailong_control USING (true);

-- Name: assignments; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.assignments ENABLE ROW LEVEL SECURITY;

-- Name: assignments by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.assignments AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR (staff_id = ( SELECT hailong.visible_staff() AS visible_staff))));

-- Name: flags by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.flags AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: interactions by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.interactions AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR (staff_id = ( SELECT hailong.visible_staff() AS visible_staff))));

-- Name: reviews by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.reviews AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: scores by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.scores AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: staff by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.staff AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR (staff_id = ( SELECT hailong.visible_staff() AS visible_staff))));

-- Name: turns by_assignment; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_assignment ON hailong.turns AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR hailong.is_own(branch_id, counter_id, at, interaction_id)));

-- Name: activity_marks by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.activity_marks FOR INSERT TO hailong_ingest WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: activity_rollups by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.activity_rollups USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: alert_events by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.alert_events USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: alert_sendings by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.alert_sendings USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: alert_visits by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.alert_visits USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: alerts by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.alerts USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: assignments by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.assignments USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: counters by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.counters USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: device_status by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.device_status USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: devices by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.devices USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: flags by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.flags USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: hour_rollups by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.hour_rollups USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: interactions by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.interactions USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: open_interactions by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.open_interactions USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: points by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.points USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: ratings by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.ratings USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: reject_counts by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.reject_counts USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: rejects by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.rejects USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: review_budgets by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.review_budgets USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: reviews by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.reviews USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: rollups by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.rollups USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: row_changes by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.row_changes FOR SELECT USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[])));

-- Name: row_counts by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.row_counts FOR SELECT USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[])));

-- Name: rule_standings by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.rule_standings USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: scores by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.scores USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: scoring_queue by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.scoring_queue TO hailong_ingest USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: staff by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.staff USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: staff_rollups by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.staff_rollups USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: truth_matches by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.truth_matches USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: truth_sessions by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.truth_sessions USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: truth_ticks by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.truth_ticks USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: turns by_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_branch ON hailong.turns USING ((branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))) WITH CHECK ((branch_id IN ( SELECT unnest(hailong.visible_branches()) AS unnest)));

-- Name: reviews by_deciders; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_deciders ON hailong.reviews AS RESTRICTIVE FOR INSERT TO hailong_app WITH CHECK (hailong.may_decide_flag(decided_by, branch_id, counter_id, at, flag_id));

-- Name: commands by_device; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_device ON hailong.commands TO hailong_auditor, hailong_ingest USING ((EXISTS ( SELECT
   FROM hailong.devices d
  WHERE ((d.device_id = commands.device_id) AND (d.branch_id = ANY (( SELECT hailong.visible_branches() AS visible_branches)::text[]))))));

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

-- Name: truth_sessions by_observers; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_observers ON hailong.truth_sessions AS RESTRICTIVE FOR INSERT TO hailong_app WITH CHECK ((hailong.may_observe(observer, branch_id) AND (( SELECT hailong.visible_staff() AS visible_staff) = '*'::text)));

-- Name: staff_rollups by_staff; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_staff ON hailong.staff_rollups AS RESTRICTIVE TO hailong_app USING (((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text) OR (staff_id = ( SELECT hailong.visible_staff() AS visible_staff))));

-- Name: alert_visits by_supervisors; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY by_supervisors ON hailong.alert_visits AS RESTRICTIVE FOR INSERT TO hailong_app WITH CHECK (hailong.supervises(seen_by, branch_id));

-- Name: calibrations; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.calibrations ENABLE ROW LEVEL SECURITY;

-- Name: commands; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.commands ENABLE ROW LEVEL SECURITY;

-- Name: counters; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.counters ENABLE ROW LEVEL SECURITY;

-- Name: device_configs; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.device_configs ENABLE ROW LEVEL SECURITY;

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

-- Name: calibrations everybodys; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY everybodys ON hailong.calibrations FOR SELECT TO hailong_app, hailong_auditor, hailong_worker USING (true);

-- Name: rubrics everybodys; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY everybodys ON hailong.rubrics FOR SELECT TO hailong_app, hailong_auditor, hailong_worker USING (true);

-- Name: files; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.files ENABLE ROW LEVEL SECURITY;

-- Name: flags; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.flags ENABLE ROW LEVEL SECURITY;

-- Name: hour_rollups; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.hour_rollups ENABLE ROW LEVEL SECURITY;

-- Name: interactions; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.interactions ENABLE ROW LEVEL SECURITY;

-- Name: reject_counts no_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY no_branch ON hailong.reject_counts FOR SELECT TO hailong_app, hailong_auditor USING ((branch_id = ''::text));

-- Name: rejects no_branch; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY no_branch ON hailong.rejects FOR SELECT TO hailong_app, hailong_auditor USING ((NOT (EXISTS ( SELECT
   FROM hailong.branches b
  WHERE (b.branch_id = rejects.branch_id)))));

-- Name: flags not_by_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_by_clerks ON hailong.flags AS RESTRICTIVE FOR UPDATE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: reviews not_by_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_by_clerks ON hailong.reviews AS RESTRICTIVE FOR INSERT TO hailong_app WITH CHECK ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: activity_rollups not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.activity_rollups AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: alert_events not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.alert_events AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: alert_sendings not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.alert_sendings AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: alert_visits not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.alert_visits AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: alerts not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.alerts AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: device_status not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.device_status AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: devices not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.devices AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: dropped not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.dropped AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: hour_rollups not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.hour_rollups AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: open_interactions not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.open_interactions AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: ratings not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.ratings AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: reject_counts not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.reject_counts AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: rejects not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.rejects AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: review_budgets not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.review_budgets AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: rollups not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.rollups AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: row_changes not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.row_changes AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: row_counts not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.row_counts AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: rule_standings not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.rule_standings AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: stream_faults not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.stream_faults AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: streams not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.streams AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: truth_matches not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.truth_matches AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: truth_sessions not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.truth_sessions AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: truth_ticks not_for_clerks; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY not_for_clerks ON hailong.truth_ticks AS RESTRICTIVE TO hailong_app USING ((( SELECT hailong.visible_staff() AS visible_staff) = '*'::text));

-- Name: device_configs of_visible_devices; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY of_visible_devices ON hailong.device_configs FOR SELECT TO hailong_app USING ((EXISTS ( SELECT
   FROM hailong.devices d
  WHERE (d.device_id = device_configs.device_id))));

-- Name: sessions oneself; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY oneself ON hailong.sessions TO hailong_app USING ((user_id = ( SELECT hailong.visible_user() AS visible_user)));

-- Name: user_branches oneself; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY oneself ON hailong.user_branches FOR SELECT TO hailong_app USING ((user_id = ( SELECT hailong.visible_user() AS visible_user)));

-- Name: users oneself; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY oneself ON hailong.users TO hailong_app USING ((user_id = ( SELECT hailong.visible_user() AS visible_user)));

-- Name: open_interactions; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.open_interactions ENABLE ROW LEVEL SECURITY;

-- Name: points; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.points ENABLE ROW LEVEL SECURITY;

-- Name: ratings; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.ratings ENABLE ROW LEVEL SECURITY;

-- Name: rubrics registered; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY registered ON hailong.rubrics FOR INSERT TO hailong_worker WITH CHECK (true);

-- Name: reject_counts; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.reject_counts ENABLE ROW LEVEL SECURITY;

-- Name: rejects; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rejects ENABLE ROW LEVEL SECURITY;

-- Name: release_files; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.release_files ENABLE ROW LEVEL SECURITY;

-- Name: releases; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.releases ENABLE ROW LEVEL SECURITY;

-- Name: review_budgets; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.review_budgets ENABLE ROW LEVEL SECURITY;

-- Name: reviews; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.reviews ENABLE ROW LEVEL SECURITY;

-- Name: rollout_steps; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rollout_steps ENABLE ROW LEVEL SECURITY;

-- Name: rollouts; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rollouts ENABLE ROW LEVEL SECURITY;

-- Name: rollup_queue; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rollup_queue ENABLE ROW LEVEL SECURITY;

-- Name: rollups; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rollups ENABLE ROW LEVEL SECURITY;

-- Name: row_changes; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.row_changes ENABLE ROW LEVEL SECURITY;

-- Name: row_counts; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.row_counts ENABLE ROW LEVEL SECURITY;

-- Name: rubrics; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rubrics ENABLE ROW LEVEL SECURITY;

-- Name: rule_figures; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rule_figures ENABLE ROW LEVEL SECURITY;

-- Name: rule_standings; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.rule_standings ENABLE ROW LEVEL SECURITY;

-- Name: scores; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.scores ENABLE ROW LEVEL SECURITY;

-- Name: scoring_queue; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.scoring_queue ENABLE ROW LEVEL SECURITY;

-- Name: sessions; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.sessions ENABLE ROW LEVEL SECURITY;

-- Name: staff; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.staff ENABLE ROW LEVEL SECURITY;

-- Name: staff_rollups; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.staff_rollups ENABLE ROW LEVEL SECURITY;

-- Name: stream_faults; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.stream_faults ENABLE ROW LEVEL SECURITY;

-- Name: streams; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.streams ENABLE ROW LEVEL SECURITY;

-- Name: rubrics taken_up; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY taken_up ON hailong.rubrics FOR UPDATE TO hailong_worker USING (true);

-- Name: truth_matches; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.truth_matches ENABLE ROW LEVEL SECURITY;

-- Name: truth_sessions; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.truth_sessions ENABLE ROW LEVEL SECURITY;

-- Name: truth_ticks; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.truth_ticks ENABLE ROW LEVEL SECURITY;

-- Name: turns; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.turns ENABLE ROW LEVEL SECURITY;

-- Name: user_branches; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.user_branches ENABLE ROW LEVEL SECURITY;

-- Name: users; Type: ROW SECURITY; Schema: hailong; Owner: hailong_migrator

ALTER TABLE hailong.users ENABLE ROW LEVEL SECURITY;

-- Name: rule_figures whole_city; Type: POLICY; Schema: hailong; Owner: hailong_migrator

CREATE POLICY whole_city ON hailong.rule_figures USING (true);

-- Name: enrolment_tokens; Type: ROW SECURITY; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE hailong_private.enrolment_tokens ENABLE ROW LEVEL SECURITY;

-- Name: rollup_contributions; Type: ROW SECURITY; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE hailong_private.rollup_contributions ENABLE ROW LEVEL SECURITY;

-- Name: rollups_closed; Type: ROW SECURITY; Schema: hailong_private; Owner: hailong_migrator

ALTER TABLE hailong_private.rollups_closed ENABLE ROW LEVEL SECURITY;

-- Name: SCHEMA hailong; Type: ACL; Schema: -; Owner: hailong_migrator

GRANT USAGE ON SCHEMA hailong TO hailong_ingest;
GRANT USAGE ON SCHEMA hailong TO hailong_worker;
GRANT USAGE ON SCHEMA hailong TO hailong_app;
GRANT USAGE ON SCHEMA hailong TO hailong_auditor;
GRANT USAGE ON SCHEMA hailong TO hailong_backup;
GRANT USAGE ON SCHEMA hailong TO hailong_identity;
GRANT USAGE ON SCHEMA hailong TO hailong_control;

-- Name: SCHEMA hailong_private; Type: ACL; Schema: -; Owner: hailong_migrator

GRANT USAGE ON SCHEMA hailong_private TO hailong_backup;

-- Name: FUNCTION ensure_activity(from_at timestamp with time zone, to_at timestamp with time zone); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.ensure_activity(from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.ensure_activity(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_ingest;
GRANT ALL ON FUNCTION hailong.ensure_activity(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_worker;

-- Name: FUNCTION ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_ingest;
GRANT ALL ON FUNCTION hailong.ensure_partitions(from_at timestamp with time zone, to_at timestamp with time zone) TO hailong_worker;

-- Name: FUNCTION file_for_device(asking text, wanted text, OUT public_key bytea, OUT revoked boolean, OUT bytes bigint); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.file_for_device(asking text, wanted text, OUT public_key bytea, OUT revoked boolean, OUT bytes bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.file_for_device(asking text, wanted text, OUT public_key bytea, OUT revoked boolean, OUT bytes bigint) TO hailong_app;

-- Name: FUNCTION fold_row_counts(of_branch text); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.fold_row_counts(of_branch text) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.fold_row_counts(of_branch text) TO hailong_worker;

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

-- Name: FUNCTION may_decide_flag(decider uuid, branch text, counter text, started timestamp with time zone, flag uuid); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.may_decide_flag(decider uuid, branch text, counter text, started timestamp with time zone, flag uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.may_decide_flag(decider uuid, branch text, counter text, started timestamp with time zone, flag uuid) TO hailong_app;

-- Name: TABLE user_branches; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.user_branches TO hailong_app;
GRANT SELECT ON TABLE hailong.user_branches TO hailong_backup;

-- Name: FUNCTION may_observe(observer uuid, branch text); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.may_observe(observer uuid, branch text) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.may_observe(observer uuid, branch text) TO hailong_app;

-- Name: FUNCTION redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.redeem_enrolment(the_token text, the_secret_sha256 bytea, the_device text, the_key bytea, OUT outcome text, OUT branch_id text, OUT counter_id text) TO hailong_identity;

-- Name: FUNCTION refresh_rollups(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.refresh_rollups(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.refresh_rollups(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) TO hailong_app;
GRANT ALL ON FUNCTION hailong.refresh_rollups(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) TO hailong_worker;

-- Name: FUNCTION refuse_change(); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.refuse_change() FROM PUBLIC;

-- Name: FUNCTION refuse_erased(); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.refuse_erased() FROM PUBLIC;

-- Name: FUNCTION refuse_erased_snapshot(); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.refuse_erased_snapshot() FROM PUBLIC;

-- Name: FUNCTION roll_up(of_branch text, most integer, OUT taken integer, OUT set_aside integer); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.roll_up(of_branch text, most integer, OUT taken integer, OUT set_aside integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.roll_up(of_branch text, most integer, OUT taken integer, OUT set_aside integer) TO hailong_worker;

-- Name: FUNCTION roll_up_activity(of_branch text, most integer); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.roll_up_activity(of_branch text, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.roll_up_activity(of_branch text, most integer) TO hailong_worker;

-- Name: FUNCTION supervises(person uuid, branch text); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.supervises(person uuid, branch text) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.supervises(person uuid, branch text) TO hailong_app;

-- Name: FUNCTION sweep_alerts(moment timestamp with time zone); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.sweep_alerts(moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.sweep_alerts(moment timestamp with time zone) TO hailong_worker;

-- Name: FUNCTION visible_user(); Type: ACL; Schema: hailong; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong.visible_user() FROM PUBLIC;
GRANT ALL ON FUNCTION hailong.visible_user() TO hailong_app;

-- Name: TABLE activity_rollups; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.activity_rollups TO hailong_backup;
GRANT SELECT ON TABLE hailong.activity_rollups TO hailong_app;
GRANT SELECT ON TABLE hailong.activity_rollups TO hailong_worker;
GRANT SELECT ON TABLE hailong.activity_rollups TO hailong_auditor;

-- Name: FUNCTION activity_of(of_branch text, counter_ids text[], hours timestamp with time zone[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.activity_of(of_branch text, counter_ids text[], hours timestamp with time zone[]) FROM PUBLIC;

-- Name: FUNCTION add_to_hour_rollups(of_branch text, changes hailong_private.rollup_change[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.add_to_hour_rollups(of_branch text, changes hailong_private.rollup_change[]) FROM PUBLIC;

-- Name: FUNCTION add_to_rollups(of_branch text, changes hailong_private.rollup_change[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.add_to_rollups(of_branch text, changes hailong_private.rollup_change[]) FROM PUBLIC;

-- Name: FUNCTION add_to_staff_rollups(of_branch text, changes hailong_private.rollup_change[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.add_to_staff_rollups(of_branch text, changes hailong_private.rollup_change[]) FROM PUBLIC;

-- Name: FUNCTION apply(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.apply(of_branch text, counter_ids text[], ats timestamp with time zone[], interaction_ids uuid[]) FROM PUBLIC;

-- Name: TABLE rollup_contributions; Type: ACL; Schema: hailong_private; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong_private.rollup_contributions TO hailong_backup;

-- Name: FUNCTION changes_of(before hailong_private.rollup_contributions[], after hailong_private.rollup_contributions[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.changes_of(before hailong_private.rollup_contributions[], after hailong_private.rollup_contributions[]) FROM PUBLIC;

-- Name: TABLE rollups_closed; Type: ACL; Schema: hailong_private; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong_private.rollups_closed TO hailong_backup;

-- Name: FUNCTION closed_before(of_kind text); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.closed_before(of_kind text) FROM PUBLIC;

-- Name: TABLE interactions; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.interactions TO hailong_ingest;
GRANT SELECT ON TABLE hailong.interactions TO hailong_worker;
GRANT SELECT ON TABLE hailong.interactions TO hailong_app;
GRANT SELECT ON TABLE hailong.interactions TO hailong_backup;
GRANT SELECT ON TABLE hailong.interactions TO hailong_auditor;

-- Name: FUNCTION contribution(i hailong.interactions); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.contribution(i hailong.interactions) FROM PUBLIC;

-- Name: FUNCTION count_activity(of_branch text, counter_ids text[], hours timestamp with time zone[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_activity(of_branch text, counter_ids text[], hours timestamp with time zone[]) FROM PUBLIC;

-- Name: FUNCTION count_days(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_days() FROM PUBLIC;

-- Name: FUNCTION count_decisions(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_decisions() FROM PUBLIC;

-- Name: FUNCTION count_faults(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_faults() FROM PUBLIC;

-- Name: FUNCTION count_hours(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_hours() FROM PUBLIC;

-- Name: FUNCTION count_months(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_months() FROM PUBLIC;

-- Name: FUNCTION count_undecided(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_undecided() FROM PUBLIC;

-- Name: FUNCTION count_weeks(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_weeks() FROM PUBLIC;

-- Name: FUNCTION count_windows_off(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_windows_off() FROM PUBLIC;

-- Name: FUNCTION count_windows_on(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.count_windows_on() FROM PUBLIC;

-- Name: FUNCTION counted_rows(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.counted_rows() FROM PUBLIC;

-- Name: FUNCTION forget_counts(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.forget_counts() FROM PUBLIC;

-- Name: FUNCTION make_partitions(of_schema text, parent text, width text, from_at timestamp with time zone, to_at timestamp with time zone); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.make_partitions(of_schema text, parent text, width text, from_at timestamp with time zone, to_at timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION queue_rollups(); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.queue_rollups() FROM PUBLIC;

-- Name: FUNCTION require_branch(of_branch text); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.require_branch(of_branch text) FROM PUBLIC;

-- Name: FUNCTION rollup_lock(of_branch text); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.rollup_lock(of_branch text) FROM PUBLIC;

-- Name: FUNCTION spread(size integer, places integer[], weights integer[]); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.spread(size integer, places integer[], weights integer[]) FROM PUBLIC;

-- Name: FUNCTION voided(i hailong.interactions); Type: ACL; Schema: hailong_private; Owner: hailong_migrator

REVOKE ALL ON FUNCTION hailong_private.voided(i hailong.interactions) FROM PUBLIC;

-- Name: TABLE activity; Type: ACL; Schema: hailong_private; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong_private.activity TO hailong_backup;

-- Name: TABLE activity; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT ON TABLE hailong.activity TO hailong_ingest;
GRANT SELECT ON TABLE hailong.activity TO hailong_worker;
GRANT SELECT ON TABLE hailong.activity TO hailong_app;
GRANT SELECT ON TABLE hailong.activity TO hailong_backup;
GRANT SELECT ON TABLE hailong.activity TO hailong_auditor;

-- Name: TABLE activity_marks; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.activity_marks TO hailong_backup;
GRANT SELECT ON TABLE hailong.activity_marks TO hailong_worker;
GRANT INSERT ON TABLE hailong.activity_marks TO hailong_ingest;

-- Name: SEQUENCE activity_marks_mark_no_seq; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON SEQUENCE hailong.activity_marks_mark_no_seq TO hailong_backup;

-- Name: TABLE alert_events; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.alert_events TO hailong_backup;
GRANT SELECT,INSERT ON TABLE hailong.alert_events TO hailong_worker;
GRANT SELECT ON TABLE hailong.alert_events TO hailong_app;
GRANT SELECT ON TABLE hailong.alert_events TO hailong_auditor;

-- Name: SEQUENCE alert_events_event_no_seq; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON SEQUENCE hailong.alert_events_event_no_seq TO hailong_backup;

-- Name: TABLE alert_sendings; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.alert_sendings TO hailong_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE hailong.alert_sendings TO hailong_worker;
GRANT SELECT ON TABLE hailong.alert_sendings TO hailong_app;
GRANT SELECT ON TABLE hailong.alert_sendings TO hailong_auditor;

-- Name: TABLE alert_visits; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.alert_visits TO hailong_backup;
GRANT SELECT,INSERT ON TABLE hailong.alert_visits TO hailong_app;
GRANT SELECT ON TABLE hailong.alert_visits TO hailong_auditor;

-- Name: TABLE alerts; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.alerts TO hailong_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE hailong.alerts TO hailong_worker;
GRANT SELECT ON TABLE hailong.alerts TO hailong_app;
GRANT SELECT ON TABLE hailong.alerts TO hailong_auditor;

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

-- Name: TABLE calibrations; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.calibrations TO hailong_backup;
GRANT SELECT ON TABLE hailong.calibrations TO hailong_worker;
GRANT SELECT ON TABLE hailong.calibrations TO hailong_app;
GRANT SELECT ON TABLE hailong.calibrations TO hailong_auditor;

-- Name: SEQUENCE calibrations_calibration_no_seq; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON SEQUENCE hailong.calibrations_calibration_no_seq TO hailong_backup;

-- Name: TABLE commands; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.commands TO hailong_backup;
GRANT SELECT ON TABLE hailong.commands TO hailong_control;
GRANT SELECT ON TABLE hailong.commands TO hailong_auditor;

-- Name: COLUMN commands.command_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(command_id) ON TABLE hailong.commands TO hailong_ingest;

-- Name: COLUMN commands.device_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(device_id) ON TABLE hailong.commands TO hailong_ingest;

-- Name: COLUMN commands.outcome; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(outcome),UPDATE(outcome) ON TABLE hailong.commands TO hailong_ingest;

-- Name: COLUMN commands.outcome_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(outcome_at) ON TABLE hailong.commands TO hailong_ingest;

-- Name: TABLE counters; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.counters TO hailong_ingest;
GRANT SELECT ON TABLE hailong.counters TO hailong_worker;
GRANT SELECT ON TABLE hailong.counters TO hailong_app;
GRANT SELECT ON TABLE hailong.counters TO hailong_backup;

-- Name: TABLE device_configs; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.device_configs TO hailong_backup;
GRANT SELECT,INSERT ON TABLE hailong.device_configs TO hailong_control;
GRANT SELECT ON TABLE hailong.device_configs TO hailong_app;

-- Name: TABLE device_status; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.device_status TO hailong_ingest;
GRANT SELECT ON TABLE hailong.device_status TO hailong_app;
GRANT SELECT ON TABLE hailong.device_status TO hailong_backup;
GRANT SELECT ON TABLE hailong.device_status TO hailong_auditor;

-- Name: COLUMN device_status.device_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(device_id) ON TABLE hailong.device_status TO hailong_control;

-- Name: COLUMN device_status.status; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(status) ON TABLE hailong.device_status TO hailong_control;

-- Name: COLUMN device_status.health; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(health) ON TABLE hailong.device_status TO hailong_control;

-- Name: COLUMN device_status.health_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(health_at) ON TABLE hailong.device_status TO hailong_control;

-- Name: TABLE devices; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.devices TO hailong_ingest;
GRANT SELECT ON TABLE hailong.devices TO hailong_app;
GRANT SELECT ON TABLE hailong.devices TO hailong_backup;
GRANT SELECT ON TABLE hailong.devices TO hailong_identity;

-- Name: COLUMN devices.device_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(device_id) ON TABLE hailong.devices TO hailong_control;
GRANT SELECT(device_id) ON TABLE hailong.devices TO hailong_auditor;

-- Name: COLUMN devices.branch_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(branch_id) ON TABLE hailong.devices TO hailong_control;
GRANT SELECT(branch_id) ON TABLE hailong.devices TO hailong_auditor;

-- Name: COLUMN devices.counter_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(counter_id) ON TABLE hailong.devices TO hailong_control;

-- Name: COLUMN devices.revoked_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(revoked_at) ON TABLE hailong.devices TO hailong_control;

-- Name: TABLE dropped; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT ON TABLE hailong.dropped TO hailong_ingest;
GRANT SELECT ON TABLE hailong.dropped TO hailong_app;
GRANT SELECT ON TABLE hailong.dropped TO hailong_backup;
GRANT SELECT ON TABLE hailong.dropped TO hailong_auditor;

-- Name: TABLE erased; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.erased TO hailong_backup;

-- Name: TABLE files; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.files TO hailong_backup;
GRANT SELECT ON TABLE hailong.files TO hailong_control;

-- Name: TABLE flags; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT,INSERT,UPDATE ON TABLE hailong.flags TO hailong_worker;
GRANT SELECT ON TABLE hailong.flags TO hailong_app;
GRANT SELECT ON TABLE hailong.flags TO hailong_backup;
GRANT SELECT ON TABLE hailong.flags TO hailong_auditor;

-- Name: COLUMN flags.state; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(state) ON TABLE hailong.flags TO hailong_app;

-- Name: TABLE hour_rollups; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.hour_rollups TO hailong_backup;
GRANT SELECT ON TABLE hailong.hour_rollups TO hailong_app;
GRANT SELECT ON TABLE hailong.hour_rollups TO hailong_worker;
GRANT SELECT ON TABLE hailong.hour_rollups TO hailong_auditor;

-- Name: TABLE open_interactions; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.open_interactions TO hailong_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE hailong.open_interactions TO hailong_ingest;
GRANT SELECT,DELETE ON TABLE hailong.open_interactions TO hailong_worker;
GRANT SELECT ON TABLE hailong.open_interactions TO hailong_auditor;

-- Name: COLUMN open_interactions.branch_id; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(branch_id) ON TABLE hailong.open_interactions TO hailong_app;

-- Name: COLUMN open_interactions.captured_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT(captured_at) ON TABLE hailong.open_interactions TO hailong_app;

-- Name: COLUMN open_interactions.judged_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(judged_at) ON TABLE hailong.open_interactions TO hailong_worker;

-- Name: TABLE points; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.points TO hailong_ingest;
GRANT SELECT ON TABLE hailong.points TO hailong_worker;
GRANT SELECT ON TABLE hailong.points TO hailong_app;
GRANT SELECT ON TABLE hailong.points TO hailong_backup;

-- Name: TABLE ratings; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.ratings TO hailong_backup;
GRANT SELECT ON TABLE hailong.ratings TO hailong_app;
GRANT SELECT ON TABLE hailong.ratings TO hailong_auditor;

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

-- Name: TABLE release_files; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.release_files TO hailong_backup;
GRANT SELECT ON TABLE hailong.release_files TO hailong_control;
GRANT SELECT ON TABLE hailong.release_files TO hailong_auditor;

-- Name: TABLE releases; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.releases TO hailong_backup;
GRANT SELECT ON TABLE hailong.releases TO hailong_control;
GRANT SELECT ON TABLE hailong.releases TO hailong_auditor;

-- Name: TABLE review_budgets; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.review_budgets TO hailong_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE hailong.review_budgets TO hailong_worker;
GRANT SELECT ON TABLE hailong.review_budgets TO hailong_app;
GRANT SELECT ON TABLE hailong.review_budgets TO hailong_auditor;

-- Name: TABLE reviews; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.reviews TO hailong_worker;
GRANT SELECT,INSERT ON TABLE hailong.reviews TO hailong_app;
GRANT SELECT ON TABLE hailong.reviews TO hailong_backup;
GRANT SELECT ON TABLE hailong.reviews TO hailong_auditor;

-- Name: TABLE rollout_steps; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rollout_steps TO hailong_backup;
GRANT SELECT ON TABLE hailong.rollout_steps TO hailong_auditor;

-- Name: TABLE rollouts; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rollouts TO hailong_backup;
GRANT SELECT ON TABLE hailong.rollouts TO hailong_control;
GRANT SELECT ON TABLE hailong.rollouts TO hailong_auditor;

-- Name: SEQUENCE rollouts_rollout_no_seq; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON SEQUENCE hailong.rollouts_rollout_no_seq TO hailong_backup;

-- Name: TABLE rollup_bins; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rollup_bins TO hailong_backup;
GRANT SELECT ON TABLE hailong.rollup_bins TO hailong_app;
GRANT SELECT ON TABLE hailong.rollup_bins TO hailong_worker;
GRANT SELECT ON TABLE hailong.rollup_bins TO hailong_auditor;

-- Name: TABLE rollup_measures; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rollup_measures TO hailong_backup;
GRANT SELECT ON TABLE hailong.rollup_measures TO hailong_app;
GRANT SELECT ON TABLE hailong.rollup_measures TO hailong_worker;
GRANT SELECT ON TABLE hailong.rollup_measures TO hailong_auditor;

-- Name: TABLE rollup_queue; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rollup_queue TO hailong_backup;
GRANT SELECT ON TABLE hailong.rollup_queue TO hailong_worker;

-- Name: SEQUENCE rollup_queue_queue_no_seq; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON SEQUENCE hailong.rollup_queue_queue_no_seq TO hailong_backup;

-- Name: TABLE rollups; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rollups TO hailong_backup;
GRANT SELECT ON TABLE hailong.rollups TO hailong_app;
GRANT SELECT ON TABLE hailong.rollups TO hailong_worker;
GRANT SELECT ON TABLE hailong.rollups TO hailong_auditor;

-- Name: TABLE row_changes; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.row_changes TO hailong_backup;
GRANT SELECT ON TABLE hailong.row_changes TO hailong_app;
GRANT SELECT ON TABLE hailong.row_changes TO hailong_auditor;
GRANT SELECT ON TABLE hailong.row_changes TO hailong_worker;

-- Name: SEQUENCE row_changes_change_no_seq; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON SEQUENCE hailong.row_changes_change_no_seq TO hailong_backup;

-- Name: TABLE row_counts; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.row_counts TO hailong_backup;
GRANT SELECT ON TABLE hailong.row_counts TO hailong_app;
GRANT SELECT ON TABLE hailong.row_counts TO hailong_auditor;
GRANT SELECT ON TABLE hailong.row_counts TO hailong_worker;

-- Name: TABLE rubrics; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rubrics TO hailong_backup;
GRANT SELECT,INSERT ON TABLE hailong.rubrics TO hailong_worker;
GRANT SELECT ON TABLE hailong.rubrics TO hailong_app;
GRANT SELECT ON TABLE hailong.rubrics TO hailong_auditor;

-- Name: COLUMN rubrics.in_force_since; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(in_force_since) ON TABLE hailong.rubrics TO hailong_worker;

-- Name: TABLE rule_figures; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rule_figures TO hailong_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE hailong.rule_figures TO hailong_worker;
GRANT SELECT ON TABLE hailong.rule_figures TO hailong_app;
GRANT SELECT ON TABLE hailong.rule_figures TO hailong_auditor;

-- Name: TABLE rule_standings; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.rule_standings TO hailong_backup;
GRANT SELECT,INSERT ON TABLE hailong.rule_standings TO hailong_worker;
GRANT SELECT ON TABLE hailong.rule_standings TO hailong_app;
GRANT SELECT ON TABLE hailong.rule_standings TO hailong_auditor;

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

-- Name: TABLE staff_rollups; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.staff_rollups TO hailong_backup;
GRANT SELECT ON TABLE hailong.staff_rollups TO hailong_app;
GRANT SELECT ON TABLE hailong.staff_rollups TO hailong_worker;
GRANT SELECT ON TABLE hailong.staff_rollups TO hailong_auditor;

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

-- Name: TABLE truth_matches; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.truth_matches TO hailong_backup;
GRANT SELECT ON TABLE hailong.truth_matches TO hailong_app;
GRANT SELECT,INSERT,DELETE ON TABLE hailong.truth_matches TO hailong_worker;
GRANT SELECT ON TABLE hailong.truth_matches TO hailong_auditor;

-- Name: TABLE truth_sessions; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.truth_sessions TO hailong_backup;
GRANT SELECT,INSERT ON TABLE hailong.truth_sessions TO hailong_app;
GRANT SELECT ON TABLE hailong.truth_sessions TO hailong_worker;
GRANT SELECT ON TABLE hailong.truth_sessions TO hailong_auditor;

-- Name: COLUMN truth_sessions.ended_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(ended_at) ON TABLE hailong.truth_sessions TO hailong_app;

-- Name: COLUMN truth_sessions.state; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(state) ON TABLE hailong.truth_sessions TO hailong_app;

-- Name: COLUMN truth_sessions.matched_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(matched_at) ON TABLE hailong.truth_sessions TO hailong_app;
GRANT UPDATE(matched_at) ON TABLE hailong.truth_sessions TO hailong_worker;

-- Name: TABLE truth_ticks; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT SELECT ON TABLE hailong.truth_ticks TO hailong_backup;
GRANT SELECT,INSERT ON TABLE hailong.truth_ticks TO hailong_app;
GRANT SELECT ON TABLE hailong.truth_ticks TO hailong_worker;
GRANT SELECT ON TABLE hailong.truth_ticks TO hailong_auditor;

-- Name: COLUMN truth_ticks.undone_at; Type: ACL; Schema: hailong; Owner: hailong_migrator

GRANT UPDATE(undone_at) ON TABLE hailong.truth_ticks TO hailong_app;

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
