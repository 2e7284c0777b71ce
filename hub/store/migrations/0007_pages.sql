-- Makes reading and writing quick: row security asks for the transaction's scope once a statement,
-- and how many rows there are is counted as they come and go. Counts all rows there are, once: a
-- minute for a city's months of turns, in which everybody waits.

-- Who may see which rows ---------------------------------------------------------------

-- The list of branches stood in every policy as a call, and was read from its setting anew for each
-- row: for ingest with two hundred branches in a batch the half of its cost. As a scalar
-- sub-select it is computed once. Reading compares with the array, which an index can search;
-- a row that is written is looked up in a hash of it.
DO $$
DECLARE
    policy record;
    changed text;
BEGIN
    FOR policy IN
        SELECT tablename, policyname, qual, with_check FROM pg_policies
        WHERE schemaname = 'hailong'
          AND concat(qual, ' ', with_check) ~ 'visible_(branches|staff)\(\)'
    LOOP
        changed := format('ALTER POLICY %I ON hailong.%I', policy.policyname, policy.tablename);
        IF policy.qual IS NOT NULL THEN
            changed := changed || format(' USING (%s)', replace(replace(policy.qual,
                'hailong.visible_branches()', '(SELECT hailong.visible_branches())::text[]'),
                'hailong.visible_staff()', '(SELECT hailong.visible_staff())'));
        END IF;
        IF policy.policyname = 'by_branch' THEN
            changed := changed
                || ' WITH CHECK (branch_id IN (SELECT unnest(hailong.visible_branches())))';
        ELSIF policy.with_check IS NOT NULL THEN
            changed := changed || format(' WITH CHECK (%s)', replace(policy.with_check,
                'hailong.visible_staff()', '(SELECT hailong.visible_staff())'));
        END IF;
        EXECUTE changed;
    END LOOP;
END $$;

-- A view has one condition for what is read and what is written: the hash, because ingest writes
-- more windows than anybody reads. IS TRUE keeps it a filter: as a join it would take the rows out
-- of their index's order.
CREATE OR REPLACE VIEW hailong.activity WITH (security_barrier) AS
    SELECT * FROM hailong_private.activity
    WHERE (branch_id IN (SELECT unnest(hailong.visible_branches()))) IS TRUE
      AND (current_user <> 'hailong_app' OR (SELECT hailong.visible_staff()) = '*')
    WITH CASCADED CHECK OPTION;

-- How many rows there are ----------------------------------------------------------------

-- By branch, table and partition. Kept because counting millions of rows takes seconds; right to the
-- last row, because every change of a table notes in its own transaction what it added or took
-- away. A count is the sum of both tables: the worker adds the changes to the counts by and by,
-- which changes no sum. Counts of a partition that was dropped count for nothing.
CREATE TABLE hailong.row_counts (
    branch_id text NOT NULL,
    kept_in text NOT NULL,
    -- The first day (UTC) of the partition; of `activity` the day, of `reviews` the week.
    part date NOT NULL,
    -- Of `decisions`: outcome, ground and rule of a flag's last decision. Else nothing.
    variant text NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (branch_id, kept_in, part, variant)
);

-- Appended, a row a change: nobody waits for another's.
CREATE TABLE hailong.row_changes (
    change_no bigint GENERATED ALWAYS AS IDENTITY,
    branch_id text NOT NULL,
    kept_in text NOT NULL,
    part date NOT NULL,
    variant text NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (branch_id, change_no)
);

-- Where a table's rows of a partition lie; its name is as make_partitions gives it.
CREATE FUNCTION hailong.partition_name(kept_in text, part date) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE kept_in WHEN 'decisions' THEN 'flags' ELSE kept_in END || to_char(part::timestamp,
        CASE WHEN kept_in LIKE '%rollups' THEN '_YYYYMM' ELSE '_IYYY"w"IW' END);

-- `activity` lies in another schema and its days are taken off when they are deleted.
CREATE FUNCTION hailong.is_kept(kept_in text, part date) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN kept_in IN ('activity', 'reviews')
        OR to_regclass('hailong.' || hailong.partition_name(kept_in, part)) IS NOT NULL;

