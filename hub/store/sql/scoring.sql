-- What the scoring worker reads and writes. The queue holds keys alone and has no row security;
-- everything else runs inside branches_transaction.

-- name: listen
-- Ingest notifies when it has queued something.
LISTEN hailong_scoring;

-- name: unlisten
-- Before the connection goes back to the pool.
UNLISTEN *;

-- name: branches_waiting
-- Branches with something that is due.
SELECT DISTINCT branch_id FROM hailong.scoring_queue
WHERE queued_at <= now()
ORDER BY branch_id;

-- name: claim
-- The next interactions of a branch. Another worker's are passed over; what was set aside has
-- its time in the future.
SELECT counter_id, at, interaction_id FROM hailong.scoring_queue
WHERE branch_id = %(branch_id)s AND queued_at <= now()
ORDER BY queued_at, interaction_id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: claim_one
-- One of them by itself, after the batch was refused.
SELECT counter_id, at, interaction_id FROM hailong.scoring_queue
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s
FOR UPDATE SKIP LOCKED;

-- name: interactions
-- The claimed interactions as they are now.
SELECT i.counter_id, i.at, i.interaction_id, i.revision, i.ended_at, i.zone, i.source,
       i.end_reason, i.boundary_uncertain, i.measurements, i.coverage, i.spans, i.models
FROM hailong.interactions i
JOIN unnest(%(counter_ids)s::text[], %(ats)s::timestamptz[], %(interaction_ids)s::uuid[])
    AS k (counter_id, at, interaction_id) USING (counter_id, at, interaction_id)
WHERE i.branch_id = %(branch_id)s;

-- name: turns
-- Their turns, in order.
SELECT t.interaction_id, t.role, t.role_confidence, t.start_s, t.duration_s, t.speech_s,
       t.continued, t.syllables, t.syllables_per_minute, t.loudness_dbfs,
       t.loudness_above_baseline_db, t.asr_confidence, t.language, t.backchannel,
       t.sentiment_polarity, t.sentiment_confidence, t.hits
FROM hailong.turns t
JOIN unnest(%(counter_ids)s::text[], %(ats)s::timestamptz[], %(interaction_ids)s::uuid[])
    AS k (counter_id, at, interaction_id) USING (counter_id, at, interaction_id)
WHERE t.branch_id = %(branch_id)s
ORDER BY t.interaction_id, t.turn_no;

-- name: put_score
-- One figure of one interaction; scored again, it replaces the one of the same rubric.
INSERT INTO hailong.scores (branch_id, counter_id, at, interaction_id, figure, rubric,
                            rubric_version, value, low, high, coverage, parts, scored_at,
                            calibration_no)
VALUES (%(branch_id)s, %(counter_id)s, %(at)s, %(interaction_id)s, %(figure)s, %(rubric)s,
        %(rubric_version)s, %(value)s, %(low)s, %(high)s, %(coverage)s, %(parts)s, %(scored_at)s,
        %(calibration_no)s)
ON CONFLICT (branch_id, counter_id, at, interaction_id, figure, rubric, rubric_version)
DO UPDATE SET value = excluded.value, low = excluded.low, high = excluded.high,
              coverage = excluded.coverage, parts = excluded.parts,
              scored_at = excluded.scored_at, calibration_no = excluded.calibration_no;

-- name: put_flag
-- Raised again it is the same flag, and is shown as it was at first: what people have seen stays
-- where they saw it. One that was decided keeps what was decided about; one that was withdrawn is
-- open again.
INSERT INTO hailong.flags AS known (branch_id, counter_id, at, flag_id, interaction_id, rule_id,
                                    rule_version, kind, severity, role, evidence, coverage,
                                    raised_at, held, sampled, reviewer)
VALUES (%(branch_id)s, %(counter_id)s, %(at)s, %(flag_id)s, %(interaction_id)s, %(rule_id)s,
        %(rule_version)s, %(kind)s, %(severity)s, %(role)s, %(evidence)s, %(coverage)s,
        %(raised_at)s, %(held)s, %(sampled)s, %(reviewer)s)
ON CONFLICT (branch_id, counter_id, at, flag_id)
DO UPDATE SET rule_version = excluded.rule_version, severity = excluded.severity,
              role = excluded.role, evidence = excluded.evidence,
              coverage = excluded.coverage, state = 'open',
              raised_at = CASE WHEN known.state = 'withdrawn' THEN excluded.raised_at
                               ELSE known.raised_at END
WHERE known.state <> 'decided';

-- name: withdraw_flags
-- Open flags of an interaction that are not raised any more.
UPDATE hailong.flags SET state = 'withdrawn'
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s AND state = 'open'
  AND flag_id <> ALL (%(flag_ids)s);

-- name: done
-- Leaves the queue in the transaction that wrote the figures.
DELETE FROM hailong.scoring_queue
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: set_aside
-- One that cannot be scored waits; a new revision of it is due at once again.
UPDATE hailong.scoring_queue SET queued_at = now() + make_interval(secs => %(for_s)s)
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;
