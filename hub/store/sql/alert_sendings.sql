-- What channels are to be told. All of it runs inside branches_transaction, but for the branches.

-- name: branches
-- For a channel of every branch.
SELECT branch_id FROM hailong.branches ORDER BY branch_id;

-- name: queue_new
-- New alerts that this channel has not been given yet.
INSERT INTO hailong.alert_sendings (event_no, channel, branch_id, next_at, changed_at)
SELECT e.event_no, %(channel)s, e.branch_id, %(now)s, %(now)s FROM hailong.alert_events e
WHERE e.branch_id = ANY (hailong.visible_branches()) AND e.what = 'new'
  AND e.event_at > %(since)s
  AND NOT EXISTS (SELECT FROM hailong.alert_sendings s
                  WHERE s.event_no = e.event_no AND s.channel = %(channel)s)
ORDER BY e.event_no
ON CONFLICT DO NOTHING;

-- name: claim
-- The next ones that are due. They are somebody's until `until`: whoever is killed in between
-- leaves them to be sent again.
WITH due AS (
    SELECT event_no, channel FROM hailong.alert_sendings
    WHERE channel = %(channel)s AND branch_id = ANY (hailong.visible_branches())
      AND state = 'waiting' AND next_at <= %(now)s
    ORDER BY next_at, event_no
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED),
claimed AS (
    UPDATE hailong.alert_sendings s
    SET attempts = s.attempts + 1, next_at = %(until)s, changed_at = %(now)s
    FROM due d WHERE s.event_no = d.event_no AND s.channel = d.channel
    RETURNING s.event_no, s.attempts)
SELECT e.event_no, c.attempts, e.branch_id, b.name_vi AS branch_vi, b.name_en AS branch_en,
       e.counter_id, p.number, a.rule_id, e.flag_id, e.event_at AS raised_at
FROM claimed c
JOIN hailong.alert_events e USING (event_no)
JOIN hailong.alerts a ON a.branch_id = e.branch_id AND a.counter_id = e.counter_id
    AND a.at = e.at AND a.flag_id = e.flag_id
JOIN hailong.branches b ON b.branch_id = e.branch_id
LEFT JOIN hailong.counters p ON p.branch_id = e.branch_id AND p.counter_id = e.counter_id
ORDER BY e.event_no;

-- name: record
-- What came of an attempt.
UPDATE hailong.alert_sendings
SET state = %(state)s, next_at = %(next_at)s, changed_at = %(now)s, fault = %(fault)s
WHERE event_no = %(event_no)s AND channel = %(channel)s
  AND branch_id = ANY (hailong.visible_branches());

-- name: next_at
-- When the next one is due.
SELECT min(next_at) FROM hailong.alert_sendings
WHERE channel = %(channel)s AND branch_id = ANY (hailong.visible_branches())
  AND state = 'waiting';