-- The triggers' function: count_weeks, count_days, ... They differ in the column of the time.
DO $make$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT * FROM (VALUES
        ('weeks', 'week', 'at AT TIME ZONE ''UTC'''),
        ('days', 'month', 'day::timestamp'),
        ('months', 'month', 'month::timestamp'),
        ('hours', 'month', 'hour_at AT TIME ZONE ''UTC''')) v (called, width, at)
    LOOP
        EXECUTE format($text$
CREATE FUNCTION hailong_private.count_%1$s() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, TG_TABLE_NAME, date_trunc('%2$s', %3$s)::date, '',
           CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM changed GROUP BY 1, 3;
    RETURN NULL;
END $$ $text$, made.called, made.width, made.at);
    END LOOP;
END $make$;

-- Windows of `activity`, as the worker has counted them by the hour: ingest writes ten thousand of
-- them a second and need not count them as well.
DO $make$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT * FROM (VALUES ('on', '', 'there'), ('off', '-', 'gone'))
        v (called, sign, counted)
    LOOP
        EXECUTE format($text$
CREATE FUNCTION hailong_private.count_windows_%1$s() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT branch_id, 'activity', (hour_at AT TIME ZONE 'UTC')::date, '', %2$ssum(windows)
    FROM %3$s GROUP BY 1, 3;
    RETURN NULL;
END $$ $text$, made.called, made.sign, made.counted);
    END LOOP;
END $make$;

-- The last decision on each flag: what it was does not count any more, what it is does.
CREATE FUNCTION hailong_private.count_decisions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT k.branch_id, 'decisions', date_trunc('week', k.at AT TIME ZONE 'UTC')::date,
           l.outcome || ' ' || l.ground || ' ' || f.rule_id, sum(l.sign)
    FROM (SELECT branch_id, counter_id, at, flag_id, min(review_no) AS first, max(review_no) AS last
          FROM changed GROUP BY 1, 2, 3, 4) k
    JOIN hailong.flags f ON f.branch_id = k.branch_id AND f.counter_id = k.counter_id
        AND f.at = k.at AND f.flag_id = k.flag_id
    CROSS JOIN LATERAL (
        -- Decisions on a flag come in the order of their numbers and go all at once.
        (SELECT 1 AS sign, c.outcome, c.ground FROM changed c
         WHERE TG_OP = 'INSERT' AND c.flag_id = k.flag_id AND c.review_no = k.last)
        UNION ALL
        (SELECT -1, r.outcome, r.ground FROM hailong.reviews r
         WHERE TG_OP = 'INSERT' AND r.branch_id = k.branch_id AND r.counter_id = k.counter_id
           AND r.at = k.at AND r.flag_id = k.flag_id AND r.review_no < k.first
         ORDER BY r.review_no DESC LIMIT 1)
        UNION ALL
        (SELECT -1, c.outcome, c.ground FROM changed c
         WHERE TG_OP = 'DELETE' AND c.flag_id = k.flag_id AND c.review_no = k.last)) l
    GROUP BY 1, 3, 4 HAVING sum(l.sign) <> 0;
    RETURN NULL;
END $$;

-- A flag that goes takes its decisions along, where they did not go before it.
CREATE FUNCTION hailong_private.count_undecided() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
    SELECT f.branch_id, 'decisions', date_trunc('week', f.at AT TIME ZONE 'UTC')::date,
           l.outcome || ' ' || l.ground || ' ' || f.rule_id, -count(*)
    FROM changed f
    CROSS JOIN LATERAL (
        SELECT r.outcome, r.ground FROM hailong.reviews r
        WHERE r.branch_id = f.branch_id AND r.counter_id = f.counter_id AND r.at = f.at
          AND r.flag_id = f.flag_id
        ORDER BY r.review_no DESC LIMIT 1) l
    GROUP BY 1, 3, 4;
    RETURN NULL;
END $$;

CREATE FUNCTION hailong_private.forget_counts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

DO $$
DECLARE
    counted record;
    event text;
