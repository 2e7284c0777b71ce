-- Decisions on flags. All of it runs inside branches_transaction: row security decides which
-- flags there are.

-- name: flag
-- A flag and the number of its last decision.
SELECT f.branch_id, f.counter_id, f.at, f.flag_id, f.interaction_id, f.state, f.reviewer,
       COALESCE((SELECT max(r.review_no) FROM hailong.reviews r
                 WHERE r.branch_id = f.branch_id AND r.counter_id = f.counter_id
                   AND r.at = f.at AND r.flag_id = f.flag_id), 0) AS last_review_no
FROM hailong.flags f
WHERE f.flag_id = %(flag_id)s;

-- name: lock_flag
-- Of two who decide at once, the second waits and then sees the first one's decision. Row
-- security shows nothing here to who may not decide.
SELECT FROM hailong.flags
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND flag_id = %(flag_id)s
FOR UPDATE;

-- name: may_decide
-- Whether this person decides on the flag: a supervisor of its branch, or QA where it is reviewed
-- outside the branch.
SELECT WHERE hailong.may_decide_flag(%(user_id)s, %(branch_id)s, %(counter_id)s, %(at)s,
                                     %(flag_id)s);

-- name: add_review
-- The next decision of a flag; none comes back where its number is taken.
INSERT INTO hailong.reviews (branch_id, counter_id, at, flag_id, review_no, interaction_id,
                             outcome, ground, decided_by, bulk)
VALUES (%(branch_id)s, %(counter_id)s, %(at)s, %(flag_id)s, %(review_no)s, %(interaction_id)s,
        %(outcome)s, %(ground)s, %(decided_by)s, %(bulk)s)
ON CONFLICT DO NOTHING
RETURNING flag_id, review_no, outcome, ground, decided_by, decided_at;

-- name: mark_decided
-- The flag leaves the queue in the decision's own transaction.
UPDATE hailong.flags SET state = 'decided'
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND flag_id = %(flag_id)s;

-- name: history
-- All decisions of a flag, in order.
SELECT flag_id, review_no, outcome, ground, decided_by, decided_at
FROM hailong.reviews WHERE flag_id = %(flag_id)s
ORDER BY review_no;
