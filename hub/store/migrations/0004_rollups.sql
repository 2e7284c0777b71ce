-- Rollups: what interactions measured, summed by counter, by staff and by hour, and what
-- counters did, by hour. Everything is a whole number of steps, so that what was added can be
-- subtracted to the last digit. What an interaction has added is remembered; a change of it
-- subtracts that and adds what it says now. docs/store.md tells formulas, bins and errors.

-- What is measured, and in which bins it is counted --------------------------------------

-- Hanoi's wall clock; +07:00 all year since 1975.
CREATE FUNCTION hailong.hanoi(at timestamptz) RETURNS timestamp
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN at AT TIME ZONE interval '7 hours';

-- Edges of bins in the unit of the measure; a bin holds its lower edge and not its upper one.
-- Each set begins at the least value that the wire admits and ends over the greatest. They are
-- never changed: what was counted in one set of bins cannot be moved to another. A new set gets
-- a new name, and `hailong hub rollups rebuild` counts again.
CREATE VIEW hailong.rollup_bins WITH (security_barrier) AS SELECT * FROM (VALUES
    ('duration', ARRAY[
        0, 0.01, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 105,
        120, 135, 150, 165, 180, 210, 240, 270, 300, 330, 360, 420, 480, 540, 600, 660, 720, 780,
        840, 900, 960, 1020, 1080, 1200, 1320, 1500, 1800, 2100, 2400, 2700, 3000, 3600, 4500,
        5400, 7200, 10800, 14400, 86400.01]),
    ('gap', ARRAY[
        -30, -10, -5, -3, -2, -1.5, -1, -0.75, -0.5, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5,
        0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 15, 20,
        30, 60, 120, 300, 600, 3600.01]),
    ('count', ARRAY[
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 86401]),
    ('polarity', ARRAY[
        -1, -0.95, -0.9, -0.85, -0.8, -0.75, -0.7, -0.65, -0.6, -0.55, -0.5, -0.45, -0.4, -0.35,
        -0.3, -0.25, -0.2, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45,
        0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.001]),
    ('share', ARRAY[
        0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8,
        0.85, 0.9, 0.95, 1, 1.001]),
    ('points', ARRAY[
        0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46,
        48, 50, 52, 54, 56, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92,
        94, 96, 98, 100.01]),
    ('decibels', ARRAY[
        0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 45, 50, 60,
        80, 100, 86400.1])
) AS b (bins, edges);

-- Every measure: its unit, what one step of the stored numbers is worth, where it is read from,
-- and whether it is kept by staff as well. Experience and the citizen's mood are never charged
-- to a clerk, shadow flags are shown against nobody. `voids`: spans of this kind and role that a
-- review took back are taken out of the measurement.
-- A view, not a table: it changes by a migration alone.
CREATE VIEW hailong.rollup_measures WITH (security_barrier) AS
SELECT m.measure, m.unit, m.step, m.source, m.path, m.voids, m.voids_role, m.by_staff,
       (SELECT array_agg((e / m.step)::bigint ORDER BY e) FROM unnest(b.edges) AS e) AS edges
