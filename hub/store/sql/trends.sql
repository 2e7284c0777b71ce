-- Weekly counts of flags, from the rollups. All of it runs inside branches_transaction.

-- name: weeks
-- By counter and week: interactions, and those with a flag of a rule that was not taken back. The
-- weeks are Hanoi's, from Monday.
SELECT r.branch_id, r.counter_id, date_trunc('week', r.day::timestamp)::date AS monday,
       CASE r.measure WHEN 'flags' THEN substring(r.variant FROM '^[a-z0-9_]+') ELSE '' END
           AS rule_id,
       sum(r.n)::bigint AS n
FROM hailong.rollups r
WHERE r.branch_id = ANY (hailong.visible_branches()) AND r.day BETWEEN %(from_day)s AND %(to_day)s
  AND (r.measure = 'interactions'
       OR r.measure = 'flags' AND r.variant NOT LIKE '%%.dismissed'
          AND r.variant NOT LIKE '%%.overturned')
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4;
