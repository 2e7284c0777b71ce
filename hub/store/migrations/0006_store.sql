-- Closes what an attack on row security found, and what a restore needs: the erasure list's
-- mark in the database.

-- Row-level security -------------------------------------------------------------------

-- Without pg_temp at the end it is searched first: a role with temporary tables could make a
-- type pg_temp.text whose check runs with the owner's rights.
DO $$
DECLARE
    definer regprocedure;
BEGIN
    FOR definer IN
        SELECT p.oid FROM pg_proc p
        WHERE p.prosecdef AND 'search_path=pg_catalog' = ANY (p.proconfig)
          AND p.pronamespace::regnamespace::text IN ('hailong', 'hailong_private')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', definer);
    END LOOP;
END $$;

-- Tokens are reached by functions alone.
ALTER TABLE hailong_private.enrolment_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE hailong_private.enrolment_tokens FORCE ROW LEVEL SECURITY;

-- Streams and dropped ranges have no branch of their own; their device has.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['streams', 'stream_faults', 'dropped', 'scoring_queue', 'users',
                                'user_branches', 'sessions']
    LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['streams', 'stream_faults', 'dropped'] LOOP
        EXECUTE format(
            'CREATE POLICY by_device ON hailong.%1$I FOR SELECT TO hailong_app, hailong_auditor '
            'USING (EXISTS (SELECT FROM hailong.devices d WHERE d.device_id = %1$I.device_id))',
            name);
        -- A refused message names a stream, too, and its branch may be none of the batch's.
        EXECUTE format('CREATE POLICY any_device ON hailong.%I TO hailong_ingest USING (true)',
                       name);
    END LOOP;
    -- The policy above asks for the device's branch in the reader's own name.
    GRANT SELECT (device_id, branch_id) ON hailong.devices TO hailong_auditor;
    -- Machines are no clerk's business.
    FOREACH name IN ARRAY ARRAY['devices', 'device_status', 'streams', 'stream_faults',
                                'dropped'] LOOP
        EXECUTE format(
            'CREATE POLICY not_for_clerks ON hailong.%I AS RESTRICTIVE TO hailong_app '
            'USING (hailong.visible_staff() = ''*'')', name);
    END LOOP;
END $$;
CREATE POLICY by_branch ON hailong.scoring_queue TO hailong_ingest
    USING (branch_id = ANY (hailong.visible_branches()));
-- The worker asks which branches have something waiting.
CREATE POLICY any_branch ON hailong.scoring_queue TO hailong_worker USING (true);

-- People: the app sees one at a time, whom a login that was typed or a session's secret names.
CREATE FUNCTION hailong.visible_user() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT s.user_id FROM hailong.sessions s
        WHERE s.token_sha256
              = decode(NULLIF(current_setting('hailong.session', true), ''), 'hex')
        UNION ALL
        SELECT u.user_id FROM hailong.users u
        WHERE u.login = current_setting('hailong.login', true)
        LIMIT 1;
    END;
CREATE POLICY oneself ON hailong.users TO hailong_app
    USING (user_id = (SELECT hailong.visible_user()));
CREATE POLICY oneself ON hailong.user_branches FOR SELECT TO hailong_app
    USING (user_id = (SELECT hailong.visible_user()));
CREATE POLICY oneself ON hailong.sessions TO hailong_app
    USING (user_id = (SELECT hailong.visible_user()));

CREATE FUNCTION hailong.forget_ended_sessions(idle_s double precision) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH ended AS (
            DELETE FROM hailong.sessions
            WHERE expires_at <= now() OR seen_at <= now() - idle_s * interval '1 second'
            RETURNING 1)
        SELECT count(*) FROM ended;
    END;