FROM (VALUES
    ('handling_s', 's', 0.01, 'measurements', '{handling_s}'::text[], NULL, NULL, true, 'duration'),
    ('talk_time_s.staff', 's', 0.01, 'measurements', '{talk_time_s,staff}', NULL, NULL, true,
     'duration'),
    ('talk_time_s.citizen', 's', 0.01, 'measurements', '{talk_time_s,citizen}', NULL, NULL, false,
     'duration'),
    ('overlap_s', 's', 0.01, 'measurements', '{overlap_s}', 'overlap', NULL, true, 'duration'),
    ('dead_air_s', 's', 0.01, 'measurements', '{dead_air_s}', 'dead_air', NULL, true, 'duration'),
    ('longest_dead_air_s', 's', 0.01, 'measurements', '{longest_dead_air_s}', NULL, NULL, true,
     'duration'),
    ('response_gap_s', 's', 0.01, 'measurements', '{response_gap_s}', NULL, NULL, true, 'gap'),
    ('interruptions.staff', 'count', 1, 'measurements', '{interruptions,staff}', 'interruption',
     'staff', true, 'count'),
    ('interruptions.citizen', 'count', 1, 'measurements', '{interruptions,citizen}',
     'interruption', 'citizen', false, 'count'),
    ('raised_voice_s.staff', 's', 0.01, 'measurements', '{raised_voice_s,staff}', 'raised_voice',
     'staff', true, 'duration'),
    ('raised_voice_s.citizen', 's', 0.01, 'measurements', '{raised_voice_s,citizen}',
     'raised_voice', 'citizen', false, 'duration'),
    ('sentiment.citizen', 'polarity', 0.001, 'measurements', '{sentiment,mean}', NULL, NULL, false,
     'polarity'),
    ('unattended_s', 's', 0.01, 'measurements', '{unattended_s}', 'unattended', NULL, true,
     'duration'),
    ('snr_db.staff', 'dB', 0.1, 'measurements', '{snr_db,staff}', NULL, NULL, true, 'decibels'),
    ('snr_db.citizen', 'dB', 0.1, 'measurements', '{snr_db,citizen}', NULL, NULL, true,
     'decibels'),
    ('coverage.audio', 'share', 0.001, 'coverage', '{audio}', NULL, NULL, true, 'share'),
    ('coverage.video', 'share', 0.001, 'coverage', '{video}', NULL, NULL, true, 'share'),
    ('coverage.roles', 'share', 0.001, 'coverage', '{roles}', NULL, NULL, true, 'share'),
    ('coverage.text_staff', 'share', 0.001, 'coverage', '{text_staff}', NULL, NULL, true, 'share'),
    ('coverage.text_citizen', 'share', 0.001, 'coverage', '{text_citizen}', NULL, NULL, true,
     'share'),
    ('coverage.sentiment', 'share', 0.001, 'coverage', '{sentiment}', NULL, NULL, true, 'share'),
    ('coverage.overlap', 'share', 0.001, 'coverage', '{overlap}', NULL, NULL, true, 'share'),
    ('coverage.raised_voice_staff', 'share', 0.001, 'coverage', '{raised_voice_staff}', NULL, NULL,
     true, 'share'),
    ('coverage.raised_voice_citizen', 'share', 0.001, 'coverage', '{raised_voice_citizen}', NULL,
     NULL, true, 'share'),
    ('coverage.presence', 'share', 0.001, 'coverage', '{presence}', NULL, NULL, true, 'share'),
    ('experience', 'points', 0.01, 'scores', NULL, NULL, NULL, false, 'points'),
    ('counter_part', 'points', 0.01, 'scores', NULL, NULL, NULL, true, 'points'),
    -- Counted, not measured: no bins.
    ('interactions', 'count', 1, 'events', NULL, NULL, NULL, true, NULL),
    ('boundary_uncertain', 'count', 1, 'events', NULL, NULL, NULL, true, NULL),
    ('not_enough_measured', 'count', 1, 'events', NULL, NULL, NULL, true, NULL),
    ('hits', 'count', 1, 'events', NULL, NULL, NULL, true, NULL),
    ('flags', 'count', 1, 'events', NULL, NULL, NULL, true, NULL),
    ('shadow_flags', 'count', 1, 'events', NULL, NULL, NULL, false, NULL)
) AS m (measure, unit, step, source, path, voids, voids_role, by_staff, bins)
LEFT JOIN hailong.rollup_bins b USING (bins);

-- Adding -------------------------------------------------------------------------------

-- What has no bins has none in the sum either.
CREATE FUNCTION hailong.add_bins(a integer[], b integer[]) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
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
CREATE AGGREGATE hailong.sum_bins(integer[])
    (SFUNC = hailong.add_bins, STYPE = integer[], COMBINEFUNC = hailong.add_bins, PARALLEL = SAFE);

