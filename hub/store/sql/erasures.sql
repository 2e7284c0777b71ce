-- Erasing, by the migrator's rights: first it is noted what must not come back, then the rows go.

-- name: note
-- From now on no program stores this again.
INSERT INTO hailong.erased (key_sha256, kind, entry_no, erased_at)
VALUES (sha256(convert_to(%(kind)s || ':' || %(subject)s, 'UTF8')), %(kind)s, %(number)s, %(at)s)
ON CONFLICT DO NOTHING;

-- name: find_interaction
-- Its whole key, by which its partition is found; locked, so that nobody scores it meanwhile.
SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions
WHERE interaction_id = %(subject)s::uuid
FOR UPDATE;

-- name: delete_reviews
-- Decisions on its flags.
DELETE FROM hailong.reviews
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: delete_flags
-- What was asked about it.
DELETE FROM hailong.flags
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: delete_scores
-- Its figures.
DELETE FROM hailong.scores
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: delete_ratings
-- What was pressed after the visit that it belonged to.
DELETE FROM hailong.ratings
WHERE branch_id = %(branch_id)s AND interaction_ids @> ARRAY[%(interaction_id)s::uuid];

-- name: delete_turns
-- Its turns.
DELETE FROM hailong.turns
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: delete_queued
-- It waits for nothing any more.
DELETE FROM hailong.scoring_queue
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: delete_taps
-- What an observer tapped during it. What was counted of them names no interaction and stays.
DELETE FROM hailong.truth_ticks t
USING hailong.truth_sessions s, hailong.interactions i
WHERE i.branch_id = %(branch_id)s AND i.counter_id = %(counter_id)s AND i.at = %(at)s
  AND i.interaction_id = %(interaction_id)s
  AND s.branch_id = i.branch_id AND s.counter_id = i.counter_id
  AND t.branch_id = s.branch_id AND t.session_id = s.session_id
  AND t.at BETWEEN i.at - interval '10 s' AND i.ended_at + interval '10 s';

-- name: delete_interaction
-- The interaction itself. It stands in the rollups' queue from then on, and is subtracted.
DELETE FROM hailong.interactions
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND interaction_id = %(interaction_id)s;

-- name: delete_alert_visits
-- Who went to look, while it went on.
DELETE FROM hailong.alert_visits WHERE interaction_id = %(subject)s::uuid;

-- name: delete_alert_events
-- What was told of it, and to which channel.
DELETE FROM hailong.alert_events WHERE interaction_id = %(subject)s::uuid;

-- name: delete_alerts
-- What was found in it while it went on.
DELETE FROM hailong.alerts WHERE interaction_id = %(subject)s::uuid;

-- name: delete_snapshot
-- Its newest snapshot, also where it never came to an end.
DELETE FROM hailong.open_interactions WHERE interaction_id = %(subject)s::uuid;

-- name: lock_rollups
-- Until the pseudonym is gone nobody counts it again: the rollup worker passes the branches over.
SELECT pg_advisory_xact_lock(hailong_private.rollup_lock(b.branch_id))
FROM (SELECT branch_id FROM hailong.branches ORDER BY branch_id) b;

-- name: delete_rollups
-- Its own sums, those of deleted interactions as well. The counters' hold no pseudonym.
DELETE FROM hailong.staff_rollups WHERE staff_id = %(subject)s;

-- name: unname_contributions
-- What its interactions added is remembered without it, as they will say themselves.
UPDATE hailong_private.rollup_contributions SET staff_id = NULL WHERE staff_id = %(subject)s;

-- name: unname_interactions
-- They count for nobody from now on.
UPDATE hailong.interactions SET staff_id = NULL WHERE staff_id = %(subject)s;

-- name: delete_assignments
-- Where and when this pseudonym sat.
DELETE FROM hailong.assignments WHERE staff_id = %(subject)s;

-- name: delete_accounts
-- Accounts of this clerk, with sessions and branches.
DELETE FROM hailong.users WHERE staff_id = %(subject)s;

-- name: delete_staff
-- The pseudonym itself.
DELETE FROM hailong.staff WHERE staff_id = %(subject)s;
