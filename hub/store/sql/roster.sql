-- name: put_branch
-- A branch with its names; true in the end when anything changed.
INSERT INTO hailong.branches AS known (branch_id, name_vi, name_en)
VALUES (%(branch_id)s, %(branch_vi)s, %(branch_en)s)
ON CONFLICT (branch_id) DO UPDATE SET name_vi = excluded.name_vi, name_en = excluded.name_en
WHERE (known.name_vi, known.name_en) <> (excluded.name_vi, excluded.name_en);

-- name: put_point
-- A place where a branch receives people.
INSERT INTO hailong.points AS known (branch_id, point_id, name_vi, name_en)
VALUES (%(branch_id)s, %(point_id)s, %(point_vi)s, %(point_en)s)
ON CONFLICT (branch_id, point_id) DO UPDATE SET
    name_vi = excluded.name_vi, name_en = excluded.name_en
WHERE (known.name_vi, known.name_en) <> (excluded.name_vi, excluded.name_en);

-- name: put_counter
-- A counter with its zone and the number on its sign.
INSERT INTO hailong.counters AS known (branch_id, counter_id, point_id, zone, number)
VALUES (%(branch_id)s, %(counter_id)s, %(point_id)s, %(zone)s, %(number)s)
ON CONFLICT (branch_id, counter_id) DO UPDATE SET
    point_id = excluded.point_id, zone = excluded.zone, number = excluded.number
WHERE (known.point_id, known.zone, known.number)
   <> (excluded.point_id, excluded.zone, excluded.number);

-- name: find_device
-- One device, locked until it is enrolled or revoked.
SELECT device_id, branch_id, counter_id, public_key, revoked_at IS NOT NULL AS revoked
FROM hailong.devices WHERE device_id = %(device_id)s FOR UPDATE;

-- name: put_device
-- Enrols a device, or moves one to another counter, or gives a revoked one its new key.
INSERT INTO hailong.devices (device_id, branch_id, counter_id, public_key)
VALUES (%(device_id)s, %(branch_id)s, %(counter_id)s, %(public_key)s)
ON CONFLICT (device_id) DO UPDATE SET
    branch_id = excluded.branch_id, counter_id = excluded.counter_id,
    public_key = excluded.public_key, revoked_at = NULL,
    enrolled_at = now();

-- name: revoke_device
-- From now on nothing that this device signs is taken.
UPDATE hailong.devices SET revoked_at = COALESCE(revoked_at, now())
WHERE device_id = %(device_id)s;

-- name: counter_keys
-- All counters, to check a roster's lines against.
SELECT branch_id, counter_id FROM hailong.counters;

-- name: roster_lock
-- Ingest holds it shared while it attributes interactions.
SELECT pg_advisory_xact_lock(7201003);

-- name: put_staff
-- A pseudonym that the roster names for the first time; those known stay where they belong.
INSERT INTO hailong.staff (staff_id, branch_id) VALUES (%(staff_id)s, %(branch_id)s)
ON CONFLICT (staff_id) DO NOTHING
RETURNING staff_id;

-- name: assignments_between
-- What the roster said so far of these counters around these times.
SELECT branch_id, counter_id, staff_id, from_at, to_at
FROM hailong.assignments
WHERE to_at > %(from_at)s AND from_at < %(to_at)s
  AND (branch_id, counter_id) IN (SELECT * FROM unnest(%(branches)s::text[], %(counters)s::text[]))
ORDER BY branch_id, counter_id, from_at;

-- name: put_assignment
-- A line of the roster; one that starts at the same moment at the same counter is replaced.
INSERT INTO hailong.assignments (branch_id, counter_id, staff_id, from_at, to_at)
VALUES (%(branch_id)s, %(counter_id)s, %(staff_id)s, %(from_at)s, %(to_at)s)
ON CONFLICT (branch_id, counter_id, from_at) DO UPDATE SET
    staff_id = excluded.staff_id, to_at = excluded.to_at;

-- name: attribute_again
-- Interactions of one counter in a span go to whom the roster names now, or to nobody.
UPDATE hailong.interactions i SET staff_id = named.staff_id
FROM (
    SELECT j.branch_id, j.counter_id, j.at, j.interaction_id, a.staff_id
    FROM hailong.interactions j
    LEFT JOIN hailong.assignments a
        ON a.branch_id = j.branch_id AND a.counter_id = j.counter_id
        AND a.from_at <= j.at AND j.at < a.to_at
    WHERE j.branch_id = %(branch_id)s AND j.counter_id = %(counter_id)s
      AND j.at >= %(from_at)s AND j.at < %(to_at)s
      AND j.staff_id IS DISTINCT FROM a.staff_id) named
WHERE i.branch_id = named.branch_id AND i.counter_id = named.counter_id AND i.at = named.at
  AND i.interaction_id = named.interaction_id;
