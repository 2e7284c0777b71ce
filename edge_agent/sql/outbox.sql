-- One outbox file. Sequences of `streams` are never used twice, whatever leaves `rows`.

CREATE TABLE about (
    device_id TEXT NOT NULL,
    -- One of the device's topics: rows are signed for these.
    topic TEXT NOT NULL,
    stream_no INTEGER NOT NULL REFERENCES streams
);

-- This file's own stream, and those out of damaged files, which only drain.
CREATE TABLE streams (
    stream_no INTEGER PRIMARY KEY,
    stream TEXT NOT NULL UNIQUE,
    next_sequence INTEGER NOT NULL
);

CREATE TABLE rows (
    row_id INTEGER PRIMARY KEY,
    stream_no INTEGER NOT NULL REFERENCES streams,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message_id BLOB NOT NULL,
    -- Seconds of activity that the row tells of.
    activity_s REAL NOT NULL,
    added_at REAL NOT NULL,
    -- NULL until the hub has settled the row.
    settled_at REAL,
    -- Sealed and signed once; each sending is these bytes.
    message BLOB NOT NULL,
    UNIQUE (stream_no, sequence)
);
CREATE INDEX rows_waiting ON rows (row_id) WHERE settled_at IS NULL;
CREATE INDEX rows_settled ON rows (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX rows_droppable ON rows (kind, row_id) WHERE settled_at IS NULL;

-- Outlives its row, so that the same media measured again adds nothing.
CREATE TABLE message_ids (
    message_id BLOB PRIMARY KEY,
    captured_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX message_ids_captured ON message_ids (captured_at);

CREATE TABLE dead_letters (
    stream_no INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    rejected_at REAL NOT NULL,
    PRIMARY KEY (stream_no, sequence)
) WITHOUT ROWID;

-- Sequences that are gone unsettled, and the `dropped` row that tells the hub so.
CREATE TABLE drops (
    stream_no INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    told_by INTEGER NOT NULL REFERENCES rows ON DELETE CASCADE
);
CREATE INDEX drops_told_by ON drops (told_by);

-- Damaged files whose readable rows are already here.
CREATE TABLE salvaged (
    file TEXT PRIMARY KEY
);
