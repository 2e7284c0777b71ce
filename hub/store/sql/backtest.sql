-- What a trial of a rule reads. Nothing is written; all of it runs inside branches_transaction.
-- The predicates come from the rule (hub/scoring/sieve.py) and are values here, never SQL.

-- name: read_only
-- Whatever the program did wrong, this transaction changes nothing.
SET TRANSACTION READ ONLY;

-- name: limit_time
-- How long one question may take, in milliseconds.
SELECT set_config('statement_timeout', %(most_ms)s, true);

-- name: branch_days
-- How many interactions there are, by branch and Hanoi's day.
SELECT i.branch_id, hailong.hanoi(i.at)::date AS day, count(*) AS interactions
FROM hailong.interactions i
WHERE i.branch_id = ANY (hailong.visible_branches())
  AND i.at >= %(since)s AND i.at < %(until)s
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: stays
-- Where and when each interaction was on which the rule may fire: what facts are asked by.
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id, i.zone, i.ended_at
FROM hailong.interactions i
WHERE i.branch_id = ANY (hailong.visible_branches())
  AND i.at >= %(since)s AND i.at < %(until)s
  AND (%(zones)s::text[] IS NULL OR i.zone = ANY (%(zones)s::text[]))
  AND NOT (%(certain)s AND i.boundary_uncertain)
  AND i.coverage @@ %(coverage)s::jsonpath
  AND (%(measurements)s::jsonpath IS NULL OR i.measurements @@ %(measurements)s::jsonpath)
  AND (%(spans)s::jsonpath IS NULL OR i.spans @@ %(spans)s::jsonpath);

-- name: stays_of
-- The same among these. Apart from the look for hits, because no planner can tell how many
-- interactions hold one.
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id, i.zone, i.ended_at
FROM unnest(%(branch_ids)s::text[], %(counter_ids)s::text[], %(ats)s::timestamptz[],
            %(interaction_ids)s::uuid[]) AS k (branch_id, counter_id, at, interaction_id)
JOIN hailong.interactions i USING (branch_id, counter_id, at, interaction_id)
WHERE i.branch_id = ANY (hailong.visible_branches())
  AND (%(zones)s::text[] IS NULL OR i.zone = ANY (%(zones)s::text[]))
  AND NOT (%(certain)s AND i.boundary_uncertain)
  AND i.coverage @@ %(coverage)s::jsonpath
  AND (%(measurements)s::jsonpath IS NULL OR i.measurements @@ %(measurements)s::jsonpath)
  AND (%(spans)s::jsonpath IS NULL OR i.spans @@ %(spans)s::jsonpath);

-- name: interactions
-- Some interactions whole, but for their turns.
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id, i.zone, i.revision, i.ended_at,
       i.source, i.end_reason, i.boundary_uncertain, i.measurements, i.coverage, i.spans, i.models
FROM unnest(%(branch_ids)s::text[], %(counter_ids)s::text[], %(ats)s::timestamptz[],
            %(interaction_ids)s::uuid[]) AS k (branch_id, counter_id, at, interaction_id)
JOIN hailong.interactions i USING (branch_id, counter_id, at, interaction_id)
WHERE i.branch_id = ANY (hailong.visible_branches());

-- name: heard
-- Interactions in which somebody said what is asked for, the speaker known at least so surely.
SELECT DISTINCT t.branch_id, t.counter_id, t.at, t.interaction_id FROM hailong.turns t
WHERE t.branch_id = ANY (hailong.visible_branches())
  AND t.at >= %(since)s AND t.at < %(until)s AND t.hits <> '[]'
  AND t.role_confidence >= %(least)s
  AND (t.role = 'staff' AND t.hits @@ %(staff_hits)s::jsonpath
       OR t.role = 'citizen' AND t.hits @@ %(citizen_hits)s::jsonpath);

-- name: turns
-- Turns of some interactions, in order: all of them, or those that hold a hit.
SELECT t.interaction_id, t.role, t.role_confidence, t.start_s, t.duration_s, t.speech_s,
       t.continued, t.syllables, t.syllables_per_minute, t.loudness_dbfs,
       t.loudness_above_baseline_db, t.asr_confidence, t.language, t.backchannel,
       t.sentiment_polarity, t.sentiment_confidence, NULLIF(t.hits, '[]') AS hits
FROM unnest(%(branch_ids)s::text[], %(counter_ids)s::text[], %(ats)s::timestamptz[],
            %(interaction_ids)s::uuid[]) AS k (branch_id, counter_id, at, interaction_id)
JOIN hailong.turns t USING (branch_id, counter_id, at, interaction_id)
WHERE t.branch_id = ANY (hailong.visible_branches()) AND (%(whole)s OR t.hits <> '[]')
ORDER BY t.interaction_id, t.turn_no;

-- name: flags_of
-- What has been flagged already in some interactions.
SELECT f.interaction_id, f.rule_id
FROM unnest(%(branch_ids)s::text[], %(counter_ids)s::text[], %(ats)s::timestamptz[],
            %(interaction_ids)s::uuid[]) AS k (branch_id, counter_id, at, interaction_id)
JOIN hailong.flags f USING (branch_id, counter_id, at, interaction_id)
WHERE f.branch_id = ANY (hailong.visible_branches()) AND f.state <> 'withdrawn'
ORDER BY f.interaction_id, f.rule_id;
