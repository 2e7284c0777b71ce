-- What is known of each stream stands in its own row, so that a confirmation and the page of
-- gaps need not count rejects and dropped rows each time.

CREATE FUNCTION hailong.cardinality(of int8multirange) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT COALESCE(sum(upper(part) - lower(part)), 0)::bigint FROM unnest(of) AS part);

ALTER TABLE hailong.streams
    ADD COLUMN rejected int8multirange NOT NULL DEFAULT '{}',
    ADD COLUMN dropped int8multirange NOT NULL DEFAULT '{}',
    ADD COLUMN first_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN captured_at timestamptz;
COMMENT ON COLUMN hailong.streams.captured_at IS 'of the newest message';

UPDATE hailong.streams s SET
    first_at = s.updated_at,
    rejected = COALESCE((
        SELECT range_agg(int8range(r.sequence, r.sequence, '[]')) FROM hailong.rejects r
        WHERE r.device_id = s.device_id AND r.stream = s.stream AND r.sequence IS NOT NULL), '{}'),
    dropped = COALESCE((
        SELECT range_agg(int8range(d.first_sequence, d.last_sequence, '[]'))
        FROM hailong.dropped d WHERE d.device_id = s.device_id AND d.stream = s.stream), '{}');

-- Hours in which messages of a stream came late (over ten minutes after what they tell of) or
-- though their sequence was settled before. An hour without either has no row.
CREATE TABLE hailong.stream_faults (
    device_id text NOT NULL REFERENCES hailong.devices,
    stream text NOT NULL,
    hour timestamptz NOT NULL,
    late bigint NOT NULL,
    doubled bigint NOT NULL,
    PRIMARY KEY (device_id, stream, hour)
);
GRANT SELECT, INSERT, UPDATE ON hailong.stream_faults TO hailong_ingest;
GRANT SELECT ON hailong.stream_faults TO hailong_app, hailong_auditor, hailong_backup;

-- Every refused message counts here; `rejects` holds single ones as far as its budget goes, so
-- that a flood fills no disk. '' is a device or branch that nobody knows.
CREATE TABLE hailong.reject_counts (
    hour timestamptz NOT NULL,
    branch_id text NOT NULL,
    device_id text NOT NULL,
    reason text NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (hour, branch_id, device_id, reason)
);
INSERT INTO hailong.reject_counts (hour, branch_id, device_id, reason, messages)
SELECT date_trunc('hour', r.received_at, 'UTC'), COALESCE(d.branch_id, ''),
       COALESCE(d.device_id, ''), r.reason, count(*)
FROM hailong.rejects r LEFT JOIN hailong.devices d ON d.device_id = r.device_id
GROUP BY 1, 2, 3, 4;

ALTER TABLE hailong.reject_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE hailong.reject_counts FORCE ROW LEVEL SECURITY;
CREATE POLICY by_branch ON hailong.reject_counts
    USING (branch_id = ANY (hailong.visible_branches()));
CREATE POLICY any_reject ON hailong.reject_counts TO hailong_ingest USING (true);
CREATE POLICY no_branch ON hailong.reject_counts FOR SELECT TO hailong_app, hailong_auditor
    USING (branch_id = '');
CREATE POLICY not_for_clerks ON hailong.reject_counts AS RESTRICTIVE TO hailong_app
    USING (hailong.visible_staff() = '*');
GRANT SELECT, INSERT, UPDATE ON hailong.reject_counts TO hailong_ingest;
GRANT SELECT ON hailong.reject_counts TO hailong_app, hailong_auditor, hailong_backup;
