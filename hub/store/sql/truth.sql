-- Truth sessions, their ticks and how they compare. All but `branches` runs inside
-- branches_transaction.

-- name: branches
-- The branches themselves have no row security.
SELECT branch_id FROM hailong.branches ORDER BY branch_id;

-- name: may_observe
-- Whether this person may hold a session in the branch.
SELECT WHERE hailong.may_observe(%(observer)s, %(branch_id)s);

-- name: counters
-- Where a session may be held.
SELECT c.branch_id, b.name_vi AS branch_vi, b.name_en AS branch_en, c.counter_id, c.zone, c.number
FROM hailong.counters c JOIN hailong.branches b USING (branch_id)
ORDER BY c.branch_id, c.number;

-- name: start
-- A session; none comes back where one is open at the counter already.
INSERT INTO hailong.truth_sessions (branch_id, session_id, counter_id, kind, script, dialect, noise,
                                    watched, clerk_told_at, citizens_told_at, observer, started_at)
VALUES (%(branch_id)s, %(session_id)s, %(counter_id)s, %(session_kind)s, %(script)s, %(dialect)s,
        %(noise)s, %(watched)s::text[], %(started_at)s, %(started_at)s, %(observer)s,
        %(started_at)s)
ON CONFLICT DO NOTHING
RETURNING session_id;

-- name: session
-- One of them.
SELECT s.branch_id, s.session_id, s.counter_id, c.number, s.kind, s.script, s.dialect, s.noise,
       s.watched, s.observer, s.started_at, s.ended_at, s.state, s.matched_at
FROM hailong.truth_sessions s
LEFT JOIN hailong.counters c USING (branch_id, counter_id)
WHERE s.session_id = %(session_id)s;

-- name: lock_session
-- Until the transaction ends: one that is ended takes no tick of a time after its end.
SELECT FROM hailong.truth_sessions
WHERE branch_id = %(branch_id)s AND session_id = %(session_id)s FOR NO KEY UPDATE;

-- name: sessions
-- The latest, or one of them, with how many ticks each has.
SELECT s.branch_id, s.session_id, s.counter_id, c.number, s.kind, s.script, s.dialect, s.noise,
       s.watched, s.observer, s.started_at, s.ended_at, s.state, s.matched_at,
       hailong.login_of(s.observer) AS login,
       (SELECT count(*) FROM hailong.truth_ticks t
        WHERE t.branch_id = s.branch_id AND t.session_id = s.session_id
          AND t.undone_at IS NULL) AS ticks
FROM hailong.truth_sessions s
LEFT JOIN hailong.counters c USING (branch_id, counter_id)
WHERE %(only)s::uuid IS NULL OR s.session_id = %(only)s
ORDER BY s.started_at DESC, s.session_id
LIMIT %(limit)s;

-- name: add_tick
-- One tick; sent again it is there already.
INSERT INTO hailong.truth_ticks (branch_id, session_id, tick_id, what, name, role, tablet_at, at,
                                 clock_error_s, received_at)
VALUES (%(branch_id)s, %(session_id)s, %(tick_id)s, %(tick_what)s, %(name)s, %(role)s,
        %(tablet_at)s, %(at)s, %(clock_error_s)s, %(received_at)s)
ON CONFLICT DO NOTHING;

-- name: undo_tick
-- Taken back; it stays, so that sending it once more does not bring it back.
UPDATE hailong.truth_ticks SET undone_at = %(received_at)s
WHERE branch_id = %(branch_id)s AND session_id = %(session_id)s AND tick_id = %(tick_id)s
  AND undone_at IS NULL;

-- name: ticks
-- Those that hold, in the order of time.
SELECT tick_id, what, name, role, tablet_at, at, clock_error_s
FROM hailong.truth_ticks
WHERE branch_id = %(branch_id)s AND session_id = %(session_id)s AND undone_at IS NULL
ORDER BY at, tick_id;

-- name: finish
-- Ended or void. What was matched is to be matched again.
UPDATE hailong.truth_sessions
SET state = %(session_state)s, ended_at = %(session_end)s, matched_at = NULL
WHERE branch_id = %(branch_id)s AND session_id = %(session_id)s;

-- name: touch
-- Late ticks: it is to be matched again.
UPDATE hailong.truth_sessions SET matched_at = NULL
WHERE branch_id = %(branch_id)s AND session_id = %(session_id)s;

