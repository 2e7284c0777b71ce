-- Scoring stored interactions under another rubric or calibration, by the migrator's rights and
-- inside branches_transaction. What is scored already is passed over, so that it may be broken off
-- and begun again at any time.

-- name: branches
-- Every branch.
SELECT branch_id FROM hailong.branches ORDER BY branch_id;

-- name: due
-- Keys that come after the last one, in order of time. Scored already is what has the version's
-- figure, under the same calibration, of the latest revision.
SELECT i.counter_id, i.at, i.interaction_id
FROM hailong.interactions i
JOIN unnest(%(zones)s::text[], %(rubrics)s::text[], %(versions)s::integer[],
            %(calibrations)s::integer[]) AS r (zone, rubric, version, calibration_no)
    ON r.zone = i.zone
WHERE i.branch_id = %(branch_id)s AND i.at >= %(since)s
  AND (i.at, i.interaction_id) > (%(after_at)s, %(after_id)s)
  AND NOT EXISTS (
      SELECT FROM hailong.scores s
      WHERE s.branch_id = i.branch_id AND s.counter_id = i.counter_id AND s.at = i.at
        AND s.interaction_id = i.interaction_id AND s.figure = 'experience'
        AND s.rubric = r.rubric AND s.rubric_version = r.version
        AND s.scored_at >= i.received_at
        AND (s.value IS NULL OR s.calibration_no IS NOT DISTINCT FROM r.calibration_no))
ORDER BY i.at, i.interaction_id
LIMIT %(limit)s;

-- name: count_due
-- How many of them there are.
SELECT count(*)
FROM hailong.interactions i
JOIN unnest(%(zones)s::text[], %(rubrics)s::text[], %(versions)s::integer[],
            %(calibrations)s::integer[]) AS r (zone, rubric, version, calibration_no)
    ON r.zone = i.zone
WHERE i.branch_id = %(branch_id)s AND i.at >= %(since)s
  AND NOT EXISTS (
      SELECT FROM hailong.scores s
      WHERE s.branch_id = i.branch_id AND s.counter_id = i.counter_id AND s.at = i.at
        AND s.interaction_id = i.interaction_id AND s.figure = 'experience'
        AND s.rubric = r.rubric AND s.rubric_version = r.version
        AND s.scored_at >= i.received_at
        AND (s.value IS NULL OR s.calibration_no IS NOT DISTINCT FROM r.calibration_no));

-- name: put_scores
-- Many figures at once. Of an interaction that has got another revision, or is gone, since it was
-- read, none is written; nor over one that was made later, by the scoring worker from newer facts.
-- The lock keeps an erasure waiting, and nobody else.
INSERT INTO hailong.scores AS known (branch_id, counter_id, at, interaction_id, figure, rubric,
    rubric_version, value, low, high, coverage, parts, scored_at, calibration_no)
SELECT i.branch_id, i.counter_id, i.at, i.interaction_id, n.figure, n.rubric, n.rubric_version,
       n.value, n.low, n.high, n.coverage, n.parts::jsonb, %(scored_at)s, n.calibration_no
FROM unnest(%(counter_ids)s::text[], %(ats)s::timestamptz[], %(interaction_ids)s::uuid[],
            %(revisions)s::integer[], %(figures)s::text[], %(rubrics)s::text[],
            %(versions)s::integer[], %(values)s::real[], %(lows)s::real[], %(highs)s::real[],
            %(coverages)s::real[], %(parts_of)s::text[], %(calibrations)s::integer[])
    AS n (counter_id, at, interaction_id, revision, figure, rubric, rubric_version, value, low,
          high, coverage, parts, calibration_no)
JOIN hailong.interactions i
    ON i.branch_id = %(branch_id)s AND i.counter_id = n.counter_id AND i.at = n.at
    AND i.interaction_id = n.interaction_id AND i.revision = n.revision
ORDER BY i.at, i.interaction_id
FOR KEY SHARE OF i
ON CONFLICT (branch_id, counter_id, at, interaction_id, figure, rubric, rubric_version)
DO UPDATE SET value = excluded.value, low = excluded.low, high = excluded.high,
              coverage = excluded.coverage, parts = excluded.parts,
              scored_at = excluded.scored_at, calibration_no = excluded.calibration_no
WHERE known.scored_at < excluded.scored_at;