-- Who decided: asked by an id that stands on a decision which one may see.
CREATE FUNCTION hailong.login_of(decider uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT u.login FROM hailong.users u WHERE u.user_id = decider;
    END;

CREATE FUNCTION hailong.may_decide(decider uuid, branch text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT EXISTS (
            SELECT FROM hailong.users u JOIN hailong.user_branches b USING (user_id)
            WHERE u.user_id = decider AND u.role = 'supervisor' AND u.disabled_at IS NULL
              AND b.branch_id = branch);
    END;

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['visible_user()', 'forget_ended_sessions(double precision)',
                                     'login_of(uuid)', 'may_decide(uuid, text)']
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION hailong.%s FROM PUBLIC', signature);
        EXECUTE format('GRANT EXECUTE ON FUNCTION hailong.%s TO hailong_app', signature);
    END LOOP;
END $$;

-- A decision names a person who may decide, so that nobody signs with another's hand.
CREATE POLICY by_deciders ON hailong.reviews AS RESTRICTIVE FOR INSERT TO hailong_app
    WITH CHECK (hailong.may_decide(decided_by, branch_id));

-- The auditor reads activity by its view.
REVOKE USAGE ON SCHEMA hailong_private FROM hailong_auditor;

-- What hangs on an interaction: a function, because a subquery over all partitions in the policy
-- of another partitioned table made the planner work longer than the query.
CREATE FUNCTION hailong.is_own(branch text, counter text, started timestamptz, interaction uuid)
    RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM hailong.interactions i
        WHERE i.branch_id = branch AND i.counter_id = counter AND i.at = started
          AND i.interaction_id = interaction AND i.staff_id = hailong.visible_staff()
          AND i.branch_id = ANY (hailong.visible_branches()));
END $$;
REVOKE ALL ON FUNCTION hailong.is_own(text, text, timestamptz, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.is_own(text, text, timestamptz, uuid) TO hailong_app;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['turns', 'scores', 'flags', 'reviews'] LOOP
        EXECUTE format(
            'ALTER POLICY by_assignment ON hailong.%I USING (hailong.visible_staff() = ''*'' '
            'OR hailong.is_own(branch_id, counter_id, at, interaction_id))', name);
    END LOOP;
END $$;

-- Lists are pages of a branch in order of time.
CREATE INDEX interactions_by_branch ON hailong.interactions (branch_id, at, interaction_id)
    INCLUDE (counter_id, staff_id);
CREATE INDEX flags_by_branch ON hailong.flags (branch_id, at, interaction_id)
    WHERE state <> 'withdrawn' AND kind <> 'shadow';
-- The overview counts the few that could not be measured, and reads no other.
CREATE INDEX scores_unmeasured ON hailong.scores (branch_id, at)
    WHERE figure = 'experience' AND value IS NULL;

-- Backup and erasures ------------------------------------------------------------------

-- A restore must know which program wrote the backup.
GRANT SELECT ON public.hailong_migrations TO hailong_backup;

-- What was erased and must not come back, from a device that sends it again or from a backup.
-- Holds hashes alone; the list itself is a signed file outside the database.
CREATE TABLE hailong.erased (
    key_sha256 bytea PRIMARY KEY CHECK (octet_length(key_sha256) = 32),
    kind text NOT NULL CHECK (kind IN ('interaction', 'staff')),
    entry_no bigint NOT NULL,
    erased_at timestamptz NOT NULL
);
ALTER TABLE hailong.erased ENABLE ROW LEVEL SECURITY;
ALTER TABLE hailong.erased FORCE ROW LEVEL SECURITY;
REVOKE ALL ON hailong.erased FROM hailong_ingest, hailong_worker, hailong_app, hailong_auditor;

-- Stands below every program: whatever sends an erased interaction again, no row comes of it.
CREATE FUNCTION hailong.refuse_erased() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
REVOKE ALL ON FUNCTION hailong.refuse_erased() FROM PUBLIC;
CREATE TRIGGER refuse_erased BEFORE INSERT OR UPDATE ON hailong.interactions
    FOR EACH ROW EXECUTE FUNCTION hailong.refuse_erased();

-- Decisions stay, but for those on an interaction that was erased.
CREATE OR REPLACE FUNCTION hailong.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
REVOKE ALL ON FUNCTION hailong.refuse_change() FROM PUBLIC;