BEGIN
    FOR counted IN SELECT * FROM (VALUES
        ('interactions', 'weeks'), ('turns', 'weeks'), ('scores', 'weeks'), ('flags', 'weeks'),
        ('reviews', 'weeks'), ('rollups', 'days'), ('staff_rollups', 'days'),
        ('hour_rollups', 'months'), ('activity_rollups', 'hours')) v (name, called)
    LOOP
        FOREACH event IN ARRAY ARRAY['insert', 'delete'] LOOP
            EXECUTE format(
                'CREATE TRIGGER count_after_%1$s AFTER %1$s ON hailong.%2$I '
                'REFERENCING %3$s TABLE AS changed '
                'FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_%4$s()',
                event, counted.name, CASE event WHEN 'delete' THEN 'OLD' ELSE 'NEW' END,
                counted.called);
        END LOOP;
        EXECUTE format(
            'CREATE TRIGGER forget_after_truncate AFTER TRUNCATE ON hailong.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.forget_counts()', counted.name);
    END LOOP;
    FOREACH event IN ARRAY ARRAY['insert', 'delete'] LOOP
        EXECUTE format(
            'CREATE TRIGGER decisions_after_%1$s AFTER %1$s ON hailong.reviews '
            'REFERENCING %2$s TABLE AS changed '
            'FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_decisions()',
            event, CASE event WHEN 'delete' THEN 'OLD' ELSE 'NEW' END);
    END LOOP;
END $$;
CREATE TRIGGER decisions_after_delete AFTER DELETE ON hailong.flags
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_undecided();
CREATE TRIGGER windows_after_insert AFTER INSERT ON hailong.activity_rollups
    REFERENCING NEW TABLE AS there
    FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_on();
CREATE TRIGGER windows_after_update AFTER UPDATE ON hailong.activity_rollups
    REFERENCING NEW TABLE AS there
    FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_on();
CREATE TRIGGER windows_before_update AFTER UPDATE ON hailong.activity_rollups
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_off();
CREATE TRIGGER windows_after_delete AFTER DELETE ON hailong.activity_rollups
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.count_windows_off();

-- Called by the worker after it rolled up a branch, in the same transaction: where another one is at
-- the branch, the changes wait. Counts of partitions that were dropped go.
CREATE FUNCTION hailong.fold_row_counts(of_branch text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- What the rows themselves say, all of them counted: for a check, for a start, and where something
-- went past the triggers.
CREATE FUNCTION hailong_private.counted_rows()
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
           l.outcome || ' ' || l.ground || ' ' || f.rule_id, count(*)
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

-- By how much each count is wrong; nothing where all is right. Seen as of one moment, so that
-- writers go on meanwhile.
CREATE FUNCTION hailong_private.count_faults()
    RETURNS TABLE (branch_id text, kept_in text, part date, variant text, kept bigint,
                   expected bigint)
    LANGUAGE sql STABLE AS $$
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

-- A partition that is made anew has no rows, whatever was counted in one of its name.
CREATE OR REPLACE FUNCTION hailong_private.make_partitions(
        of_schema text, parent text, width text, from_at timestamptz, to_at timestamptz)
    RETURNS integer LANGUAGE plpgsql AS $$
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
END $$;

DO $$
DECLARE
    name text;
    signature text;
BEGIN
    FOREACH name IN ARRAY ARRAY['row_counts', 'row_changes'] LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY by_branch ON hailong.%I FOR SELECT '
            'USING (branch_id = ANY ((SELECT hailong.visible_branches())::text[]))', name);
        EXECUTE format(
            'CREATE POLICY not_for_clerks ON hailong.%I AS RESTRICTIVE TO hailong_app '
            'USING ((SELECT hailong.visible_staff()) = ''*'')', name);
        EXECUTE format('GRANT SELECT ON hailong.%I TO hailong_app, hailong_auditor', name);
    END LOOP;
    FOREACH signature IN ARRAY ARRAY[
        'hailong_private.count_weeks()', 'hailong_private.count_days()',
        'hailong_private.count_months()', 'hailong_private.count_hours()',
        'hailong_private.count_windows_on()', 'hailong_private.count_windows_off()',
        'hailong_private.count_decisions()', 'hailong_private.count_undecided()',
        'hailong_private.forget_counts()', 'hailong_private.counted_rows()',
        'hailong_private.count_faults()', 'hailong.fold_row_counts(text)']
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION hailong.fold_row_counts TO hailong_worker;

-- What is there already.
INSERT INTO hailong.row_counts (branch_id, kept_in, part, variant, rows)
SELECT branch_id, kept_in, part, variant, expected FROM hailong_private.count_faults();

-- What pages ask ---------------------------------------------------------------------------

-- The queue shows the gravest first: so they lie in this index, which also serves as its
-- forerunner did.
CREATE INDEX flags_by_severity ON hailong.flags
    (branch_id, state, kind, severity DESC, at, flag_id);
DROP INDEX hailong.flags_open;

-- Sums of bins are asked for bin by bin: four times as quick.
DROP AGGREGATE hailong.sum_bins(integer[]);
