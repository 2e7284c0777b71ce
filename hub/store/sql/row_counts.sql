-- Kept counts of rows against the rows. Runs as hailong_migrator.

-- name: no_timeout
-- Counting a city's turns takes minutes.
SET LOCAL statement_timeout = 0;

-- name: faults
-- Counts that are not what the rows say, all seen as of one moment.
SELECT branch_id, kept_in, part, variant, kept, expected FROM hailong_private.count_faults()
ORDER BY branch_id, kept_in, part, variant;

-- name: correct
-- Adds what is missing, or takes away what is too much, as a change like any other: whoever writes
-- meanwhile adds to it.
INSERT INTO hailong.row_changes (branch_id, kept_in, part, variant, rows)
SELECT branch_id, kept_in, part, variant, expected - kept FROM hailong_private.count_faults();
