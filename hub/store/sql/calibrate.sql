-- What `hailong hub calibrate` reads and stores, by the migrator's rights; rows of a branch inside
-- branches_transaction.

-- name: ratings
-- A branch's ratings over some days.
SELECT branch_id, rating_id, counter_id, at, visit_id, interaction_ids, stars, channel, solicited
FROM hailong.ratings
WHERE branch_id = %(branch_id)s AND at >= %(from_at)s AND at < %(to_at)s
ORDER BY at, rating_id;

-- name: scored
-- A branch's interactions over some days with the experience index as measured: before any
-- calibration, under the rubrics in force.
SELECT i.interaction_id, i.branch_id, i.at, i.zone, i.handling_s, s.rubric, s.rubric_version,
       s.coverage,
       COALESCE((s.parts -> -1 -> 'before' ->> 0)::float8, s.value) AS value,
       COALESCE((s.parts -> -1 -> 'before' ->> 1)::float8, s.low) AS low,
       COALESCE((s.parts -> -1 -> 'before' ->> 2)::float8, s.high) AS high
FROM hailong.interactions i
JOIN hailong.scores s ON s.branch_id = i.branch_id AND s.counter_id = i.counter_id
    AND s.at = i.at AND s.interaction_id = i.interaction_id AND s.figure = 'experience'
JOIN hailong.rubrics r ON r.rubric = s.rubric AND r.rubric_version = s.rubric_version
WHERE i.branch_id = %(branch_id)s AND i.at >= %(from_at)s AND i.at < %(to_at)s
  AND s.value IS NOT NULL AND r.in_force_since IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM hailong.rubrics o
      WHERE o.rubric = r.rubric AND o.in_force_since > r.in_force_since)
ORDER BY i.at, i.interaction_id;

-- name: asked_for
-- Those of some interactions in which staff asked for a rating.
SELECT DISTINCT t.interaction_id FROM hailong.turns t
WHERE t.branch_id = %(branch_id)s AND t.at >= %(from_at)s AND t.at < %(to_at)s
  AND t.interaction_id = ANY (%(interaction_ids)s::uuid[]) AND t.role = 'staff'
  AND t.hits @> '[{"category": "rating_solicited"}]';

-- name: put_calibration
-- From now on the scoring worker goes by it.
INSERT INTO hailong.calibrations (made_at, method, knots, margin, ratings, from_day, until_day,
                                  rubrics, report)
VALUES (%(made_at)s, %(method)s, %(knots)s, %(margin)s, %(ratings)s, %(from_day)s, %(until_day)s,
        %(rubrics)s, %(report)s)
RETURNING calibration_no;

-- name: withdraw_calibration
-- It holds no more; figures that were made by it stay until they are made again.
UPDATE hailong.calibrations SET withdrawn_at = %(now)s
WHERE calibration_no = %(calibration_no)s AND withdrawn_at IS NULL;
