-- name: put_token
-- A one-time token for a device; only the digest of its secret is kept.
INSERT INTO hailong_private.enrolment_tokens
    (token_id, secret_sha256, device_id, branch_id, counter_id, expires_at)
VALUES (%(token_id)s, %(secret_sha256)s, %(device_id)s, %(branch_id)s, %(counter_id)s,
        now() + make_interval(secs => %(lifetime_s)s));

-- name: forget_tokens
-- Tokens that have been worthless for a month.
DELETE FROM hailong_private.enrolment_tokens WHERE expires_at < now() - interval '30 days';

-- name: redeem
-- Enrols a token's device, or says why not.
SELECT outcome, branch_id, counter_id
FROM hailong.redeem_enrolment(%(token_id)s, %(secret_sha256)s, %(device_id)s, %(public_key)s);

-- name: device
-- One device as it stands.
SELECT device_id, branch_id, counter_id, public_key, revoked_at IS NOT NULL AS revoked
FROM hailong.devices WHERE device_id = %(device_id)s;

-- name: all_devices
-- Every device, also the revoked ones: what the broker's rights are written from.
SELECT device_id, branch_id, counter_id, public_key, revoked_at IS NOT NULL AS revoked
FROM hailong.devices ORDER BY device_id;

-- name: devices_version
-- Changes whenever a device is enrolled, moved or revoked.
SELECT concat_ws(' ', count(*), count(revoked_at), max(enrolled_at), max(revoked_at))
FROM hailong.devices;
