-- What the pages and the JSON API read. All of it runs inside branches_transaction, so that row
-- security decides which rows there are. Shadow flags are measured and never shown; what is
-- reviewed outside the branch is shown there only after it was decided.

-- name: counters
-- Each counter with its device's last word and what is waiting there.
SELECT c.branch_id, b.name_vi AS branch_vi, b.name_en AS branch_en,
       c.point_id, p.name_vi AS point_vi, p.name_en AS point_en,
       c.counter_id, c.zone, c.number,
       d.device_id, s.status, s.status_since, s.health, s.health_at,
       COALESCE(i.today, 0) AS today, COALESCE(i.week, 0) AS week, i.latest_at,
       COALESCE(f.live, 0) AS open_live, COALESCE(f.review, 0) AS open_review,
       COALESCE(n.unmeasured, 0) AS unmeasured
FROM hailong.counters c
JOIN hailong.branches b USING (branch_id)
JOIN hailong.points p USING (branch_id, point_id)
LEFT JOIN LATERAL (
    SELECT device_id FROM hailong.devices d
    WHERE d.branch_id = c.branch_id AND d.counter_id = c.counter_id AND d.revoked_at IS NULL
    ORDER BY d.enrolled_at DESC, d.device_id LIMIT 1) d ON true
LEFT JOIN hailong.device_status s ON s.device_id = d.device_id
LEFT JOIN (
    SELECT branch_id, counter_id, count(*) AS week, max(at) AS latest_at,
           count(*) FILTER (WHERE at >= %(day_start)s) AS today
    FROM hailong.interactions WHERE at >= %(week_start)s GROUP BY 1, 2) i
    ON i.branch_id = c.branch_id AND i.counter_id = c.counter_id
LEFT JOIN (
    SELECT branch_id, counter_id, count(*) FILTER (WHERE kind = 'live') AS live,
           count(*) FILTER (WHERE kind = 'review') AS review
    FROM hailong.flags
    WHERE state = 'open' AND kind IN ('live', 'review') AND reviewer = 'branch' GROUP BY 1, 2) f
    ON f.branch_id = c.branch_id AND f.counter_id = c.counter_id
LEFT JOIN (
    SELECT s.branch_id, s.counter_id, count(*) AS unmeasured
    FROM hailong.scores s
    WHERE s.figure = 'experience' AND s.value IS NULL AND s.at >= %(week_start)s
      AND (s.rubric, s.rubric_version) = (
          SELECT l.rubric, l.rubric_version
          FROM hailong.scores l
          LEFT JOIN hailong.rubrics r USING (rubric, rubric_version)
          WHERE l.branch_id = s.branch_id AND l.counter_id = s.counter_id AND l.at = s.at
            AND l.interaction_id = s.interaction_id AND l.figure = s.figure
             -- The time again, so that the weeks before are left out once and not for each row.
             AND l.at >= %(week_start)s
          ORDER BY r.in_force_since DESC NULLS LAST, l.scored_at DESC, l.rubric_version DESC
          LIMIT 1)
    GROUP BY 1, 2) n
    ON n.branch_id = c.branch_id AND n.counter_id = c.counter_id
ORDER BY c.branch_id, c.point_id, array_position(
    ARRAY['reception', 'advice', 'intake', 'fee', 'result', 'digitising'], c.zone),
    c.number, c.counter_id;