-- A whole histogram from some of its bins; none where the measure has no bins.
CREATE FUNCTION hailong_private.spread(size integer, places integer[], weights integer[])
    RETURNS integer[] LANGUAGE plpgsql IMMUTABLE AS $$
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

-- The tables ---------------------------------------------------------------------------

-- One row for a cell, a measure and its variant: the rubric and its version for figures,
-- category and role for hits, rule and outcome for flags, else nothing.
-- n values, their sum and the sum of their squares in steps, and how many lay in each bin.
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
    bins integer[],
    PRIMARY KEY (branch_id, measure, variant, day, counter_id, zone)
) PARTITION BY RANGE (day);

-- By hour of the day over a month: an hour of one day holds too few interactions to say much.
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
    bins integer[],
    PRIMARY KEY (branch_id, measure, variant, month, hour, counter_id, zone)
) PARTITION BY RANGE (month);

-- Apart from the counters', so that who reads counters reads no pseudonym. Interactions that
-- are attributed to nobody stand in none of its rows.
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
    bins integer[],
    PRIMARY KEY (branch_id, measure, variant, day, staff_id, zone)
) PARTITION BY RANGE (day);
CREATE INDEX staff_rollups_by_staff ON hailong.staff_rollups (branch_id, staff_id, day);

-- What counters did in an hour. Hundredths of a second and thousandths of coverage; `..._n`:
-- windows in which the sensor gave a valid value.
CREATE TABLE hailong.activity_rollups (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    hour_at timestamptz NOT NULL,
    windows bigint NOT NULL CHECK (windows > 0),
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
    PRIMARY KEY (branch_id, counter_id, hour_at)
) PARTITION BY RANGE (hour_at);

-- What each interaction has added, to be subtracted when it changes. Read by nobody.
CREATE TABLE hailong_private.rollup_contributions (
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    zone text NOT NULL,
    staff_id text,
    measures text[] NOT NULL,
    variants text[] NOT NULL,
    amounts bigint[] NOT NULL,
    PRIMARY KEY (branch_id, counter_id, at, interaction_id)
) PARTITION BY RANGE (at);

-- Interactions that changed. Appended by triggers in the change's own transaction, a row a
-- change: a unique key would make ingest, scoring and reviews wait for each other's.
CREATE TABLE hailong.rollup_queue (
    queue_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    at timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now(),
    set_aside integer NOT NULL DEFAULT 0
);
CREATE INDEX rollup_queue_due ON hailong.rollup_queue (branch_id, due_at, queue_no);

-- Hours of activity that got windows. Appended by ingest.
CREATE TABLE hailong.activity_marks (
    mark_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    hour_at timestamptz NOT NULL
);
CREATE INDEX activity_marks_by_branch ON hailong.activity_marks (branch_id);

-- Before these times the rows are deleted and their rollups stay: nothing is subtracted or
-- counted there any more.
CREATE TABLE hailong_private.rollups_closed (
    kind text PRIMARY KEY CHECK (kind IN ('interactions', 'activity')),
    before timestamptz NOT NULL
);

CREATE FUNCTION hailong_private.closed_before(of_kind text) RETURNS timestamptz
    LANGUAGE sql STABLE
    RETURN COALESCE((SELECT before FROM hailong_private.rollups_closed WHERE kind = of_kind),
                    '-infinity');

-- What one interaction says --------------------------------------------------------------

-- Hits and spans that a review took back: what the evidence of its dismissed flags names.
CREATE FUNCTION hailong_private.voided(i hailong.interactions)
    RETURNS TABLE (type text, name text, role text, offset_s jsonb, duration_s numeric)
    LANGUAGE sql STABLE AS $$
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
$$;

-- Everything that an interaction adds, as it is stored now: measure, variant, steps.
CREATE FUNCTION hailong_private.contribution(i hailong.interactions)
    RETURNS TABLE (measures text[], variants text[], amounts bigint[])
    LANGUAGE sql STABLE AS $$
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
                   || s.rubric || '.' || s.rubric_version,
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