-- name: due
-- Ended long enough ago for the devices' messages to be in, and not matched since; those of the
-- last days once a day, because a device may send late.
SELECT s.branch_id, s.session_id, s.counter_id, c.number, s.kind, s.script, s.dialect, s.noise,
       s.watched, s.observer, s.started_at, s.ended_at, s.state, s.matched_at
FROM hailong.truth_sessions s
LEFT JOIN hailong.counters c USING (branch_id, counter_id)
WHERE s.state = 'ended' AND s.ended_at < %(settled_before)s
  AND (s.matched_at IS NULL
       OR s.matched_at < %(day_ago)s AND s.matched_at < s.ended_at + %(late_for)s)
ORDER BY s.started_at
FOR NO KEY UPDATE OF s SKIP LOCKED;

-- name: interactions_between
-- Keys of a counter's interactions that touch a time. `from_at` goes back a day: none is longer.
SELECT counter_id, at, interaction_id FROM hailong.interactions
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s
  AND at >= %(from_at)s::timestamptz - interval '1 day' AND at < %(to_at)s
  AND ended_at > %(from_at)s
ORDER BY at;

-- name: flags_between
-- Which rules flagged them.
SELECT f.interaction_id, f.rule_id, f.rule_version
FROM hailong.flags f
WHERE f.branch_id = %(branch_id)s AND f.counter_id = %(counter_id)s
  AND f.at >= %(from_at)s::timestamptz - interval '1 day' AND f.at < %(to_at)s
  AND f.state <> 'withdrawn';

-- name: heard_between
-- Windows in which the counter was heard.
SELECT a.at FROM hailong.activity a
WHERE a.branch_id = %(branch_id)s AND a.counter_id = %(counter_id)s
  AND a.at >= %(from_at)s::timestamptz - interval '1 minute' AND a.at < %(to_at)s
GROUP BY a.at
HAVING max(a.audio_coverage) >= %(least)s
ORDER BY a.at;

-- name: forget_matches
-- Before a session is matched again.
DELETE FROM hailong.truth_matches
WHERE branch_id = %(branch_id)s AND session_id = %(session_id)s;

-- name: add_match
-- One thing that was ticked, found or both.
INSERT INTO hailong.truth_matches (branch_id, session_id, match_no, what, name, role, rule_version,
                                   outcome, reason, later_s)
VALUES (%(branch_id)s, %(session_id)s, %(match_no)s, %(match_what)s, %(name)s, %(role)s,
        %(match_version)s, %(match_outcome)s, %(match_reason)s, %(later_s)s);

-- name: mark_matched
-- It is done until something of it comes late.
UPDATE hailong.truth_sessions SET matched_at = %(at)s
WHERE branch_id = %(branch_id)s AND session_id = %(session_id)s;

-- name: counts
-- Of everything that was matched, by dialect and noise; void sessions count for nothing.
SELECT m.what, m.name, m.role, m.rule_version, s.dialect, s.noise,
       count(*) FILTER (WHERE m.outcome = 'found') AS found,
       count(*) FILTER (WHERE m.outcome = 'missed') AS missed,
       count(*) FILTER (WHERE m.outcome = 'false_alarm') AS false_alarms,
       count(*) FILTER (WHERE m.outcome = 'left_out') AS left_out
FROM hailong.truth_matches m JOIN hailong.truth_sessions s USING (branch_id, session_id)
WHERE s.state = 'ended' AND s.started_at >= %(since)s
GROUP BY m.what, m.name, m.role, m.rule_version, s.dialect, s.noise
ORDER BY m.what, m.name, m.role, m.rule_version, s.dialect, s.noise;

-- name: reasons
-- Why things were left out.
SELECT m.reason, count(*) AS left_out
FROM hailong.truth_matches m JOIN hailong.truth_sessions s USING (branch_id, session_id)
WHERE s.state = 'ended' AND s.started_at >= %(since)s AND m.outcome = 'left_out'
GROUP BY m.reason
ORDER BY left_out DESC, m.reason;

-- name: held
-- How many sessions stand behind the figures, how many wait to be matched.
SELECT count(*) FILTER (WHERE state = 'ended') AS ended,
       count(*) FILTER (WHERE state = 'ended' AND matched_at IS NULL) AS waiting,
       count(*) FILTER (WHERE state = 'open') AS open,
       COALESCE(sum(extract(epoch FROM ended_at - started_at)) FILTER (WHERE state = 'ended'), 0)
           ::double precision AS observed_s,
       max(matched_at) AS matched_at
FROM hailong.truth_sessions
WHERE started_at >= %(since)s;
