-- Figures over a range of days, both ends included, from the rollups. All of it runs inside
-- branches_transaction. Values are in steps: hailong.rollup_measures says what a step is worth.

-- name: measures
-- What is kept, with its unit, step and edges of bins.
SELECT measure, unit, step, by_staff, edges FROM hailong.rollup_measures ORDER BY measure;

-- name: figures
-- Cells, summed over a range of days or months. {table} holds them; {keys} tell apart what is asked
-- for, in an order in which the table's key has most of it sorted already; {day} is the column of
-- their time; {bins} is an array of the sum of each bin, or NULL: adding up whole arrays would take
-- four times as long.
SELECT {keys}, sum(r.n)::bigint AS n, sum(r.total)::bigint AS total,
       sum(r.squares) AS squares, {bins} AS bins
FROM hailong.{table} r
WHERE r.branch_id = ANY ((SELECT hailong.visible_branches())::text[]) AND r.measure = %(measure)s
  AND r.{day} BETWEEN %(from_day)s AND %(to_day)s
  AND (%(zone)s::text IS NULL OR r.zone = %(zone)s)
GROUP BY {keys} ORDER BY {keys};

-- name: activity_by_hour
-- What each counter did in each hour of a range of days, in Hanoi's time.
SELECT a.branch_id, a.counter_id, a.hour_at, a.windows, a.in_interaction_cs,
       a.staff_speech_n, a.staff_speech_cs, a.citizen_speech_n, a.citizen_speech_cs,
       a.unknown_speech_n, a.unknown_speech_cs, a.overlap_n, a.overlap_cs,
       a.citizen_present_n, a.citizen_present_cs, a.staff_present_n, a.staff_present_cs,
       a.audio_coverage_thousandths, a.video_coverage_thousandths
FROM hailong.activity_rollups a
WHERE a.branch_id = ANY ((SELECT hailong.visible_branches())::text[])
  AND a.hour_at >= %(from_day)s::timestamp AT TIME ZONE interval '7 hours'
  AND a.hour_at < (%(to_day)s::date + 1)::timestamp AT TIME ZONE interval '7 hours'
  AND (%(counter_id)s::text IS NULL OR a.counter_id = %(counter_id)s)
ORDER BY a.branch_id, a.counter_id, a.hour_at;

-- name: branches_waiting
-- Branches whose interactions changed and are due.
SELECT DISTINCT branch_id FROM hailong.rollup_queue WHERE due_at <= now() ORDER BY branch_id;

-- name: branches_marked
-- Branches whose counters did something.
SELECT DISTINCT branch_id FROM hailong.activity_marks ORDER BY branch_id;

-- name: roll_up
-- The next changes of a branch.
SELECT taken, set_aside FROM hailong.roll_up(%(branch_id)s, %(most)s);

-- name: roll_up_activity
-- The marked hours of a branch.
SELECT hailong.roll_up_activity(%(branch_id)s, %(most)s);

-- name: fold_row_counts
-- Adds what a branch's changes have counted to its counts.
SELECT hailong.fold_row_counts(%(branch_id)s);

-- name: refresh
-- Some interactions at once, in the transaction that changed them.
SELECT hailong.refresh_rollups(%(branch_id)s, %(counter_ids)s::text[], %(ats)s::timestamptz[],
                               %(interaction_ids)s::uuid[]);
