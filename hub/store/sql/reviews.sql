-- Decisions on flags. All of it runs inside branches_transaction: row security decides which
-- flags there are.

-- name: flag
-- A flag and the number of its last decision.
SELECT f.branch_id, f.counter_id, f.at, f.flag_id, f.interaction_id, f.state,
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
-- Whether this person is a supervisor of the branch.
SELECT WHERE hailong.may_decide(%(user_id)s, %(branch_id)s);

-- name: add_review
-- The next decision of a flag; none comes back where its number is taken.
INSERT INTO hailong.reviews (branch_id, counter_id, at, flag_id, review_no, interaction_id,
                             outcome, ground, decided_by)
VALUES (%(branch_id)s, %(counter_id)s, %(at)s, %(flag_id)s, %(review_no)s, %(interaction_id)s,
        %(outcome)s, %(ground)s, %(decided_by)s)
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

-- name: visible_staff
-- Whom this transaction is limited to.
SELECT hailong.visible_staff();

-- name: tallies
-- By rule: its decided flags, those with an independent ground and a clear outcome, and those
-- found right. The latest decision of a flag holds; one flag is one interaction. From the counts
-- of decisions: `variant` is outcome, ground and rule.
SELECT d.rule_id, sum(d.rows)::bigint AS decided,
       COALESCE(sum(d.rows) FILTER (WHERE d.ground <> 'none' AND d.outcome <> 'insufficient'), 0)
           ::bigint AS with_ground,
       COALESCE(sum(d.rows) FILTER (
           WHERE d.ground <> 'none' AND d.outcome IN ('confirmed', 'coached')), 0)::bigint
           AS founded
FROM (
    SELECT split_part(p.variant, ' ', 1) AS outcome, split_part(p.variant, ' ', 2) AS ground,
           split_part(p.variant, ' ', 3) AS rule_id, p.rows
    FROM (SELECT x.part, x.variant, sum(x.rows) AS rows
          FROM (SELECT part, variant, rows FROM hailong.row_counts WHERE kept_in = 'decisions'
                UNION ALL
                SELECT part, variant, rows FROM hailong.row_changes
                WHERE kept_in = 'decisions') x
          GROUP BY x.part, x.variant) p
    WHERE hailong.is_kept('decisions', p.part)) d
WHERE %(rule_id)s::text IS NULL OR d.rule_id = %(rule_id)s
GROUP BY d.rule_id HAVING sum(d.rows) > 0;

-- name: tallies_of_clerk
-- The same of flags on the own interactions, one by one: nobody is told what all of a branch's
-- were.
SELECT f.rule_id, count(*) AS decided,
       count(*) FILTER (WHERE l.ground <> 'none' AND l.outcome <> 'insufficient') AS with_ground,
       count(*) FILTER (WHERE l.ground <> 'none' AND l.outcome IN ('confirmed', 'coached'))
           AS founded
FROM hailong.flags f
JOIN LATERAL (
    SELECT r.outcome, r.ground FROM hailong.reviews r
    WHERE r.branch_id = f.branch_id AND r.counter_id = f.counter_id AND r.at = f.at
      AND r.flag_id = f.flag_id
    ORDER BY r.review_no DESC LIMIT 1) l ON true
WHERE f.state = 'decided' AND (%(rule_id)s::text IS NULL OR f.rule_id = %(rule_id)s)
GROUP BY f.rule_id;