-- Adding and subtracting -----------------------------------------------------------------

-- So many interactions (less than none: taken away) with this amount in this cell.
CREATE TYPE hailong_private.rollup_change AS (
    counter_id text, zone text, staff_id text, day date, month date, hour integer,
    measure text, variant text, amount bigint, weight integer,
    bin integer, size integer, by_staff boolean
);

-- Contributions of both signs as changes of cells; what is taken away and put back alike is
-- none.
CREATE FUNCTION hailong_private.changes_of(
        before hailong_private.rollup_contributions[],
        after hailong_private.rollup_contributions[])
    RETURNS hailong_private.rollup_change[] LANGUAGE sql STABLE AS $$
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

-- Adds changes to one of the three tables: add_to_rollups, add_to_hour_rollups,
-- add_to_staff_rollups. They differ in table, columns of a cell and which changes they want, so
-- one text makes all three. Cells are taken in the order of their keys. A cell that holds nothing
-- any more goes; one that holds less than nothing is a fault.
DO $make$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT * FROM (VALUES
        ('rollups', 'day, counter_id, zone', 'true'),
        ('hour_rollups', 'month, hour, counter_id, zone', 'true'),
        ('staff_rollups', 'day, staff_id, zone', 'by_staff')) v (kept_in, keys, wanted)
    LOOP
        EXECUTE format($text$
CREATE FUNCTION hailong_private.add_to_%1$s(
        of_branch text, changes hailong_private.rollup_change[])
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    fault text;
BEGIN
    INSERT INTO hailong.%1$I AS known
        (branch_id, measure, variant, %2$s, n, total, squares, bins)
    SELECT of_branch, measure, variant, %2$s, sum(weight), sum(weight * amount),
           sum(weight * amount::numeric * amount),
           hailong_private.spread(max(size), array_agg(bin), array_agg(weight))
    FROM unnest(changes) WHERE %3$s
    GROUP BY measure, variant, %2$s ORDER BY measure, variant, %2$s
    ON CONFLICT (branch_id, measure, variant, %2$s) DO UPDATE SET
        n = known.n + excluded.n, total = known.total + excluded.total,
        squares = known.squares + excluded.squares,
        bins = hailong.add_bins(known.bins, excluded.bins);
    IF NOT EXISTS (SELECT FROM unnest(changes) WHERE weight < 0) THEN
        RETURN;
    END IF;
    DELETE FROM hailong.%1$I r
    USING (SELECT DISTINCT measure, variant, %2$s FROM unnest(changes)
           WHERE %3$s AND weight < 0) c
    WHERE r.branch_id = of_branch AND (r.measure, r.variant, %4$s) = (c.measure, c.variant, %5$s)
      AND r.n = 0 AND r.total = 0 AND r.squares = 0 AND 0 = ALL (COALESCE(r.bins, '{0}'));
    SELECT r.measure INTO fault
    FROM (SELECT DISTINCT measure, variant, %2$s FROM unnest(changes)
          WHERE %3$s AND weight < 0) c
    JOIN hailong.%1$I r ON r.branch_id = of_branch
        AND (r.measure, r.variant, %4$s) = (c.measure, c.variant, %5$s)
    WHERE r.n <= 0 OR 0 > ANY (r.bins) LIMIT 1;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION '%1$s of %% holds less than nothing of %%; run `hailong hub rollups rebuild`',
            of_branch, fault USING ERRCODE = 'data_exception';
    END IF;
END $$ $text$, made.kept_in, made.keys, made.wanted,
            'r.' || replace(made.keys, ', ', ', r.'), 'c.' || replace(made.keys, ', ', ', c.'));
    END LOOP;
END $make$;

-- Brings the rollups to what these interactions say now. Idempotent: what changed nothing
-- writes nothing. The caller holds the branch's lock.
CREATE FUNCTION hailong_private.apply(
        of_branch text, counter_ids text[], ats timestamptz[], interaction_ids uuid[])
    RETURNS void LANGUAGE plpgsql AS $$
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

