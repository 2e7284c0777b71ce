-- Alerts as supervisors see them. All of it runs inside branches_transaction.

-- name: alerts
-- What goes on and what ended a short while ago: the live ones first, then the newest.
SELECT a.branch_id, a.counter_id, a.flag_id, a.interaction_id, a.rule_id, a.severity, a.state,
       a.ended_as, a.raised_at, a.snapshot_at, a.changed_at, c.number, c.zone
FROM hailong.alerts a
LEFT JOIN hailong.counters c ON c.branch_id = a.branch_id AND c.counter_id = a.counter_id
WHERE a.branch_id = ANY (hailong.visible_branches())
  AND CASE WHEN a.state = 'end' THEN a.changed_at >= %(ended_since)s
           ELSE a.snapshot_at >= %(open_since)s END
ORDER BY a.state <> 'end' AND a.snapshot_at >= %(live_since)s DESC, a.raised_at DESC, a.flag_id
LIMIT %(limit)s;

-- name: visits
-- Who went to look, the first one first.
SELECT v.flag_id, v.seen_at, v.seen_by, hailong.login_of(v.seen_by) AS login
FROM hailong.alert_visits v
WHERE v.flag_id = ANY (%(flag_ids)s)
ORDER BY v.flag_id, v.seen_at, v.seen_by;

-- name: known
-- Whether there is such an alert among those that one may see.
SELECT FROM hailong.alerts
WHERE flag_id = %(flag_id)s AND branch_id = ANY (hailong.visible_branches());

-- name: add_visit
-- One a person.
INSERT INTO hailong.alert_visits
    (branch_id, counter_id, at, flag_id, seen_by, interaction_id, seen_at)
SELECT branch_id, counter_id, at, flag_id, %(user_id)s, interaction_id, %(now)s
FROM hailong.alerts
WHERE flag_id = %(flag_id)s AND branch_id = ANY (hailong.visible_branches())
ON CONFLICT DO NOTHING;

-- name: newest_event
-- Where who listens from now on begins.
SELECT COALESCE(max(event_no), 0) FROM hailong.alert_events
WHERE branch_id = ANY (hailong.visible_branches());

-- name: events_after
-- What came since, in order.
SELECT event_no, flag_id, what FROM hailong.alert_events
WHERE branch_id = ANY (hailong.visible_branches()) AND event_no > %(event_no)s
ORDER BY event_no
LIMIT %(limit)s;

-- name: failures
-- Channels that could not be told, and of how much.
SELECT channel, count(*) AS failed FROM hailong.alert_sendings
WHERE branch_id = ANY (hailong.visible_branches()) AND state = 'failed'
  AND changed_at >= %(since)s
GROUP BY channel
ORDER BY channel;
