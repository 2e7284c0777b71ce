-- name: release_lock
-- One at a time numbers releases, takes a rollout's step or says what devices want.
SELECT pg_advisory_xact_lock(7201004);

-- name: put_file
-- A file whose bytes lie on the disk already.
INSERT INTO hailong.files (sha256, bytes) VALUES (%(sha256)s, %(bytes)s)
ON CONFLICT (sha256) DO NOTHING;

-- name: put_release
-- The next number's release.
INSERT INTO hailong.releases (release_no, settings, categories, made_by)
SELECT COALESCE(max(release_no), 0) + 1, %(settings)s::jsonb, %(categories)s::text[], %(made_by)s
FROM hailong.releases
RETURNING release_no;

-- name: put_release_file
-- What a release puts in the place of an installed file.
INSERT INTO hailong.release_files (release_no, kind, name, sha256)
VALUES (%(release_no)s, %(kind)s, %(name)s, %(sha256)s);

-- name: releases
-- All or one, newest first.
SELECT r.release_no, r.settings, r.categories, r.made_by, r.made_at
FROM hailong.releases r
WHERE %(release_no)s::bigint IS NULL OR r.release_no = %(release_no)s
ORDER BY r.release_no DESC;

-- name: release_files
-- Of one release, with their sizes.
SELECT r.kind, r.name, r.sha256, f.bytes
FROM hailong.release_files r JOIN hailong.files f ON f.sha256 = r.sha256
WHERE r.release_no = %(release_no)s
ORDER BY r.kind, r.name;

-- name: open_rollout
-- The one that goes on.
SELECT rollout_no, release_no, first_branch, first_counter, stage, paused
FROM hailong.rollouts WHERE ended IS NULL;

-- name: put_rollout
-- Begins with one counter.
INSERT INTO hailong.rollouts (release_no, first_branch, first_counter)
VALUES (%(release_no)s, %(branch)s, %(counter)s)
RETURNING rollout_no, release_no, first_branch, first_counter, stage, paused;

-- name: change_rollout
-- Its stage, whether it stands still, whether it ends.
UPDATE hailong.rollouts SET stage = %(stage)s, paused = %(paused)s, ended = %(ended)s
WHERE rollout_no = %(rollout_no)s;

-- name: put_step
-- Who did that.
INSERT INTO hailong.rollout_steps (rollout_no, step_no, step, stage, despite_failures, taken_by)
SELECT %(rollout_no)s, COALESCE(max(step_no), 0) + 1, %(step)s, %(stage)s, %(despite)s, %(taken_by)s
FROM hailong.rollout_steps WHERE rollout_no = %(rollout_no)s;

-- name: steps
-- Of one rollout, in their order.
SELECT step, stage, despite_failures, taken_by, taken_at FROM hailong.rollout_steps
WHERE rollout_no = %(rollout_no)s ORDER BY step_no;

-- name: want
-- A new version for each device that the open rollout has reached and that is to run something
-- else; for a new device what all others run. A device that saw a later version than this
-- database knows (restored from a backup) gets one above that.
WITH going AS (
    SELECT * FROM hailong.rollouts WHERE ended IS NULL AND NOT paused
), base AS (
    SELECT rollout_no, release_no FROM hailong.rollouts
    WHERE stage = 'all' AND ended IS DISTINCT FROM 'back' AND NOT paused
    ORDER BY rollout_no DESC LIMIT 1
), latest AS (
    SELECT DISTINCT ON (device_id) device_id, version, release_no
    FROM hailong.device_configs ORDER BY device_id, version DESC
), told AS (
    SELECT d.device_id, l.version, l.release_no,
           COALESCE((s.health -> 'config' ->> 'wanted')::bigint, 0) AS seen,
           CASE WHEN g.rollout_no IS NOT NULL THEN g.rollout_no
                WHEN l.device_id IS NULL THEN b.rollout_no END AS rollout_no,
           CASE WHEN g.rollout_no IS NOT NULL THEN g.release_no
                WHEN l.device_id IS NULL THEN b.release_no ELSE l.release_no END AS wanted,
           l.device_id IS NOT NULL AS known
    FROM hailong.devices d
    LEFT JOIN going g ON g.stage = 'all'
        OR (g.first_branch = d.branch_id
            AND (g.stage = 'branch' OR g.first_counter = d.counter_id))
    LEFT JOIN base b ON true
    LEFT JOIN latest l ON l.device_id = d.device_id
    LEFT JOIN hailong.device_status s ON s.device_id = d.device_id
    WHERE d.revoked_at IS NULL)
