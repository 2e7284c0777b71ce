-- How rules stand at each branch, the branch's budget of review flags a day, and who reviews a
-- flag: the branch, or the city's QA where a rule is reviewed outside the branch.
-- loses: hailong.row_counts, hailong.row_changes

-- What becomes of a flag ---------------------------------------------------------------

-- `kind` is how a flag is shown; `held` says why that is less than its rule asks. `sampled`: of a
-- stopped rule, reviewed all the same; no page tells it from others.
ALTER TABLE hailong.flags
    ADD COLUMN held text CHECK (held IN ('silent', 'stopped', 'unknown', 'budget')),
    ADD COLUMN sampled boolean NOT NULL DEFAULT false,
    ADD COLUMN reviewer text NOT NULL DEFAULT 'branch' CHECK (reviewer IN ('branch', 'city'));

-- Many flags decided at once: such decisions say nothing of a rule.
ALTER TABLE hailong.reviews ADD COLUMN bulk boolean NOT NULL DEFAULT false;

-- Counts of decisions, by the rule's version too and with bulk decisions told apart: a variant is
-- outcome, ground (`bulk` where it was one of many), rule and version of a flag's last decision.

CREATE OR REPLACE FUNCTION hailong_private.count_decisions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

CREATE OR REPLACE FUNCTION hailong_private.count_undecided() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

CREATE OR REPLACE FUNCTION hailong_private.counted_rows()
    RETURNS TABLE (branch_id text, kept_in text, part date, variant text, rows bigint)
    LANGUAGE sql STABLE AS $$
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

DELETE FROM hailong.row_changes WHERE kept_in = 'decisions';
DELETE FROM hailong.row_counts WHERE kept_in = 'decisions';
INSERT INTO hailong.row_counts (branch_id, kept_in, part, variant, rows)
SELECT branch_id, kept_in, part, variant, rows FROM hailong_private.counted_rows()
WHERE kept_in = 'decisions';

-- How rules stand ----------------------------------------------------------------------

-- Of each version of a rule at each branch, in order; the last one holds. The figures are those
-- that it was judged by.
CREATE TABLE hailong.rule_standings (
    branch_id text NOT NULL REFERENCES hailong.branches,
    rule_id text NOT NULL CHECK (rule_id ~ '^[a-z][a-z0-9_]{0,63}$'),
    rule_version integer NOT NULL CHECK (rule_version >= 1),
    standing_no integer NOT NULL CHECK (standing_no >= 1),
    standing text NOT NULL
        CHECK (standing IN ('silent', 'active', 'city', 'trend', 'stopped', 'shadow')),
    reason text NOT NULL CHECK (reason IN
        ('first_use', 'silence_over', 'under_floor', 'unknown_share', 'recovered', 'by_hand')),
    since timestamptz NOT NULL,
    silent_until timestamptz,
    -- Which flags of a stopped rule are sampled.
    seed bytea CHECK (octet_length(seed) = 16),
    -- Flags raised before speak neither for nor against it any more.
    counted_from timestamptz,
    decided integer NOT NULL DEFAULT 0 CHECK (decided >= with_ground),
    with_ground integer NOT NULL DEFAULT 0 CHECK (with_ground >= founded),
    founded integer NOT NULL DEFAULT 0 CHECK (founded >= 0),
    -- The figures are the whole city's, because the branch had too few.
    pooled boolean NOT NULL DEFAULT false,
    -- Who set it, where a person did.
    set_by text CHECK (set_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    PRIMARY KEY (branch_id, rule_id, rule_version, standing_no),
    CHECK ((standing = 'silent') = (silent_until IS NOT NULL)),
    CHECK ((standing = 'stopped') = (seed IS NOT NULL)),
    CHECK ((reason = 'by_hand') = (set_by IS NOT NULL))
);

CREATE FUNCTION hailong.refuse_standing_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a rule stands otherwise by a further entry', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER rule_standings_append_only BEFORE UPDATE OR DELETE ON hailong.rule_standings
    FOR EACH ROW EXECUTE FUNCTION hailong.refuse_standing_change();
CREATE TRIGGER rule_standings_no_truncate BEFORE TRUNCATE ON hailong.rule_standings
    FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_standing_change();

-- Decisions on a version of a rule over the whole city, counted once a day: what a branch with
-- too few of its own is judged by. Counts alone.
CREATE TABLE hailong.rule_figures (
    rule_id text NOT NULL CHECK (rule_id ~ '^[a-z][a-z0-9_]{0,63}$'),
    rule_version integer NOT NULL CHECK (rule_version >= 1),
    decided integer NOT NULL CHECK (decided >= with_ground),
    with_ground integer NOT NULL CHECK (with_ground >= founded),
    founded integer NOT NULL CHECK (founded >= 0),
    bulk integer NOT NULL CHECK (bulk >= 0),
    branches integer NOT NULL CHECK (branches >= 0),
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (rule_id, rule_version)
);

-- The budget of a day ------------------------------------------------------------------

-- Review flags that a rule got admitted at a branch on a day (Hanoi's), and those that became
-- trends; `trend_since`: from when on it went on as a trend for the rest of the day.
CREATE TABLE hailong.review_budgets (
    branch_id text NOT NULL REFERENCES hailong.branches,
    day date NOT NULL,
    rule_id text NOT NULL CHECK (rule_id ~ '^[a-z][a-z0-9_]{0,63}$'),
    used integer NOT NULL DEFAULT 0 CHECK (used >= 0),
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    trend_since timestamptz,
    trend_reason text CHECK (trend_reason IN ('target', 'cap')),
    PRIMARY KEY (branch_id, day, rule_id),
    CHECK ((trend_since IS NULL) = (trend_reason IS NULL))
);

-- Who sees and writes what -------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['rule_standings', 'rule_figures', 'review_budgets'] LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['rule_standings', 'review_budgets'] LOOP
        EXECUTE format('CREATE POLICY by_branch ON hailong.%I '
            'USING (branch_id = ANY ((SELECT hailong.visible_branches())::text[])) '
            'WITH CHECK (branch_id IN (SELECT unnest(hailong.visible_branches())))', name);
        EXECUTE format('CREATE POLICY not_for_clerks ON hailong.%I AS RESTRICTIVE TO hailong_app '
            'USING ((SELECT hailong.visible_staff()) = ''*'')', name);
    END LOOP;
END $$;
CREATE POLICY whole_city ON hailong.rule_figures USING (true);

GRANT SELECT, INSERT ON hailong.rule_standings TO hailong_worker;
GRANT SELECT, INSERT, UPDATE ON hailong.rule_figures, hailong.review_budgets TO hailong_worker;
GRANT SELECT ON hailong.rule_standings, hailong.rule_figures, hailong.review_budgets
    TO hailong_app, hailong_auditor;
-- Decisions are counted there.
GRANT SELECT ON hailong.row_counts, hailong.row_changes TO hailong_worker;

-- Who decides on a flag: a supervisor of its branch, or QA where it is reviewed outside. A
-- decision names a person who may decide, so that nobody signs with another's hand.
CREATE FUNCTION hailong.may_decide_flag(
        decider uuid, branch text, counter text, started timestamptz, flag uuid)
    RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
REVOKE ALL ON FUNCTION hailong.may_decide_flag(uuid, text, text, timestamptz, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.may_decide_flag(uuid, text, text, timestamptz, uuid)
    TO hailong_app;
ALTER POLICY by_deciders ON hailong.reviews
    WITH CHECK (hailong.may_decide_flag(decided_by, branch_id, counter_id, at, flag_id));
DROP FUNCTION hailong.may_decide(uuid, text);
