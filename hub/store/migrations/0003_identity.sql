-- Enrolment by one-time tokens, through functions alone. The role hailong_identity (made by
-- hub/store/bootstrap.py) issues certificates and keeps the broker's rights; it reads devices
-- and can do nothing else.

GRANT USAGE ON SCHEMA hailong TO hailong_identity;
GRANT SELECT ON hailong.devices TO hailong_identity;
CREATE POLICY every_device ON hailong.devices FOR SELECT TO hailong_identity USING (true);

-- Of a token only the SHA-256 of its secret is kept.
CREATE TABLE hailong_private.enrolment_tokens (
    token_id text PRIMARY KEY CHECK (token_id ~ '^[0-9a-f]{16}$'),
    secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
    device_id text NOT NULL CHECK (device_id ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    branch_id text NOT NULL,
    counter_id text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    -- The key it was used with: the same device may ask again when the answer was lost.
    used_key bytea CHECK (octet_length(used_key) = 32),
    FOREIGN KEY (branch_id, counter_id) REFERENCES hailong.counters,
    CHECK ((used_at IS NULL) = (used_key IS NULL))
);
CREATE INDEX enrolment_tokens_device ON hailong_private.enrolment_tokens (device_id);

-- Enrols a token's device with its key, once. The outcome is 'enrolled' or why not. Digests are
-- compared, so the time that takes says nothing of the secret.
CREATE FUNCTION hailong.redeem_enrolment(
    the_token text, the_secret_sha256 bytea, the_device text, the_key bytea,
    OUT outcome text, OUT branch_id text, OUT counter_id text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    token hailong_private.enrolment_tokens;
    device hailong.devices;
BEGIN
    SELECT * INTO token FROM hailong_private.enrolment_tokens t WHERE t.token_id = the_token FOR UPDATE;
    IF NOT FOUND OR token.secret_sha256 <> the_secret_sha256 THEN
        outcome := 'token_unknown';
        RETURN;
    END IF;
    IF token.device_id <> the_device THEN
        outcome := 'token_other_device';
        RETURN;
    END IF;
    SELECT * INTO device FROM hailong.devices d WHERE d.device_id = the_device FOR UPDATE;
    IF device.revoked_at > token.made_at
        OR device.revoked_at IS NOT NULL AND token.used_at IS NOT NULL THEN
        outcome := 'device_revoked';
    ELSIF token.expires_at <= now() THEN
        outcome := 'token_expired';
    ELSIF token.used_key <> the_key THEN
        outcome := 'token_used';
    ELSIF device.revoked_at IS NOT NULL AND device.public_key = the_key THEN
        outcome := 'key_revoked';
    ELSIF device.revoked_at IS NULL AND device.public_key <> the_key THEN
        outcome := 'device_has_other_key';
    ELSE
        IF token.used_at IS NULL THEN
            INSERT INTO hailong.devices (device_id, branch_id, counter_id, public_key)
            VALUES (the_device, token.branch_id, token.counter_id, the_key)
            ON CONFLICT (device_id) DO UPDATE SET
                branch_id = excluded.branch_id, counter_id = excluded.counter_id,
                public_key = excluded.public_key, revoked_at = NULL, enrolled_at = now();
            UPDATE hailong_private.enrolment_tokens t SET used_at = now(), used_key = the_key
            WHERE t.token_id = the_token;
        END IF;
        outcome := 'enrolled';
        SELECT d.branch_id, d.counter_id INTO branch_id, counter_id
        FROM hailong.devices d WHERE d.device_id = the_device;
    END IF;
END $$;
REVOKE ALL ON FUNCTION hailong.redeem_enrolment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.redeem_enrolment TO hailong_identity;
