-- How rules stand at each branch, the branch's budget of a day, and the decisions that both rest
-- on. All of it runs inside branches_transaction, but for what counts over the whole city.

-- name: branches
-- All there are; the names on the buildings.
SELECT branch_id FROM hailong.branches ORDER BY branch_id;

-- name: standings
-- The last entry of each version of each rule at these branches.
SELECT DISTINCT ON (s.branch_id, s.rule_id, s.rule_version)
       s.branch_id, s.rule_id, s.rule_version, s.standing_no, s.standing, s.reason, s.since,
       s.silent_until, s.seed, s.counted_from, s.decided, s.with_ground, s.founded, s.pooled, s.set_by
FROM hailong.rule_standings s
WHERE s.branch_id = ANY (hailong.visible_branches())
ORDER BY s.branch_id, s.rule_id, s.rule_version, s.standing_no DESC;

-- name: latest
-- The newest entries of a branch.
SELECT s.branch_id, s.rule_id, s.rule_version, s.standing_no, s.standing, s.reason, s.since,
       s.silent_until, s.seed, s.counted_from, s.decided, s.with_ground, s.founded, s.pooled, s.set_by
FROM hailong.rule_standings s
WHERE s.branch_id = ANY (hailong.visible_branches()) AND s.branch_id = %(branch_id)s
  AND s.reason <> 'first_use'
ORDER BY s.since DESC, s.rule_id, s.rule_version DESC, s.standing_no DESC
LIMIT %(limit)s;

-- name: add_standing
-- The next entry; none comes back where another worker has written it.
INSERT INTO hailong.rule_standings (branch_id, rule_id, rule_version, standing_no, standing,
                                    reason, since, silent_until, seed, counted_from,
                                    decided, with_ground, founded, pooled, set_by)
VALUES (%(branch_id)s, %(rule_id)s, %(rule_version)s, %(standing_no)s, %(standing)s, %(reason)s,
        %(since)s, %(silent_until)s, %(seed)s, %(counted_from)s, %(decided)s, %(with_ground)s,
        %(founded)s, %(pooled)s, %(set_by)s)
ON CONFLICT DO NOTHING
RETURNING standing_no;

-- name: visible_staff
-- Whom this transaction is limited to.
SELECT hailong.visible_staff();

-- name: tallies
-- Decisions by branch, rule and version: the latest of each flag, one flag an interaction. Bulk
-- decisions are counted apart. From the counts of decisions: `variant` is outcome, ground, rule and
-- version.
SELECT d.branch_id, d.name[3] AS rule_id, d.name[4]::integer AS rule_version,
       COALESCE(sum(d.rows) FILTER (WHERE d.name[2] <> 'bulk'), 0)::integer AS decided,
       COALESCE(sum(d.rows) FILTER (WHERE d.name[2] NOT IN ('bulk', 'none')
                                      AND d.name[1] <> 'insufficient'), 0)::integer AS with_ground,
       COALESCE(sum(d.rows) FILTER (WHERE d.name[2] NOT IN ('bulk', 'none')
                                      AND d.name[1] IN ('confirmed', 'coached')), 0)::integer
           AS founded,
       COALESCE(sum(d.rows) FILTER (WHERE d.name[2] = 'bulk'), 0)::integer AS bulk
FROM (
    SELECT p.branch_id, string_to_array(p.variant, ' ') AS name, p.rows
    FROM (SELECT x.branch_id, x.part, x.variant, sum(x.rows) AS rows
          FROM (SELECT branch_id, part, variant, rows FROM hailong.row_counts
                WHERE kept_in = 'decisions'
                UNION ALL
                SELECT branch_id, part, variant, rows FROM hailong.row_changes
                WHERE kept_in = 'decisions') x
          WHERE x.branch_id = ANY (hailong.visible_branches())
          GROUP BY x.branch_id, x.part, x.variant) p
    WHERE hailong.is_kept('decisions', p.part)) d
WHERE %(rule_id)s::text IS NULL OR d.name[3] = %(rule_id)s
GROUP BY 1, 2, 3 HAVING sum(d.rows) > 0
ORDER BY 1, 2, 3;

