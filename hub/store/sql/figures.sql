-- Which rubrics and which calibration the scoring worker goes by. Both are of no branch.

-- name: register
-- A version that has not made a figure yet. One that has stays as it was.
INSERT INTO hailong.rubrics (rubric, rubric_version, digest, body)
VALUES (%(rubric)s, %(rubric_version)s, %(digest)s, %(body)s)
ON CONFLICT (rubric, rubric_version) DO NOTHING;

-- name: registered
-- What that version said when it made its first figure.
SELECT digest FROM hailong.rubrics
WHERE rubric = %(rubric)s AND rubric_version = %(rubric_version)s;

-- name: take_up
-- From now on pages show this version of the rubric. Nothing changes where they do already.
UPDATE hailong.rubrics r SET in_force_since = %(now)s
WHERE r.rubric = %(rubric)s AND r.rubric_version = %(rubric_version)s
  AND (r.in_force_since IS NULL OR EXISTS (
      SELECT FROM hailong.rubrics o
      WHERE o.rubric = r.rubric AND o.in_force_since > r.in_force_since));

-- name: calibration
-- The latest that was not withdrawn.
SELECT calibration_no, knots, margin, ratings, until_day, rubrics
FROM hailong.calibrations WHERE withdrawn_at IS NULL
ORDER BY calibration_no DESC LIMIT 1;
