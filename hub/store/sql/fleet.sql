-- name: gaps
-- Streams of which something did not come as it should since a time: what is missing now, what
-- came late, twice, was refused or given up. All streams that are alive, where asked for.
SELECT * FROM (
    SELECT d.branch_id, d.counter_id, c.number, s.device_id, s.stream,
           hailong.cardinality(m.missing) AS missing,
           ARRAY(SELECT ARRAY[lower(part), upper(part) - 1] FROM unnest(m.missing) AS part
                 LIMIT 20)::int8[] AS missing_ranges,
           COALESCE(f.late, 0) AS late, COALESCE(f.doubled, 0) AS doubled,
           COALESCE(r.rejected, 0) AS rejected, COALESCE(x.dropped, 0) AS dropped,
           hailong.cardinality(s.settled) AS settled, s.captured_at, s.updated_at
    FROM hailong.streams s
    JOIN hailong.devices d ON d.device_id = s.device_id
    LEFT JOIN hailong.counters c ON c.branch_id = d.branch_id AND c.counter_id = d.counter_id
    CROSS JOIN LATERAL (
        SELECT int8multirange(int8range(1, upper(s.settled))) - s.settled AS missing) m
    LEFT JOIN LATERAL (
        SELECT sum(late)::bigint AS late, sum(doubled)::bigint AS doubled
        FROM hailong.stream_faults f
        WHERE f.device_id = s.device_id AND f.stream = s.stream AND f.hour >= %(since)s) f ON true
    LEFT JOIN LATERAL (
        SELECT count(DISTINCT r.sequence) AS rejected FROM hailong.rejects r
        WHERE r.device_id = s.device_id AND r.stream = s.stream AND r.sequence IS NOT NULL
          AND r.received_at >= %(since)s) r ON true
    LEFT JOIN LATERAL (
        SELECT sum(last_sequence - first_sequence + 1)::bigint AS dropped FROM hailong.dropped x
        WHERE x.device_id = s.device_id AND x.stream = s.stream
          AND x.received_at >= %(since)s) x ON true
    WHERE s.updated_at >= %(since)s OR NOT isempty(m.missing)
) g
WHERE %(whole)s OR missing > 0 OR late > 0 OR doubled > 0 OR rejected > 0 OR dropped > 0
ORDER BY missing DESC, dropped DESC, rejected DESC, late DESC, doubled DESC, branch_id,
         counter_id, device_id, stream
LIMIT %(limit)s;

-- name: refused
-- Refused messages since a time, by device and reason; '' is a device that nobody knows.
SELECT branch_id, device_id, reason, sum(messages)::bigint AS messages
FROM hailong.reject_counts
WHERE hour >= %(since)s
GROUP BY branch_id, device_id, reason
ORDER BY messages DESC, branch_id, device_id, reason
LIMIT %(limit)s;
