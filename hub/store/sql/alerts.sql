-- Live rules on interactions that go on, and what becomes of them. All of it runs inside
-- branches_transaction, but for the sweep.

-- name: open_interaction
-- The newest snapshot, locked: the finished interaction waits until it is judged, or it is gone.
SELECT o.device_id, o.captured_at, o.payload::text AS payload, c.zone
FROM hailong.open_interactions o
LEFT JOIN hailong.counters c ON c.branch_id = o.branch_id AND c.counter_id = o.counter_id
WHERE o.branch_id = %(branch_id)s AND o.counter_id = %(counter_id)s AND o.at = %(at)s
  AND o.interaction_id = %(interaction_id)s
FOR UPDATE OF o;

-- name: has_ended
-- Whether the finished interaction is here; asked after the lock above.
SELECT FROM hailong.interactions
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: judged
-- This snapshot has been looked at.
UPDATE hailong.open_interactions SET judged_at = %(now)s
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: forget_snapshot
-- The finished interaction holds all that it said.
DELETE FROM hailong.open_interactions
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: found_again
-- With the same evidence: no news, but the counter was heard of.
UPDATE hailong.alerts SET snapshot_at = %(captured_at)s, coverage = %(coverage)s
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND flag_id = %(flag_id)s AND state <> 'end' AND evidence = %(evidence)s::jsonb;

-- name: put_alert
-- Found for the first time, or with other evidence. One that had ended begins anew.
WITH put AS (
    INSERT INTO hailong.alerts AS known (
        branch_id, counter_id, at, flag_id, interaction_id, rule_id, rule_version, severity, role,
        evidence, coverage, state, raised_at, snapshot_at, changed_at)
    VALUES (%(branch_id)s, %(counter_id)s, %(at)s, %(flag_id)s, %(interaction_id)s, %(rule_id)s,
            %(rule_version)s, %(severity)s, %(role)s, %(evidence)s, %(coverage)s, 'new', %(now)s,
            %(captured_at)s, %(now)s)
    ON CONFLICT (branch_id, counter_id, at, flag_id) DO UPDATE SET
        rule_version = excluded.rule_version, severity = excluded.severity, role = excluded.role,
        evidence = excluded.evidence, coverage = excluded.coverage, ended_as = NULL,
        snapshot_at = excluded.snapshot_at, changed_at = excluded.changed_at,
        state = CASE WHEN known.state = 'end' THEN 'new' ELSE 'update' END,
        raised_at = CASE WHEN known.state = 'end' THEN excluded.raised_at
                         ELSE known.raised_at END
    RETURNING state),
told AS (
    INSERT INTO hailong.alert_events
        (branch_id, counter_id, at, flag_id, interaction_id, what, event_at)
    SELECT %(branch_id)s, %(counter_id)s, %(at)s, %(flag_id)s, %(interaction_id)s, state, %(now)s
    FROM put
    RETURNING branch_id, event_no, what)
SELECT what, pg_notify('hailong_alerts', branch_id || ' ' || event_no) FROM told;

-- name: end_alerts
-- Those of an interaction that are not found any more.
WITH ended AS (
    UPDATE hailong.alerts SET state = 'end', ended_as = 'withdrawn', changed_at = %(now)s
    WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
      AND interaction_id = %(interaction_id)s AND state <> 'end' AND flag_id <> ALL (%(flag_ids)s)
    RETURNING flag_id),
told AS (
    INSERT INTO hailong.alert_events
        (branch_id, counter_id, at, flag_id, interaction_id, what, event_at)
    SELECT %(branch_id)s, %(counter_id)s, %(at)s, flag_id, %(interaction_id)s, 'end', %(now)s
    FROM ended
    RETURNING branch_id, event_no, what)
SELECT what, pg_notify('hailong_alerts', branch_id || ' ' || event_no) FROM told;

-- name: any_alert
-- Whether anything was found in this interaction while it went on.
SELECT FROM hailong.alerts
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s
LIMIT 1;

-- name: settle_alerts
-- The finished interaction decides: what it supports is confirmed, the rest withdrawn.
WITH settled AS (
    UPDATE hailong.alerts SET
        state = 'end', changed_at = %(now)s,
        ended_as = CASE WHEN flag_id = ANY (%(flag_ids)s) THEN 'confirmed' ELSE 'withdrawn' END
    WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
      AND interaction_id = %(interaction_id)s
      AND ended_as IS DISTINCT FROM
          CASE WHEN flag_id = ANY (%(flag_ids)s) THEN 'confirmed' ELSE 'withdrawn' END
    RETURNING flag_id),
told AS (
    INSERT INTO hailong.alert_events
        (branch_id, counter_id, at, flag_id, interaction_id, what, event_at)
    SELECT %(branch_id)s, %(counter_id)s, %(at)s, flag_id, %(interaction_id)s, 'end', %(now)s
    FROM settled
    RETURNING branch_id, event_no, what)
SELECT what, pg_notify('hailong_alerts', branch_id || ' ' || event_no) FROM told;

-- name: sweep
-- Ends what no counter ended, and forgets what has had its time.
SELECT hailong.sweep_alerts(%(now)s);
