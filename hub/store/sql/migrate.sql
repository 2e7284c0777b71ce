-- What a plan of migrations asks of the catalog. Every name is whole: migrations run without a path.

-- name: tables
-- Tables, in which files their rows lie with all partitions, and their newest index.
SELECT c.oid, c.relnamespace::regnamespace || '.' || c.relname,
       COALESCE((SELECT pg_catalog.string_agg(l.relfilenode::text, ' ' ORDER BY l.oid)
                 FROM pg_catalog.pg_partition_tree(c.oid) t
                 JOIN pg_catalog.pg_class l ON l.oid = t.relid), c.relfilenode::text),
       COALESCE((SELECT pg_catalog.max(i.indexrelid::bigint) FROM pg_catalog.pg_index i
                 WHERE i.indrelid = c.oid), 0)
FROM pg_catalog.pg_class c
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relnamespace::regnamespace::text IN ('hailong', 'hailong_private');

-- name: can_make_partitions
-- Not before the first migration.
SELECT pg_catalog.to_regproc('hailong.ensure_partitions') IS NOT NULL;

-- name: make_partitions
-- Some for each partitioned table, so that it shows whether they are rewritten.
SELECT hailong.ensure_partitions(pg_catalog.now(), pg_catalog.now() + interval '1 day');

-- name: locks
-- What this transaction holds.
SELECT relation, mode FROM pg_catalog.pg_locks
WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted;

-- name: sizes
-- Rows and bytes with all partitions and indexes, and whether ingest writes there.
SELECT c.relnamespace::regnamespace || '.' || c.relname,
       (SELECT COALESCE(sum(GREATEST(l.reltuples, 0)), 0)::bigint
        FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class l ON l.oid = t.relid
        WHERE t.isleaf),
       (SELECT COALESCE(sum(pg_catalog.pg_total_relation_size(t.relid)), 0)::bigint
        FROM pg_catalog.pg_partition_tree(c.oid) t),
       pg_catalog.has_table_privilege('hailong_ingest', c.oid, 'INSERT')
       OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
                  JOIN pg_catalog.pg_class v ON v.oid = w.ev_class
                  WHERE d.refobjid = c.oid AND v.relkind = 'v' AND v.oid <> c.oid
                    AND pg_catalog.has_table_privilege('hailong_ingest', v.oid, 'INSERT'))
FROM pg_catalog.pg_class c
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relnamespace::regnamespace::text IN ('hailong', 'hailong_private');