-- name: tallies_since
-- The same of flags raised from a time on, one by one; and of a clerk, of the own interactions:
-- nobody is told what all of a branch's were.
SELECT f.branch_id, f.rule_id, f.rule_version,
       count(*) FILTER (WHERE NOT l.bulk)::integer AS decided,
       count(*) FILTER (WHERE NOT l.bulk AND l.ground <> 'none'
                          AND l.outcome <> 'insufficient')::integer AS with_ground,
       count(*) FILTER (WHERE NOT l.bulk AND l.ground <> 'none'
                          AND l.outcome IN ('confirmed', 'coached'))::integer AS founded,
       count(*) FILTER (WHERE l.bulk)::integer AS bulk
FROM hailong.flags f
JOIN LATERAL (
    SELECT r.outcome, r.ground, r.bulk FROM hailong.reviews r
    WHERE r.branch_id = f.branch_id AND r.counter_id = f.counter_id AND r.at = f.at
      AND r.flag_id = f.flag_id
    ORDER BY r.review_no DESC LIMIT 1) l ON true
WHERE f.branch_id = ANY (hailong.visible_branches()) AND f.state = 'decided'
  AND (%(rule_id)s::text IS NULL OR f.rule_id = %(rule_id)s)
  AND (%(since)s::timestamptz IS NULL OR f.raised_at >= %(since)s)
GROUP BY f.branch_id, f.rule_id, f.rule_version
ORDER BY f.branch_id, f.rule_id, f.rule_version;

-- name: put_figure
-- Over the whole city, counted anew.
INSERT INTO hailong.rule_figures (rule_id, rule_version, decided, with_ground, founded, bulk,
                                  branches, counted_at)
VALUES (%(rule_id)s, %(rule_version)s, %(decided)s, %(with_ground)s, %(founded)s, %(bulk)s,
        %(branches)s, %(counted_at)s)
ON CONFLICT (rule_id, rule_version) DO UPDATE
SET decided = excluded.decided, with_ground = excluded.with_ground, founded = excluded.founded,
    bulk = excluded.bulk, branches = excluded.branches, counted_at = excluded.counted_at;

-- name: figures
-- What was counted over the whole city.
SELECT rule_id, rule_version, decided, with_ground, founded, bulk, branches, counted_at
FROM hailong.rule_figures ORDER BY rule_id, rule_version;

-- name: known_flags
-- Which of these flags were raised before: they stay as they were shown.
SELECT flag_id FROM hailong.flags
WHERE branch_id = %(branch_id)s AND counter_id = %(counter_id)s AND at = %(at)s
  AND flag_id = ANY (%(flag_ids)s);

-- name: lock_branch
-- One worker at a time spends a branch's budget, until its transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('hailong.review_budgets ' || %(branch_id)s, 0));

-- name: budget
-- What has been spent at these branches on a day, by rule.
SELECT branch_id, day, rule_id, used, held, trend_since, trend_reason
FROM hailong.review_budgets
WHERE branch_id = ANY (hailong.visible_branches()) AND day = %(day)s
ORDER BY branch_id, rule_id;

-- name: spend
-- One flag more: admitted, or held back as a trend. A rule that goes on as a trend does so from
-- the first time on that it was told.
INSERT INTO hailong.review_budgets AS known
    (branch_id, day, rule_id, used, held, trend_since, trend_reason)
VALUES (%(branch_id)s, %(day)s, %(rule_id)s, %(used)s, %(held)s, %(trend_since)s,
        %(trend_reason)s)
ON CONFLICT (branch_id, day, rule_id) DO UPDATE
SET used = known.used + excluded.used, held = known.held + excluded.held,
    trend_since = COALESCE(known.trend_since, excluded.trend_since),
    trend_reason = COALESCE(known.trend_reason, excluded.trend_reason);

-- name: raised
-- What each version of each rule has raised at these branches since a time, by how it was shown.
SELECT f.branch_id, f.rule_id, f.rule_version,
       count(*)::integer AS raised,
       count(*) FILTER (WHERE f.held IS NULL)::integer AS shown,
       count(*) FILTER (WHERE f.held = 'budget')::integer AS over_budget,
       count(*) FILTER (WHERE f.sampled)::integer AS sampled
FROM hailong.flags f
WHERE f.branch_id = ANY (hailong.visible_branches()) AND f.state <> 'withdrawn'
  AND f.at >= %(since)s
GROUP BY f.branch_id, f.rule_id, f.rule_version
ORDER BY f.branch_id, f.rule_id, f.rule_version;