INSERT INTO hailong.device_configs (device_id, version, release_no, rollout_no)
SELECT device_id, GREATEST(COALESCE(version, 0), seen) + 1, wanted, rollout_no
FROM told
-- Beyond 2^53 JSON's numbers end: what a device says there is not believed.
WHERE seen < 9007199254740991
  AND ((NOT known AND wanted IS NOT NULL)
       OR (known AND (wanted IS DISTINCT FROM release_no OR seen > version)));

-- name: want_back
-- Each device that runs this rollout's release is to run again what it ran before it.
WITH latest AS (
    SELECT DISTINCT ON (device_id) device_id, version, rollout_no
    FROM hailong.device_configs ORDER BY device_id, version DESC
)
INSERT INTO hailong.device_configs (device_id, version, release_no, rollout_no)
SELECT l.device_id,
       GREATEST(l.version, COALESCE((s.health -> 'config' ->> 'wanted')::bigint, 0)) + 1,
       (SELECT c.release_no FROM hailong.device_configs c
        WHERE c.device_id = l.device_id AND c.rollout_no IS DISTINCT FROM l.rollout_no
        ORDER BY c.version DESC LIMIT 1),
       NULL
FROM latest l
JOIN hailong.devices d ON d.device_id = l.device_id AND d.revoked_at IS NULL
LEFT JOIN hailong.device_status s ON s.device_id = l.device_id
WHERE l.rollout_no = %(rollout_no)s;

-- name: wanted
-- What each device is to run now, where it listens, and whether it is there and says that it has
-- not heard of it.
SELECT DISTINCT ON (c.device_id)
       c.device_id, d.branch_id, d.counter_id, c.version, c.release_no, c.wanted_at,
       COALESCE(s.status = 'online'
                AND (s.health -> 'config' ->> 'wanted')::bigint < c.version, false) AS unheard
FROM hailong.device_configs c
JOIN hailong.devices d ON d.device_id = c.device_id AND d.revoked_at IS NULL
LEFT JOIN hailong.device_status s ON s.device_id = c.device_id
ORDER BY c.device_id, c.version DESC;

-- name: narrowed
-- Releases that devices are to run now and that do not let every kind of phrase leave, with how
-- many devices each.
WITH latest AS (
    SELECT DISTINCT ON (c.device_id) c.release_no
    FROM hailong.device_configs c
    JOIN hailong.devices d ON d.device_id = c.device_id AND d.revoked_at IS NULL
    ORDER BY c.device_id, c.version DESC
)
SELECT r.release_no, r.categories, count(*) AS devices
FROM latest l JOIN hailong.releases r ON r.release_no = l.release_no
WHERE r.categories IS NOT NULL
GROUP BY r.release_no
ORDER BY r.release_no;

-- name: rollout_devices
-- The devices of a stage: what each is to run and what it says of it.
SELECT d.device_id, d.branch_id, d.counter_id, l.version, l.release_no,
       s.health -> 'config' AS config, s.health_at
FROM hailong.devices d
LEFT JOIN LATERAL (
    SELECT version, release_no FROM hailong.device_configs c
    WHERE c.device_id = d.device_id ORDER BY version DESC LIMIT 1) l ON true
LEFT JOIN hailong.device_status s ON s.device_id = d.device_id
WHERE d.revoked_at IS NULL
  AND (%(stage)s = 'all' OR (d.branch_id = %(branch)s
       AND (%(stage)s = 'branch' OR d.counter_id = %(counter)s)))
ORDER BY d.branch_id, d.counter_id, d.device_id;

-- name: put_command
-- Asked of one device, until it expires.
INSERT INTO hailong.commands (
    device_id, command, stream, first_sequence, last_sequence, asked_by, expires_at)
VALUES (%(device_id)s, %(command)s, %(stream)s, %(first)s, %(last)s, %(asked_by)s,
        now() + make_interval(secs => %(valid_s)s))
RETURNING command_id;

-- name: open_commands
-- Those without an outcome that have not expired, with where the device listens.
SELECT c.command_id, c.device_id, d.branch_id, d.counter_id, c.command, c.stream,
       c.first_sequence, c.last_sequence, c.asked_at, c.expires_at
FROM hailong.commands c
JOIN hailong.devices d ON d.device_id = c.device_id AND d.revoked_at IS NULL
WHERE c.outcome IS NULL AND c.expires_at > now()
ORDER BY c.asked_at
LIMIT %(limit)s;

-- name: commands
-- The last ones, newest first.
SELECT command_id, device_id, command, asked_by, asked_at, expires_at, outcome, outcome_at
FROM hailong.commands
ORDER BY asked_at DESC
LIMIT %(limit)s;

-- name: file_for_device
-- Whether this device may have this file.
SELECT public_key, revoked, bytes FROM hailong.file_for_device(%(device_id)s, %(sha256)s);
