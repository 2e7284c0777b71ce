-- People who sign in and their sessions. All but the migrator's runs inside person_transaction:
-- row security shows the one whom a login or a session's secret names.

-- name: find_user
-- A user by the name typed at sign-in.
SELECT user_id, login, password_hash, role, staff_id, language, failed_sign_ins,
       COALESCE(locked_until > now(), false) AS locked,
       disabled_at IS NOT NULL AS disabled
FROM hailong.users WHERE login = %(login)s;

-- name: record_failure
-- Counts a wrong password; from the fifth on the user is locked, each time twice as long.
UPDATE hailong.users
SET failed_sign_ins = failed_sign_ins + 1,
    locked_until = CASE WHEN failed_sign_ins + 1 >= %(free_tries)s
        THEN now() + LEAST(%(longest_s)s,
            %(first_s)s * 2.0 ^ LEAST(20, failed_sign_ins + 1 - %(free_tries)s))
            * interval '1 second'
        ELSE locked_until END
WHERE user_id = %(user_id)s;

-- name: record_success
-- Forgets earlier failures.
UPDATE hailong.users SET failed_sign_ins = 0, locked_until = NULL
WHERE user_id = %(user_id)s AND (failed_sign_ins > 0 OR locked_until IS NOT NULL);

-- name: replace_hash
-- A hash made with today's parameters instead of an older one.
UPDATE hailong.users SET password_hash = %(password_hash)s WHERE user_id = %(user_id)s;

-- name: set_language
-- The language a user wants the pages in.
UPDATE hailong.users SET language = %(language)s WHERE user_id = %(user_id)s;

-- name: open_session
-- A session; its token is known to the browser alone.
INSERT INTO hailong.sessions (token_sha256, user_id, csrf_token, expires_at)
VALUES (%(token_sha256)s, %(user_id)s, %(csrf_token)s,
        now() + %(lifetime_s)s * interval '1 second');

-- name: find_session
-- The user of a session that has neither ended nor been left alone too long.
SELECT s.token_sha256, s.user_id, s.csrf_token, u.login, u.role, u.staff_id, u.language,
       ARRAY(SELECT b.branch_id FROM hailong.user_branches b
             WHERE b.user_id = s.user_id ORDER BY b.branch_id) AS branches,
       now() - s.seen_at > %(touch_after_s)s * interval '1 second' AS stale
FROM hailong.sessions s JOIN hailong.users u USING (user_id)
WHERE s.token_sha256 = %(token_sha256)s
  AND s.expires_at > now()
  AND s.seen_at > now() - %(idle_s)s * interval '1 second'
  AND u.disabled_at IS NULL;

-- name: touch_session
-- The person is still there.
UPDATE hailong.sessions SET seen_at = now() WHERE token_sha256 = %(token_sha256)s;

-- name: close_session
-- Signed out.
DELETE FROM hailong.sessions WHERE token_sha256 = %(token_sha256)s;

-- name: close_sessions_of
-- A changed password ends what was opened with the old one.
DELETE FROM hailong.sessions WHERE user_id = %(user_id)s;

-- name: forget_ended_sessions
-- Run at each sign-in, so that the table does not grow.
SELECT hailong.forget_ended_sessions(%(idle_s)s);

-- name: put_user
-- Makes a user or brings one to what is asked. For the migrator alone.
INSERT INTO hailong.users (login, password_hash, role, staff_id, language)
VALUES (%(login)s, %(password_hash)s, %(role)s, %(staff_id)s, %(language)s)
ON CONFLICT (login) DO UPDATE
SET password_hash = EXCLUDED.password_hash, role = EXCLUDED.role, staff_id = EXCLUDED.staff_id,
    failed_sign_ins = 0, locked_until = NULL, disabled_at = NULL
RETURNING user_id;

-- name: drop_branches
-- Branches a user is no longer of. For the migrator alone.
DELETE FROM hailong.user_branches
WHERE user_id = %(user_id)s AND NOT branch_id = ANY (%(branches)s);

-- name: put_branches
-- Branches a user is of. For the migrator alone.
INSERT INTO hailong.user_branches (user_id, branch_id)
SELECT %(user_id)s, unnest(%(branches)s::text[])
ON CONFLICT DO NOTHING;
