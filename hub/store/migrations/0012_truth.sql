-- Truth sessions: what an observer at a counter, or a played script, says has happened there, and
-- how the devices' hits and the rules' flags compare with it.

-- With notice alone: to the clerk, and to citizens by the sign at the counter.
CREATE TABLE hailong.truth_sessions (
    branch_id text NOT NULL,
    session_id uuid NOT NULL,
    counter_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('observer', 'script')),
    -- The played script's name; an observer has none.
    script text CHECK (script ~ '^[a-z][a-z0-9_]{0,39}$'),
    dialect text NOT NULL CHECK (dialect IN ('north', 'central', 'south', 'mixed')),
    noise text NOT NULL CHECK (noise IN ('quiet', 'ordinary', 'loud')),
    -- Groups of things that were watched; what is in none of them says nothing.
    watched text[] NOT NULL CHECK (array_to_string(watched, ',', '?') ~ '^[a-z_]{1,40}(,[a-z_]{1,40})*$'),
    clerk_told_at timestamptz NOT NULL,
    citizens_told_at timestamptz NOT NULL,
    observer uuid NOT NULL REFERENCES hailong.users,
    started_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= started_at),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended', 'void')),
    -- NULL: to be matched (again).
    matched_at timestamptz,
    PRIMARY KEY (branch_id, session_id),
    FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters (branch_id, counter_id),
    CHECK ((kind = 'script') = (script IS NOT NULL)),
    CHECK ((state = 'ended') <= (ended_at IS NOT NULL)),
    CHECK (clerk_told_at <= started_at AND citizens_told_at <= started_at)
);
-- Two at one counter would count the same hits twice.
CREATE UNIQUE INDEX truth_sessions_open ON hailong.truth_sessions (branch_id, counter_id)
    WHERE state = 'open';
CREATE INDEX truth_sessions_by_time ON hailong.truth_sessions (branch_id, started_at);

-- One thing that happened. Enumerated words and times; there is nowhere to write a sentence.
CREATE TABLE hailong.truth_ticks (
    branch_id text NOT NULL,
    session_id uuid NOT NULL,
    -- Made by the tablet, so that what is sent twice is one.
    tick_id uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('category', 'rule')),
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
    role text NOT NULL CHECK (role IN ('staff', 'citizen', 'none')),
    -- By the tablet's own clock, and by the hub's as the tablet estimated it when it was tapped.
    tablet_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    clock_error_s real NOT NULL CHECK (clock_error_s >= 0),
    received_at timestamptz NOT NULL,
    undone_at timestamptz,
    PRIMARY KEY (branch_id, session_id, tick_id),
    FOREIGN KEY (branch_id, session_id) REFERENCES hailong.truth_sessions
);

-- Each thing that was ticked, found or both, once. No interaction is named: what remains of one
-- that was deleted must not point at it.
CREATE TABLE hailong.truth_matches (
    branch_id text NOT NULL,
    session_id uuid NOT NULL,
    match_no integer NOT NULL CHECK (match_no >= 1),
    what text NOT NULL CHECK (what IN ('category', 'rule')),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('staff', 'citizen', 'none')),
    -- Of a rule; a category has none.
    rule_version integer CHECK ((what = 'rule') = (rule_version IS NOT NULL)),
    outcome text NOT NULL CHECK (outcome IN ('found', 'missed', 'false_alarm', 'left_out')),
    reason text CHECK ((outcome = 'left_out') = (reason IS NOT NULL)),
    -- Of a phrase that was found: how much later than the tick the hit lies.
    later_s real,
    PRIMARY KEY (branch_id, session_id, match_no),
    FOREIGN KEY (branch_id, session_id) REFERENCES hailong.truth_sessions
);
CREATE INDEX truth_matches_by_name ON hailong.truth_matches (branch_id, what, name);

-- Who may observe ----------------------------------------------------------------------

CREATE FUNCTION hailong.may_observe(observer uuid, branch text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        SELECT EXISTS (
            SELECT FROM hailong.users u JOIN hailong.user_branches b USING (user_id)
            WHERE u.user_id = observer AND u.role IN ('qa', 'supervisor')
              AND u.disabled_at IS NULL AND b.branch_id = branch);
    END;
REVOKE ALL ON FUNCTION hailong.may_observe(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.may_observe(uuid, text) TO hailong_app;

-- Row security and rights --------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['truth_sessions', 'truth_ticks', 'truth_matches'] LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY by_branch ON hailong.%I '
            'USING (branch_id = ANY ((SELECT hailong.visible_branches())::text[])) '
            'WITH CHECK (branch_id IN (SELECT unnest(hailong.visible_branches())))', name);
        -- A session measures the machine; it is no file on the clerk who sat there.
        EXECUTE format(
            'CREATE POLICY not_for_clerks ON hailong.%I AS RESTRICTIVE TO hailong_app '
            'USING ((SELECT hailong.visible_staff()) = ''*'')', name);
    END LOOP;
END $$;
-- Nobody observes in another's name.
CREATE POLICY by_observers ON hailong.truth_sessions AS RESTRICTIVE FOR INSERT TO hailong_app
    WITH CHECK (hailong.may_observe(observer, branch_id)
                AND (SELECT hailong.visible_staff()) = '*');

GRANT SELECT, INSERT, UPDATE (state, ended_at, matched_at) ON hailong.truth_sessions TO hailong_app;
GRANT SELECT, INSERT, UPDATE (undone_at) ON hailong.truth_ticks TO hailong_app;
GRANT SELECT ON hailong.truth_matches TO hailong_app;
GRANT SELECT, UPDATE (matched_at) ON hailong.truth_sessions TO hailong_worker;
GRANT SELECT ON hailong.truth_ticks TO hailong_worker;
GRANT SELECT, INSERT, DELETE ON hailong.truth_matches TO hailong_worker;
GRANT SELECT ON hailong.truth_sessions, hailong.truth_ticks, hailong.truth_matches
    TO hailong_auditor;