-- name: page_of_branches
-- Keys of a page of interactions, newest first: a page of each branch, then the newest of those.
-- The key of the last row leads to the next page.
SELECT k.branch_id, k.counter_id, k.at, k.interaction_id
FROM unnest(hailong.visible_branches()) AS b (branch_id)
CROSS JOIN LATERAL (
    SELECT i.branch_id, i.counter_id, i.at, i.interaction_id FROM hailong.interactions i
    WHERE i.branch_id = b.branch_id
      AND i.at >= COALESCE(%(from_at)s::timestamptz, '-infinity')
      AND i.at < COALESCE(%(to_at)s::timestamptz, 'infinity')
      AND i.at <= COALESCE(%(before_at)s::timestamptz, 'infinity')
      AND (i.at, i.interaction_id) < (COALESCE(%(before_at)s::timestamptz, 'infinity'),
          COALESCE(%(before_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (%(counter_id)s::text IS NULL OR i.counter_id = %(counter_id)s)
    ORDER BY i.at DESC, i.interaction_id DESC LIMIT %(limit)s) k
WHERE %(branch_id)s::text IS NULL OR b.branch_id = %(branch_id)s
ORDER BY k.at DESC, k.interaction_id DESC LIMIT %(limit)s;

-- name: flagged_page_of_branches
-- The same of interactions with a flag that is shown.
SELECT k.branch_id, k.counter_id, k.at, k.interaction_id
FROM unnest(hailong.visible_branches()) AS b (branch_id)
CROSS JOIN LATERAL (
    SELECT f.branch_id, f.counter_id, f.at, f.interaction_id FROM hailong.flags f
    WHERE f.branch_id = b.branch_id AND f.state <> 'withdrawn' AND f.kind <> 'shadow'
      AND (f.reviewer = 'branch' OR f.state = 'decided')
      AND f.at >= COALESCE(%(from_at)s::timestamptz, '-infinity')
      AND f.at < COALESCE(%(to_at)s::timestamptz, 'infinity')
      AND f.at <= COALESCE(%(before_at)s::timestamptz, 'infinity')
      AND (f.at, f.interaction_id) < (COALESCE(%(before_at)s::timestamptz, 'infinity'),
          COALESCE(%(before_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (%(counter_id)s::text IS NULL OR f.counter_id = %(counter_id)s)
    GROUP BY f.at, f.interaction_id, f.branch_id, f.counter_id
    ORDER BY f.at DESC, f.interaction_id DESC LIMIT %(limit)s) k
WHERE %(branch_id)s::text IS NULL OR b.branch_id = %(branch_id)s
ORDER BY k.at DESC, k.interaction_id DESC LIMIT %(limit)s;

-- name: page_of_clerk
-- Keys of a page of the own interactions of a clerk.
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id FROM hailong.interactions i
WHERE i.staff_id = hailong.visible_staff()
  AND (%(branch_id)s::text IS NULL OR i.branch_id = %(branch_id)s)
  AND i.at >= COALESCE(%(from_at)s::timestamptz, '-infinity')
  AND i.at < COALESCE(%(to_at)s::timestamptz, 'infinity')
  AND i.at <= COALESCE(%(before_at)s::timestamptz, 'infinity')
  AND (i.at, i.interaction_id) < (COALESCE(%(before_at)s::timestamptz, 'infinity'),
      COALESCE(%(before_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
  AND (%(counter_id)s::text IS NULL OR i.counter_id = %(counter_id)s)
ORDER BY i.at DESC, i.interaction_id DESC LIMIT %(limit)s;

-- name: flagged_page_of_clerk
-- The same of interactions with a flag that is shown; asked of one after another, newest first,
-- until the page is full.
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id FROM hailong.interactions i
CROSS JOIN LATERAL (
    SELECT FROM hailong.flags f
    WHERE f.branch_id = i.branch_id AND f.counter_id = i.counter_id AND f.at = i.at
      AND f.interaction_id = i.interaction_id AND f.state <> 'withdrawn' AND f.kind <> 'shadow'
      AND (f.reviewer = 'branch' OR f.state = 'decided')
    LIMIT 1) f
WHERE i.staff_id = hailong.visible_staff()
  AND (%(branch_id)s::text IS NULL OR i.branch_id = %(branch_id)s)
  AND i.at >= COALESCE(%(from_at)s::timestamptz, '-infinity')
  AND i.at < COALESCE(%(to_at)s::timestamptz, 'infinity')
  AND i.at <= COALESCE(%(before_at)s::timestamptz, 'infinity')
  AND (i.at, i.interaction_id) < (COALESCE(%(before_at)s::timestamptz, 'infinity'),
      COALESCE(%(before_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
  AND (%(counter_id)s::text IS NULL OR i.counter_id = %(counter_id)s)
ORDER BY i.at DESC, i.interaction_id DESC LIMIT %(limit)s;

-- name: interactions
-- The interactions of a page, newest first, with the latest figure and how many flags.
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id, i.revision, i.ended_at, i.zone,
       c.number, i.handling_s, i.boundary_uncertain, i.source, i.coverage,
       e.value AS figure_value, e.low AS figure_low, e.high AS figure_high,
       e.calibrated AS figure_calibrated, e.scored_at,
       f.live, f.review, f.trend, f.open
FROM unnest(%(branch_ids)s::text[], %(counter_ids)s::text[], %(ats)s::timestamptz[],
            %(interaction_ids)s::uuid[]) AS k (branch_id, counter_id, at, interaction_id)
JOIN hailong.interactions i ON i.branch_id = k.branch_id AND i.counter_id = k.counter_id
    AND i.at = k.at AND i.interaction_id = k.interaction_id
LEFT JOIN hailong.counters c ON c.branch_id = i.branch_id AND c.counter_id = i.counter_id
LEFT JOIN LATERAL (
    SELECT value, low, high, scored_at, calibration_no IS NOT NULL AS calibrated
    FROM hailong.scores s LEFT JOIN hailong.rubrics r USING (rubric, rubric_version)
    WHERE s.branch_id = k.branch_id AND s.counter_id = k.counter_id AND s.at = k.at
      AND s.interaction_id = k.interaction_id AND s.figure = %(figure)s
    ORDER BY r.in_force_since DESC NULLS LAST, s.scored_at DESC, s.rubric_version DESC
    LIMIT 1) e ON true
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'live') AS live,
           count(*) FILTER (WHERE kind = 'review') AS review,
           count(*) FILTER (WHERE kind = 'trend') AS trend,
           count(*) FILTER (WHERE state = 'open' AND kind IN ('live', 'review')) AS open
    FROM hailong.flags f
    WHERE f.branch_id = k.branch_id AND f.counter_id = k.counter_id AND f.at = k.at
      AND f.interaction_id = k.interaction_id AND f.state <> 'withdrawn'
      AND f.kind <> 'shadow' AND (f.reviewer = 'branch' OR f.state = 'decided')) f
ORDER BY i.at DESC, i.interaction_id DESC;

-- name: visible_staff
-- Whom this transaction is limited to.
SELECT hailong.visible_staff();

-- name: interaction
-- One interaction with its place.
SELECT i.branch_id, b.name_vi AS branch_vi, b.name_en AS branch_en,
       p.name_vi AS point_vi, p.name_en AS point_en, c.number,
       i.counter_id, i.at, i.interaction_id, i.revision, i.ended_at, i.zone, i.device_id,
       i.staff_id, i.source, i.end_reason, i.boundary_uncertain, i.handling_s,
       i.measurements, i.coverage, i.spans, i.models, i.received_at
FROM hailong.interactions i
JOIN hailong.branches b USING (branch_id)
LEFT JOIN hailong.counters c ON c.branch_id = i.branch_id AND c.counter_id = i.counter_id
LEFT JOIN hailong.points p ON p.branch_id = c.branch_id AND p.point_id = c.point_id
WHERE i.interaction_id = %(interaction_id)s
ORDER BY i.revision DESC LIMIT 1;

-- name: turns
-- An interaction's turns in order.
SELECT turn_no, role, role_confidence, start_s, duration_s, speech_s, continued, syllables,
       syllables_per_minute, loudness_dbfs, loudness_above_baseline_db, asr_confidence,
       language, backchannel, sentiment_polarity, sentiment_confidence, hits
FROM hailong.turns
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s
ORDER BY turn_no;

-- name: scores
-- Every version of each figure: first the one that is shown (of the rubric in force; until that
-- has been scored, the one scored last), then the others.
SELECT s.figure, s.rubric, s.rubric_version, s.value, s.low, s.high, s.coverage, s.parts,
       s.scored_at, c.ratings, c.until_day AS rated_until
FROM hailong.scores s
LEFT JOIN hailong.rubrics r USING (rubric, rubric_version)
LEFT JOIN hailong.calibrations c USING (calibration_no)
WHERE s.branch_id = %(branch_id)s AND s.counter_id = %(counter_id)s AND s.at = %(at)s
  AND s.interaction_id = %(interaction_id)s
ORDER BY s.figure, r.in_force_since DESC NULLS LAST, s.scored_at DESC, s.rubric_version DESC;

-- name: flags
-- Flags with the interaction they ask about, the gravest first and then the oldest, because it
-- has waited longest: as many of each branch, kind and state as are asked for, in the order of an
-- index, and of those the first.
SELECT f.branch_id, f.counter_id, f.at, f.flag_id, f.interaction_id, f.rule_id, f.rule_version,
       f.kind, f.severity, f.role, f.evidence, f.coverage, f.state, f.raised_at, f.reviewer,
       c.number, c.zone
FROM (
    SELECT g.* FROM unnest(hailong.visible_branches()) AS b (branch_id)
    CROSS JOIN unnest(%(kinds)s::text[]) AS k (kind)
    CROSS JOIN unnest(%(states)s::text[]) AS s (state)
    CROSS JOIN LATERAL (
        SELECT g.* FROM hailong.flags g
        WHERE g.branch_id = b.branch_id AND g.state = s.state AND g.kind = k.kind
          AND (%(city)s OR g.reviewer = 'branch' OR g.state = 'decided')
        ORDER BY g.severity DESC, g.at, g.flag_id LIMIT %(limit)s) g
    ORDER BY g.severity DESC, g.at, g.flag_id LIMIT %(limit)s) f
LEFT JOIN hailong.counters c ON c.branch_id = f.branch_id AND c.counter_id = f.counter_id
ORDER BY f.severity DESC, f.at, f.flag_id;

-- name: flags_of_interaction
-- Flags of one interaction, in the same order. By the interaction's key: flags are not indexed by
-- its id.
SELECT f.branch_id, f.counter_id, f.at, f.flag_id, f.interaction_id, f.rule_id, f.rule_version,
       f.kind, f.severity, f.role, f.evidence, f.coverage, f.state, f.raised_at, f.reviewer,
       c.number, c.zone
FROM (SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions
      WHERE interaction_id = %(interaction_id)s) i
JOIN hailong.flags f ON f.branch_id = i.branch_id AND f.counter_id = i.counter_id
    AND f.at = i.at AND f.interaction_id = i.interaction_id
LEFT JOIN hailong.counters c ON c.branch_id = f.branch_id AND c.counter_id = f.counter_id
WHERE f.kind = ANY (%(kinds)s)
  AND (%(state)s::text IS NULL OR f.state = %(state)s)
  AND (%(city)s OR f.reviewer = 'branch' OR f.state = 'decided')
ORDER BY f.severity DESC, f.at, f.flag_id
LIMIT %(limit)s;

-- name: flag
-- One flag, where it is shown.
SELECT f.branch_id, f.counter_id, f.at, f.flag_id, f.interaction_id, f.rule_id, f.rule_version,
       f.kind, f.severity, f.role, f.evidence, f.coverage, f.state, f.raised_at, f.reviewer,
       c.number, c.zone
FROM hailong.flags f
LEFT JOIN hailong.counters c ON c.branch_id = f.branch_id AND c.counter_id = f.counter_id
WHERE f.kind = ANY (%(kinds)s)
  AND (%(state)s::text IS NULL OR f.state = %(state)s)
  AND (%(city)s OR f.reviewer = 'branch' OR f.state = 'decided')
  AND f.flag_id = %(flag_id)s
ORDER BY f.severity DESC, f.at, f.flag_id
LIMIT %(limit)s;

-- name: reviews
-- Every decision on some flags, in order, with who decided.
SELECT r.flag_id, r.review_no, r.outcome, r.ground, r.decided_at,
       hailong.login_of(r.decided_by) AS decided_by
FROM hailong.reviews r
WHERE r.flag_id = ANY (%(flag_ids)s)
ORDER BY r.flag_id, r.review_no;

-- name: devices
-- Each enrolled device of these branches, with what it says of itself.
SELECT d.device_id, d.branch_id, d.counter_id, d.enrolled_at, d.revoked_at, c.number, c.zone,
       s.status, s.status_since, s.agent_version, s.health, s.health_at,
       COALESCE(t.settled, 0) AS settled, COALESCE(x.dropped, 0) AS dropped,
       w.version AS wanted_version, w.release_no AS wanted_release, a.release_no AS actual_release
FROM hailong.devices d
LEFT JOIN hailong.counters c ON c.branch_id = d.branch_id AND c.counter_id = d.counter_id
LEFT JOIN hailong.device_status s ON s.device_id = d.device_id
LEFT JOIN LATERAL (
    SELECT version, release_no FROM hailong.device_configs f
    WHERE f.device_id = d.device_id ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN hailong.device_configs a ON a.device_id = d.device_id
    AND a.version = (s.health -> 'config' ->> 'version')::bigint
LEFT JOIN LATERAL (
    SELECT sum(upper(part) - lower(part))::bigint AS settled
    FROM hailong.streams t, unnest(t.settled) AS part WHERE t.device_id = d.device_id) t ON true
LEFT JOIN LATERAL (
    SELECT sum(last_sequence - first_sequence + 1)::bigint AS dropped
    FROM hailong.dropped x WHERE x.device_id = d.device_id) x ON true
WHERE d.branch_id = ANY ((SELECT hailong.visible_branches())::text[])
ORDER BY d.branch_id, c.number, d.device_id;

-- name: rejects
-- Refused messages, newest first. One that names no branch of ours is shown to every operator:
-- nobody else would look at it.
SELECT reject_id, received_at, branch_id, counter_id, kind, device_id, stream, sequence, reason,
       detail, bytes
FROM hailong.rejects
WHERE (branch_id IS NULL OR branch_id = ANY ((SELECT hailong.visible_branches())::text[])
       OR NOT EXISTS (SELECT FROM hailong.branches b WHERE b.branch_id = rejects.branch_id))
  AND (%(before)s::bigint IS NULL OR reject_id < %(before)s)
ORDER BY reject_id DESC
LIMIT %(limit)s;

-- name: branch_names
-- As they stand on the buildings, of the branches that one may see.
SELECT branch_id, name_vi, name_en FROM hailong.branches
WHERE branch_id = ANY ((SELECT hailong.visible_branches())::text[]);

-- name: kept
-- How many rows of each class there are, and when the oldest partition begins that holds any. Of
-- big tables as their changes are counted, of what is there still; the small ones are counted here.
SELECT c.name, COALESCE(k.rows, 0)::bigint AS rows, k.from_at
FROM unnest(ARRAY['interactions', 'turns', 'activity', 'scores', 'flags', 'reviews', 'rollups',
                  'hour_rollups', 'staff_rollups', 'activity_rollups']) AS c (name)
LEFT JOIN (
    SELECT p.kept_in, sum(p.rows) AS rows,
           min(p.part) FILTER (WHERE p.rows > 0)::timestamp AT TIME ZONE 'UTC' AS from_at
    FROM (SELECT x.kept_in, x.part, sum(x.rows) AS rows
          FROM (SELECT kept_in, part, rows FROM hailong.row_counts WHERE variant = ''
                UNION ALL
                SELECT kept_in, part, rows FROM hailong.row_changes WHERE variant = '') x
          GROUP BY x.kept_in, x.part OFFSET 0) p
    WHERE hailong.is_kept(p.kept_in, p.part) GROUP BY p.kept_in) k ON k.kept_in = c.name
UNION ALL SELECT 'ratings', count(*), min(at) FROM hailong.ratings
UNION ALL SELECT 'open_interactions', count(*), min(captured_at) FROM hailong.open_interactions
UNION ALL SELECT 'alerts', count(*), min(at) FROM hailong.alerts
UNION ALL SELECT 'alert_visits', count(*), min(seen_at) FROM hailong.alert_visits
UNION ALL SELECT 'assignments', count(*), min(from_at) FROM hailong.assignments
UNION ALL SELECT 'device_status', count(*), min(status_since) FROM hailong.device_status
UNION ALL SELECT 'truth_sessions', count(*), min(started_at) FROM hailong.truth_sessions
UNION ALL SELECT 'truth_ticks', count(*), min(at) FROM hailong.truth_ticks
UNION ALL SELECT 'truth_matches', count(*), NULL FROM hailong.truth_matches
UNION ALL SELECT 'rejects', count(*), min(received_at) FROM hailong.rejects
    WHERE branch_id IS NULL OR branch_id = ANY ((SELECT hailong.visible_branches())::text[]);

-- name: oldest_interactions
-- In the partition that begins then; so do all of these.
SELECT min(o.at) FROM unnest(hailong.visible_branches()) AS b (branch_id)
CROSS JOIN LATERAL (
    SELECT i.at FROM hailong.interactions i
    WHERE i.branch_id = b.branch_id AND i.at >= %(from_at)s
      AND i.at < %(from_at)s::timestamptz + interval '7 days'
    ORDER BY i.at LIMIT 1) o;

-- name: oldest_turns
-- The first interaction that has turns, whose time they have.
SELECT min(o.at) FROM unnest(hailong.visible_branches()) AS b (branch_id)
CROSS JOIN LATERAL (
    SELECT i.at FROM hailong.interactions i
    CROSS JOIN LATERAL (
        SELECT FROM hailong.turns t
        WHERE t.branch_id = i.branch_id AND t.counter_id = i.counter_id AND t.at = i.at
          AND t.interaction_id = i.interaction_id AND t.at >= %(from_at)s
          AND t.at < %(from_at)s::timestamptz + interval '7 days'
        LIMIT 1) t
    WHERE i.branch_id = b.branch_id AND i.at >= %(from_at)s
      AND i.at < %(from_at)s::timestamptz + interval '7 days'
    ORDER BY i.at LIMIT 1) o;

-- name: oldest_scores
-- The first interaction that has scores, whose time they have.
SELECT min(o.at) FROM unnest(hailong.visible_branches()) AS b (branch_id)
CROSS JOIN LATERAL (
    SELECT i.at FROM hailong.interactions i
    CROSS JOIN LATERAL (
        SELECT FROM hailong.scores t
        WHERE t.branch_id = i.branch_id AND t.counter_id = i.counter_id AND t.at = i.at
          AND t.interaction_id = i.interaction_id AND t.at >= %(from_at)s
          AND t.at < %(from_at)s::timestamptz + interval '7 days'
        LIMIT 1) t
    WHERE i.branch_id = b.branch_id AND i.at >= %(from_at)s
      AND i.at < %(from_at)s::timestamptz + interval '7 days'
    ORDER BY i.at LIMIT 1) o;

-- name: oldest_flags
-- By the interaction's time.
SELECT min(at) FROM hailong.flags
WHERE at >= %(from_at)s AND at < %(from_at)s::timestamptz + interval '7 days';

-- name: oldest_reviews
-- By the interaction's time, too.
SELECT min(at) FROM hailong.reviews
WHERE at >= %(from_at)s AND at < %(from_at)s::timestamptz + interval '7 days';

-- name: oldest_rollups
-- The first day: a cell of any measure has one of `interactions` beside it.
SELECT min(day)::timestamp AT TIME ZONE interval '7 hours' FROM hailong.rollups
WHERE measure = 'interactions' AND variant = '' AND day >= (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date
  AND day < (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date + interval '1 month';

-- name: oldest_staff_rollups
-- The first day: a cell of any measure has one of `interactions` beside it.
SELECT min(day)::timestamp AT TIME ZONE interval '7 hours' FROM hailong.staff_rollups
WHERE measure = 'interactions' AND variant = '' AND day >= (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date
  AND day < (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date + interval '1 month';

-- name: oldest_hour_rollups
-- The first month, as it begins in Hanoi.
SELECT min(month)::timestamp AT TIME ZONE interval '7 hours' FROM hailong.hour_rollups
WHERE measure = 'interactions' AND variant = ''
  AND month = (%(from_at)s::timestamptz AT TIME ZONE 'UTC')::date;

-- name: oldest_activity_rollups
-- The first hour of any counter.
SELECT min(o.hour_at) FROM hailong.counters c
CROSS JOIN LATERAL (
    SELECT a.hour_at FROM hailong.activity_rollups a
    WHERE a.branch_id = c.branch_id AND a.counter_id = c.counter_id AND a.hour_at >= %(from_at)s
      AND a.hour_at < %(from_at)s::timestamptz + interval '1 month'
    ORDER BY a.hour_at LIMIT 1) o;

-- name: oldest_activity
-- The hour of the first window of any counter.
SELECT min(o.hour_at) FROM hailong.counters c
CROSS JOIN LATERAL (
    SELECT a.hour_at FROM hailong.activity_rollups a
    WHERE a.branch_id = c.branch_id AND a.counter_id = c.counter_id AND a.hour_at >= %(from_at)s
      AND a.hour_at < %(from_at)s::timestamptz + interval '1 day'
    ORDER BY a.hour_at LIMIT 1) o;

-- name: ping
-- Whether the database answers.
SELECT 1;
