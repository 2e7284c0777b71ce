-- What a backup and a restore ask of the database beside pg_dump and pg_restore.

-- name: begin_snapshot
-- The state that the counts and pg_dump both see.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: hold
-- It lasts as long as pg_dump does.
SET LOCAL idle_in_transaction_session_timeout = 0;

-- name: patient
-- Counting a big table takes its time.
SET LOCAL statement_timeout = 0;

-- name: export_snapshot
-- Its name, for pg_dump.
SELECT pg_export_snapshot();

-- name: knows_erasures
-- Not before the migration that brought backups.
SELECT to_regclass('hailong.erased') IS NOT NULL;

-- name: applied
-- Which migrations made this schema.
SELECT name, sha256 FROM public.hailong_migrations ORDER BY name;

-- name: erased
-- How far the erasure list was applied.
SELECT COALESCE(max(entry_no), 0) FROM hailong.erased;

-- name: tables
-- Tables whose rows a backup holds. Sessions are left out: nobody is signed in after a restore.
SELECT n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname IN ('hailong', 'hailong_private')
  AND (n.nspname, c.relname) <> ('hailong', 'sessions')
ORDER BY 1, 2;

-- name: occupied
-- What stands in the way of a restore.
SELECT n.nspname || COALESCE('.' || c.relname, '')
FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
WHERE n.nspname IN ('hailong', 'hailong_private') OR (n.nspname = 'public' AND c.oid IS NOT NULL)
ORDER BY 1 LIMIT 1;

-- name: create_restores
-- Made before the first row comes, so that a restore that was killed is known as one.
CREATE TABLE public.hailong_restores (
    backup text PRIMARY KEY,
    restored_at timestamptz NOT NULL DEFAULT now(),
    erasures_needed bigint NOT NULL,
    erasures_head text NOT NULL,
    erasures_replayed_at timestamptz
);

-- name: grant_restores
-- Ingest asks before it opens.
GRANT SELECT ON public.hailong_restores TO hailong_ingest, hailong_backup;

-- name: mark_restored
-- From now on ingest stays shut until the erasures were replayed.
INSERT INTO public.hailong_restores (backup, erasures_needed, erasures_head)
VALUES (%(backup)s, %(entries)s, %(sha256)s);

-- name: has_restores
-- Whether this database was ever restored.
SELECT to_regclass('public.hailong_restores') IS NOT NULL;

-- name: pending
-- Restores whose erasures were not replayed, with what the backup knew of the list.
SELECT backup, erasures_needed, erasures_head FROM public.hailong_restores
WHERE erasures_replayed_at IS NULL;

-- name: mark_replayed
-- Ingest may open.
UPDATE public.hailong_restores SET erasures_replayed_at = now()
WHERE erasures_replayed_at IS NULL;
