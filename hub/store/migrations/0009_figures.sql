-- Which rubrics made figures and which is in force; ratings by citizens; calibrations to them.

-- Rubrics ------------------------------------------------------------------------------------

-- Every version that ever made a figure. What it says never changes: a changed one is a new version.
CREATE TABLE hailong.rubrics (
    rubric text NOT NULL,
    rubric_version integer NOT NULL CHECK (rubric_version >= 1),
    -- SHA-256 of all that figures depend on.
    digest text NOT NULL,
    -- The file, as it was read.
    body text NOT NULL,
    -- When the scoring worker took it up; NULL: tried on old interactions alone. The latest of a
    -- rubric is the one that pages show.
    in_force_since timestamptz,
    PRIMARY KEY (rubric, rubric_version)
);

-- Calibrations -------------------------------------------------------------------------------

-- How the experience index relates to ratings. Fitted by an operator's command, never changed; one
-- that turns out wrong is withdrawn, and the one before it holds again, or none.
CREATE TABLE hailong.calibrations (
    calibration_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    method text NOT NULL CHECK (method IN ('isotonic', 'ordinal')),
    -- [[index as measured, index as rated], ...], rising.
    knots jsonb NOT NULL,
    margin double precision NOT NULL CHECK (margin BETWEEN 0 AND 100),
    ratings integer NOT NULL CHECK (ratings > 0),
    from_day date NOT NULL,
    until_day date NOT NULL CHECK (until_day >= from_day),
    -- [[rubric, version], ...] of the figures it was fitted to.
    rubrics jsonb NOT NULL,
    -- Reliability, errors, what was left out and why. Counts and figures of all branches together.
    report jsonb NOT NULL
);

-- NULL: not calibrated.
ALTER TABLE hailong.scores ADD COLUMN calibration_no integer;

-- Ratings ------------------------------------------------------------------------------------

-- What a citizen pressed, of the whole visit. Without a ticket it counts for branch and hour only:
-- then it names no interaction.
CREATE TABLE hailong.ratings (
    branch_id text NOT NULL,
    rating_id uuid NOT NULL,
    -- NULL: at the exit.
    counter_id text,
    at timestamptz NOT NULL,
    visit_id uuid,
    -- The visit's interactions.
    interaction_ids uuid[] NOT NULL DEFAULT '{}',
    stars integer NOT NULL CHECK (stars BETWEEN 1 AND 5),
    channel text NOT NULL CHECK (channel IN ('counter', 'exit', 'ticket', 'phone', 'online')),
    -- Known to have been asked for or pressed by staff.
    solicited boolean NOT NULL,
    PRIMARY KEY (branch_id, rating_id)
);
CREATE INDEX ratings_by_branch ON hailong.ratings (branch_id, at);

-- Rights -------------------------------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['rubrics', 'calibrations', 'ratings'] LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
    -- Of no branch: the whole city is measured alike.
    FOREACH name IN ARRAY ARRAY['rubrics', 'calibrations'] LOOP
        EXECUTE format(
            'CREATE POLICY everybodys ON hailong.%I FOR SELECT '
            'TO hailong_worker, hailong_app, hailong_auditor USING (true)', name);
        EXECUTE format('GRANT SELECT ON hailong.%I TO hailong_worker, hailong_app, '
                       'hailong_auditor', name);
    END LOOP;
END $$;
CREATE POLICY registered ON hailong.rubrics FOR INSERT TO hailong_worker WITH CHECK (true);
CREATE POLICY taken_up ON hailong.rubrics FOR UPDATE TO hailong_worker USING (true);
GRANT INSERT, UPDATE (in_force_since) ON hailong.rubrics TO hailong_worker;
CREATE POLICY by_branch ON hailong.ratings
    USING (branch_id = ANY ((SELECT hailong.visible_branches())::text[]))
    WITH CHECK (branch_id IN (SELECT unnest(hailong.visible_branches())));
-- A rating is of a visit, which may be several clerks'.
CREATE POLICY not_for_clerks ON hailong.ratings AS RESTRICTIVE TO hailong_app
    USING ((SELECT hailong.visible_staff()) = '*');
GRANT SELECT ON hailong.ratings TO hailong_app, hailong_auditor;

-- Rollups ------------------------------------------------------------------------------------

-- Calibrated figures stand beside uncalibrated ones, never in one mean with them.
-- Everything that an interaction adds, as it is stored now: measure, variant, steps.
CREATE OR REPLACE FUNCTION hailong_private.contribution(i hailong.interactions)
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