-- One at a time writes a branch's rollups, until its transaction ends: so no two can wait for
-- each other's cells, and what an interaction has added is read by one alone.
CREATE FUNCTION hailong_private.rollup_lock(of_branch text) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN 7201004::bigint << 32 | (hashtext(of_branch)::bigint & 4294967295);

CREATE FUNCTION hailong_private.require_branch(of_branch text) RETURNS void
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF of_branch = ANY (hailong.visible_branches()) IS NOT TRUE THEN
        RAISE EXCEPTION 'the rollups of a branch that this transaction does not see'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- What the programs call ------------------------------------------------------------------
-- They run with the owner's rights and write what the rows say and nothing else, so that no
-- program needs a right to write a rollup. Their statements name many partitions and are planned
-- once a connection: planning anew would take longer than one interaction does.

-- At once, in the transaction that changed the interactions. False: another transaction is at
-- work on the branch, or a row cannot be read; the queue, where the change stands as well, brings
-- it later. It never stops the change itself.
CREATE FUNCTION hailong.refresh_rollups(
        of_branch text, counter_ids text[], ats timestamptz[], interaction_ids uuid[])
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
    SET plan_cache_mode = force_generic_plan AS $$
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

-- Takes on the next changes of a branch: how many it took, and how many of them it set aside
-- because their rows cannot be read. Nothing where another worker is at it.
CREATE FUNCTION hailong.roll_up(of_branch text, most integer,
                                OUT taken integer, OUT set_aside integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
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

-- What the windows of some hours of activity say.
CREATE FUNCTION hailong_private.activity_of(
        of_branch text, counter_ids text[], hours timestamptz[])
    RETURNS SETOF hailong.activity_rollups LANGUAGE sql STABLE AS $$
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

-- Counts hours of activity anew, from their windows. Windows never change and hours are short,
-- so this is simpler than adding, and as exact.
CREATE FUNCTION hailong_private.count_activity(
        of_branch text, counter_ids text[], hours timestamptz[])
    RETURNS void LANGUAGE sql AS $$
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

-- Takes on the marked hours of a branch; how many marks it took.
CREATE FUNCTION hailong.roll_up_activity(of_branch text, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- Which changes are noticed ----------------------------------------------------------------

-- Turns are written with their interaction and never by themselves: they need no trigger.
CREATE FUNCTION hailong_private.queue_rollups() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hailong.rollup_queue (branch_id, counter_id, at, interaction_id)
    SELECT DISTINCT branch_id, counter_id, at, interaction_id FROM changed;
    RETURN NULL;
END $$;
DO $$
DECLARE
    name text;
    event text;
BEGIN
    FOREACH name IN ARRAY ARRAY['interactions', 'scores', 'flags'] LOOP
        FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
            EXECUTE format(
                'CREATE TRIGGER rollups_after_%2$s AFTER %2$s ON hailong.%1$I '
                'REFERENCING %3$s TABLE AS changed '
                'FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups()',
                name, event, CASE event WHEN 'delete' THEN 'OLD' ELSE 'NEW' END);
        END LOOP;
    END LOOP;
END $$;
CREATE TRIGGER rollups_after_insert AFTER INSERT ON hailong.reviews
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION hailong_private.queue_rollups();

-- Who may see which rows ---------------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['rollups', 'hour_rollups', 'staff_rollups', 'activity_rollups']
    LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY by_branch ON hailong.%I USING (branch_id = ANY (hailong.visible_branches()))',
            name);
    END LOOP;
    -- A counter's figures are several people's: a clerk reads the own ones.
    FOREACH name IN ARRAY ARRAY['rollups', 'hour_rollups', 'activity_rollups'] LOOP
        EXECUTE format(
            'CREATE POLICY not_for_clerks ON hailong.%I AS RESTRICTIVE TO hailong_app '
            'USING (hailong.visible_staff() = ''*'')', name);
    END LOOP;
END $$;
CREATE POLICY by_staff ON hailong.staff_rollups AS RESTRICTIVE TO hailong_app
    USING (hailong.visible_staff() = '*' OR staff_id = hailong.visible_staff());

-- Emptied by the functions above alone. The worker asks which branches wait, ingest marks those
-- that it named; what interactions have added, and what is closed, no program reads.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['hailong.rollup_queue', 'hailong.activity_marks',
                                'hailong_private.rollup_contributions',
                                'hailong_private.rollups_closed'] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END $$;
CREATE POLICY any_branch ON hailong.rollup_queue FOR SELECT TO hailong_worker USING (true);
CREATE POLICY any_branch ON hailong.activity_marks FOR SELECT TO hailong_worker USING (true);
CREATE POLICY by_branch ON hailong.activity_marks FOR INSERT TO hailong_ingest
    WITH CHECK (branch_id = ANY (hailong.visible_branches()));

GRANT SELECT ON hailong.rollups, hailong.hour_rollups, hailong.staff_rollups,
    hailong.activity_rollups, hailong.rollup_measures, hailong.rollup_bins
    TO hailong_app, hailong_worker, hailong_auditor;
GRANT SELECT ON hailong.rollup_queue, hailong.activity_marks TO hailong_worker;
GRANT INSERT ON hailong.activity_marks TO hailong_ingest;

DO $$
DECLARE
    made regprocedure;
BEGIN
    FOR made IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'hailong_private'::regnamespace
           OR (p.pronamespace = 'hailong'::regnamespace
               AND p.proname IN ('refresh_rollups', 'roll_up', 'roll_up_activity'))
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION hailong.refresh_rollups TO hailong_app, hailong_worker;
GRANT EXECUTE ON FUNCTION hailong.roll_up, hailong.roll_up_activity TO hailong_worker;

-- Partitions -----------------------------------------------------------------------------------

-- Makes the partitions of one table that cover a span. Idempotent.
CREATE FUNCTION hailong_private.make_partitions(
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
            made := made + 1;
        END IF;
        lower_at := lower_at + ('1 ' || width)::interval;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION hailong_private.make_partitions FROM PUBLIC;

-- Activity alone: nothing to do where it is a hypertable, which makes its chunks by itself.
CREATE FUNCTION hailong.ensure_activity(from_at timestamptz, to_at timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET lock_timeout = '10s' AS $$
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
REVOKE ALL ON FUNCTION hailong.ensure_activity FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.ensure_activity TO hailong_ingest, hailong_worker;

-- Weekly for what is kept half a year, monthly for rollups, daily for activity. Idempotent.
CREATE OR REPLACE FUNCTION hailong.ensure_partitions(from_at timestamptz, to_at timestamptz)
    RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '10s' AS $$
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

-- What is there already is counted by the worker after this migration.
DO $$
DECLARE
    first_at timestamptz;
    last_at timestamptz;
    queued bigint;
BEGIN
    SELECT min(at), max(at) INTO first_at, last_at FROM (
        SELECT at FROM hailong.interactions UNION ALL SELECT at FROM hailong_private.activity) x;
    WHILE first_at <= last_at LOOP
        PERFORM hailong.ensure_partitions(first_at, first_at + interval '100 days');
        first_at := first_at + interval '100 days';
    END LOOP;
    INSERT INTO hailong.rollup_queue (branch_id, counter_id, at, interaction_id)
    SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions;
    GET DIAGNOSTICS queued = ROW_COUNT;
    IF queued <> (SELECT count(*) FROM hailong.interactions) THEN
        RAISE EXCEPTION 'queued % interactions of %', queued,
            (SELECT count(*) FROM hailong.interactions);
    END IF;
    INSERT INTO hailong.activity_marks (branch_id, counter_id, hour_at)
    SELECT DISTINCT branch_id, counter_id, date_trunc('hour', at, 'UTC')
    FROM hailong_private.activity;
END $$;
