-- Alerts on interactions that still go on: the newest snapshot of each, what live rules found in
-- it, who went to look, and what was told by which channel.

-- What goes on -------------------------------------------------------------------------

-- The newest snapshot of an interaction that has not ended. It goes when the finished interaction
-- is scored; of a device that never sent that, a day after the snapshot.
CREATE TABLE hailong.open_interactions (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    device_id text NOT NULL,
    -- When the device took it; of two the later one counts.
    captured_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    message_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    judged_at timestamptz,
    PRIMARY KEY (branch_id, counter_id, at, interaction_id)
);
CREATE INDEX open_interactions_by_time ON hailong.open_interactions (captured_at);

-- Snapshots wait beside finished interactions, and are taken first.
ALTER TABLE hailong.scoring_queue ADD COLUMN live boolean NOT NULL DEFAULT false;

-- What was erased does not come back by a snapshot either.
CREATE FUNCTION hailong.refuse_erased_snapshot() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM hailong.erased e WHERE e.key_sha256
               = sha256(convert_to('interaction:' || NEW.interaction_id, 'UTF8'))) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION hailong.refuse_erased_snapshot() FROM PUBLIC;
CREATE TRIGGER refuse_erased BEFORE INSERT OR UPDATE ON hailong.open_interactions
    FOR EACH ROW EXECUTE FUNCTION hailong.refuse_erased_snapshot();

-- What was found -----------------------------------------------------------------------

-- A live rule on an interaction while it went on. The finished interaction says how it ended;
-- the flag that people may decide on is that of the finished interaction, with the same id.
CREATE TABLE hailong.alerts (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    flag_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    rule_id text NOT NULL,
    rule_version integer NOT NULL,
    severity integer NOT NULL CHECK (severity BETWEEN 1 AND 5),
    role text NOT NULL CHECK (role IN ('staff', 'citizen', 'none')),
    evidence jsonb NOT NULL,
    coverage real NOT NULL CHECK (coverage BETWEEN 0 AND 1),
    state text NOT NULL CHECK (state IN ('new', 'update', 'end')),
    -- confirmed: the finished interaction says the same. withdrawn: what was measured later does
    -- not. lost: the counter never told how it ended.
    ended_as text CHECK (ended_as IN ('confirmed', 'withdrawn', 'lost')),
    raised_at timestamptz NOT NULL,
    -- When the device took the snapshot that it was last found in.
    snapshot_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, flag_id),
    CHECK ((state = 'end') = (ended_as IS NOT NULL))
);
CREATE INDEX alerts_by_branch ON hailong.alerts (branch_id, changed_at);
CREATE INDEX alerts_by_interaction ON hailong.alerts (interaction_id);
CREATE INDEX alerts_going_on ON hailong.alerts (snapshot_at) WHERE state <> 'end';

-- Each change of an alert, for who listens. Kept a week.
CREATE TABLE hailong.alert_events (
    event_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    flag_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('new', 'update', 'end')),
    event_at timestamptz NOT NULL
);
CREATE INDEX alert_events_by_branch ON hailong.alert_events (branch_id, event_no);
CREATE INDEX alert_events_by_time ON hailong.alert_events (event_at);
CREATE INDEX alert_events_by_interaction ON hailong.alert_events (interaction_id);

-- Who went to look: a label, one a person, that nobody changes.
CREATE TABLE hailong.alert_visits (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    flag_id uuid NOT NULL,
    seen_by uuid NOT NULL REFERENCES hailong.users,
    interaction_id uuid NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, flag_id, seen_by)
);
CREATE INDEX alert_visits_by_interaction ON hailong.alert_visits (interaction_id);
CREATE TRIGGER alert_visits_append_only BEFORE UPDATE OR DELETE ON hailong.alert_visits
    FOR EACH ROW EXECUTE FUNCTION hailong.refuse_change();
CREATE TRIGGER alert_visits_no_truncate BEFORE TRUNCATE ON hailong.alert_visits
    FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_change();

-- What a channel (a webhook, an e-mail address) is to be told, and how that went.
CREATE TABLE hailong.alert_sendings (
    event_no bigint NOT NULL REFERENCES hailong.alert_events ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    branch_id text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- A word of ours for what went wrong last.
    fault text CHECK (fault ~ '^[a-z0-9_]{1,40}$'),
    PRIMARY KEY (event_no, channel)
);
CREATE INDEX alert_sendings_by_branch ON hailong.alert_sendings (branch_id, changed_at);
CREATE INDEX alert_sendings_waiting ON hailong.alert_sendings (next_at) WHERE state = 'waiting';

-- Who sees and writes what -------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['open_interactions', 'alerts', 'alert_events', 'alert_visits',
                                'alert_sendings'] LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY by_branch ON hailong.%I '
            'USING (branch_id = ANY (hailong.visible_branches()))', name);
        EXECUTE format('CREATE POLICY not_for_clerks ON hailong.%I AS RESTRICTIVE TO hailong_app '
            'USING (hailong.visible_staff() = ''*'')', name);
    END LOOP;
END $$;

-- A label names a person who may set it, so that nobody signs with another's hand.
CREATE FUNCTION hailong.supervises(person uuid, branch text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT EXISTS (
            SELECT FROM hailong.users u JOIN hailong.user_branches b USING (user_id)
            WHERE u.user_id = person AND u.role = 'supervisor' AND u.disabled_at IS NULL
              AND b.branch_id = branch);
    END;
REVOKE ALL ON FUNCTION hailong.supervises(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.supervises(uuid, text) TO hailong_app;
CREATE POLICY by_supervisors ON hailong.alert_visits AS RESTRICTIVE FOR INSERT TO hailong_app
    WITH CHECK (hailong.supervises(seen_by, branch_id));

-- Ends what was never ended, and forgets what has had its time, of all branches.
CREATE FUNCTION hailong.sweep_alerts(moment timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
REVOKE ALL ON FUNCTION hailong.sweep_alerts(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.sweep_alerts(timestamptz) TO hailong_worker;

GRANT SELECT, INSERT, UPDATE ON hailong.open_interactions TO hailong_ingest;
GRANT SELECT, UPDATE (judged_at), DELETE ON hailong.open_interactions TO hailong_worker;
GRANT SELECT, INSERT, UPDATE ON hailong.alerts TO hailong_worker;
GRANT SELECT, INSERT ON hailong.alert_events TO hailong_worker;
GRANT SELECT, INSERT, UPDATE ON hailong.alert_sendings TO hailong_worker;
GRANT SELECT ON hailong.alerts, hailong.alert_events, hailong.alert_sendings TO hailong_app;
GRANT SELECT, INSERT ON hailong.alert_visits TO hailong_app;
-- How many and how old they are, for the page of what is kept.
GRANT SELECT (branch_id, captured_at) ON hailong.open_interactions TO hailong_app;
GRANT SELECT ON hailong.open_interactions, hailong.alerts, hailong.alert_events,
    hailong.alert_visits, hailong.alert_sendings TO hailong_auditor;
