-- Row security asks for the transaction's scope once a statement, however many rows it meets.

-- Who may see which rows ---------------------------------------------------------------

-- The list of branches stood in every policy as a call, and was read from its setting anew for each
-- row: for ingest with two hundred branches in a batch the half of its cost. As a scalar
-- sub-select it is computed once. Reading compares with the array, which an index can search;
-- a row that is written is looked up in a hash of it.
DO $$
DECLARE
    policy record;
    changed text;
BEGIN
    FOR policy IN
        SELECT tablename, policyname, qual, with_check FROM pg_policies
        WHERE schemaname = 'hailong'
          AND concat(qual, ' ', with_check) ~ 'visible_(branches|staff)\(\)'
    LOOP
        changed := format('ALTER POLICY %I ON hailong.%I', policy.policyname, policy.tablename);
        IF policy.qual IS NOT NULL THEN
            changed := changed || format(' USING (%s)', replace(replace(policy.qual,
                'hailong.visible_branches()', '(SELECT hailong.visible_branches())::text[]'),
                'hailong.visible_staff()', '(SELECT hailong.visible_staff())'));
        END IF;
        IF policy.policyname = 'by_branch' THEN
            changed := changed
                || ' WITH CHECK (branch_id IN (SELECT unnest(hailong.visible_branches())))';
        ELSIF policy.with_check IS NOT NULL THEN
            changed := changed || format(' WITH CHECK (%s)', replace(policy.with_check,
                'hailong.visible_staff()', '(SELECT hailong.visible_staff())'));
        END IF;
        EXECUTE changed;
    END LOOP;
END $$;

-- A view has one condition for what is read and what is written: the hash, because ingest writes
-- more windows than anybody reads.
CREATE OR REPLACE VIEW hailong.activity WITH (security_barrier) AS
    SELECT * FROM hailong_private.activity
    WHERE branch_id IN (SELECT unnest(hailong.visible_branches()))
      AND (current_user <> 'hailong_app' OR (SELECT hailong.visible_staff()) = '*')
    WITH CASCADED CHECK OPTION;
