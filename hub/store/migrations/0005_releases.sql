-- Releases: what devices are to run, in which stages it reaches them, and what is asked of
-- them once. Needs the cluster role hailong_control, which hub/store/bootstrap.py makes.

GRANT USAGE ON SCHEMA hailong TO hailong_control;

-- What there is to run -----------------------------------------------------------------

-- The bytes lie on the hub's disk under their sha256.
CREATE TABLE hailong.files (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint NOT NULL CHECK (bytes > 0),
    added_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hailong.releases (
    release_no bigint PRIMARY KEY CHECK (release_no >= 1),
    settings jsonb NOT NULL,
    made_by text NOT NULL CHECK (made_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE hailong.release_files (
    release_no bigint NOT NULL REFERENCES hailong.releases,
    kind text NOT NULL CHECK (kind IN ('lexicon', 'model')),
    name text NOT NULL CHECK (name ~ '^[a-z_]{1,40}$'),
    sha256 text NOT NULL REFERENCES hailong.files,
    PRIMARY KEY (release_no, kind, name)
);

CREATE FUNCTION hailong.refuse_release_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: make another release', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- How it reaches devices ---------------------------------------------------------------

-- From one counter to its branch to all.
CREATE TABLE hailong.rollouts (
    rollout_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_no bigint NOT NULL REFERENCES hailong.releases,
    first_branch text NOT NULL,
    first_counter text NOT NULL,
    stage text NOT NULL DEFAULT 'counter' CHECK (stage IN ('counter', 'branch', 'all')),
    paused boolean NOT NULL DEFAULT false,
    -- NULL: it goes on, and reaches devices that are enrolled later, too.
    ended text CHECK (ended IN ('replaced', 'back')),
    FOREIGN KEY (first_branch, first_counter) REFERENCES hailong.counters
);
CREATE UNIQUE INDEX rollouts_one_goes_on ON hailong.rollouts ((true)) WHERE ended IS NULL;

-- Who took which step when; nothing here is ever changed.
CREATE TABLE hailong.rollout_steps (
    rollout_no bigint NOT NULL REFERENCES hailong.rollouts,
    step_no integer NOT NULL CHECK (step_no >= 1),
    step text NOT NULL CHECK (step IN ('start', 'widen', 'pause', 'resume', 'back', 'replaced')),
    stage text NOT NULL,
    despite_failures boolean NOT NULL,
    taken_by text NOT NULL CHECK (taken_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    taken_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (rollout_no, step_no)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['files', 'releases', 'release_files', 'rollout_steps'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %1$s_never_change BEFORE UPDATE OR DELETE ON hailong.%1$I '
            'FOR EACH ROW EXECUTE FUNCTION hailong.refuse_release_change()', name);
        EXECUTE format(
            'CREATE TRIGGER %1$s_no_truncate BEFORE TRUNCATE ON hailong.%1$I '
            'FOR EACH STATEMENT EXECUTE FUNCTION hailong.refuse_release_change()', name);
    END LOOP;
END $$;

-- What each device was told to run. The highest version is what it is to run now.
CREATE TABLE hailong.device_configs (
    device_id text NOT NULL REFERENCES hailong.devices,
    version bigint NOT NULL CHECK (version >= 1),
    -- NULL: as it was installed.
    release_no bigint REFERENCES hailong.releases,
    rollout_no bigint REFERENCES hailong.rollouts,
    wanted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, version)
);
CREATE INDEX device_configs_by_rollout ON hailong.device_configs (rollout_no);

-- Asked of a device once.
CREATE TABLE hailong.commands (
    command_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id text NOT NULL REFERENCES hailong.devices,
    command text NOT NULL CHECK (command IN
        ('resend', 'restart', 'self_test', 'renew_certificate', 'roll_back')),
    stream text CHECK (stream ~ '^[0-9a-f]{32}$'),
    first_sequence bigint,
    last_sequence bigint,
    asked_by text NOT NULL CHECK (asked_by ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    asked_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('done', 'failed', 'expired', 'unsupported', 'interrupted')),
    outcome_at timestamptz,
    CHECK ((command = 'resend') = (stream IS NOT NULL)),
    CHECK ((stream IS NULL) = (first_sequence IS NULL) AND (stream IS NULL) = (last_sequence IS NULL)),
    CHECK (first_sequence <= last_sequence),
    CHECK (expires_at <= asked_at + interval '7 days')
);
CREATE INDEX commands_open ON hailong.commands (expires_at) WHERE outcome IS NULL;

-- A device asks for a file: its key, and the file's size where the release that it is to run
-- names the file. Sees past row security, and tells no more than this.
CREATE FUNCTION hailong.file_for_device(
    asking text, wanted text, OUT public_key bytea, OUT revoked boolean, OUT bytes bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.public_key, d.revoked_at IS NOT NULL, (
        SELECT f.bytes FROM hailong.release_files r JOIN hailong.files f ON f.sha256 = r.sha256
        WHERE r.sha256 = wanted AND r.release_no = (
            SELECT c.release_no FROM hailong.device_configs c
            WHERE c.device_id = d.device_id ORDER BY c.version DESC LIMIT 1)
        LIMIT 1)
    FROM hailong.devices d WHERE d.device_id = asking
$$;
REVOKE ALL ON FUNCTION hailong.file_for_device FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hailong.file_for_device TO hailong_app;

-- Who may see and do what --------------------------------------------------------------

-- The control service knows every device, and of it what a message needs.
CREATE POLICY any_device_for_control ON hailong.devices FOR SELECT TO hailong_control USING (true);
CREATE POLICY any_status_for_control ON hailong.device_status FOR SELECT TO hailong_control
    USING (true);
GRANT SELECT (device_id, branch_id, counter_id, revoked_at) ON hailong.devices TO hailong_control;
GRANT SELECT (device_id, status, health, health_at) ON hailong.device_status TO hailong_control;
GRANT SELECT ON hailong.files, hailong.releases, hailong.release_files, hailong.rollouts,
    hailong.device_configs, hailong.commands TO hailong_control;
GRANT INSERT ON hailong.device_configs TO hailong_control;

-- People see what their own branches' devices are to run.
ALTER TABLE hailong.device_configs ENABLE ROW LEVEL SECURITY;
ALTER TABLE hailong.device_configs FORCE ROW LEVEL SECURITY;
CREATE POLICY of_visible_devices ON hailong.device_configs FOR SELECT TO hailong_app
    USING (EXISTS (SELECT FROM hailong.devices d WHERE d.device_id = device_configs.device_id));
CREATE POLICY any_config_for_control ON hailong.device_configs TO hailong_control USING (true);
GRANT SELECT ON hailong.device_configs TO hailong_app;

-- A release is the whole city's: who tells devices of it and who audits it see all of it. A
-- command is a device's.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['files', 'releases', 'release_files', 'rollouts', 'rollout_steps',
                                'commands'] LOOP
        EXECUTE format('ALTER TABLE hailong.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE hailong.%I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['files', 'releases', 'release_files', 'rollouts', 'commands'] LOOP
        EXECUTE format('CREATE POLICY any_for_control ON hailong.%I FOR SELECT TO hailong_control '
                       'USING (true)', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['releases', 'release_files', 'rollouts', 'rollout_steps'] LOOP
        EXECUTE format('CREATE POLICY any_for_auditor ON hailong.%I FOR SELECT TO hailong_auditor '
                       'USING (true)', name);
    END LOOP;
END $$;
CREATE POLICY by_device ON hailong.commands TO hailong_ingest, hailong_auditor
    USING (EXISTS (SELECT FROM hailong.devices d WHERE d.device_id = commands.device_id
                   AND d.branch_id = ANY (hailong.visible_branches())));

-- Ingest notes what came of a command.
GRANT SELECT (command_id, device_id, outcome) ON hailong.commands TO hailong_ingest;
GRANT UPDATE (outcome, outcome_at) ON hailong.commands TO hailong_ingest;

GRANT SELECT ON hailong.releases, hailong.release_files, hailong.rollouts, hailong.rollout_steps,
    hailong.commands TO hailong_auditor;
