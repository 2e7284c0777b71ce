"""A branch-day simulated: 900 interactions, 36,000 turns, and what a supervisor would be shown.

    python -m benchmarks.judge.day [--days 20] [--first 2000] [--trials 45]

Talks of DOMAIN's phrases and traps go through the transcriber's mistakes (misreads.py), the agent's
own stages of words and measuring and the hub's rules. A flag is true where its kind was planted;
every other one is false, also where what looks like misconduct are facts and not words. The whole
run is about ten CPU-minutes and writes benchmarks/results/judge-day.json; a shorter one writes
nothing.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from benchmarks.judge import day_figures
from benchmarks.judge.day_figures import Day, Raised
from benchmarks.judge.day_plan import A_DAY, BY_WORDS, Planned, plan, trial
from benchmarks.judge.day_stay import Counter
from benchmarks.judge.day_talk import REGIONS, ordinary_phrases
from benchmarks.judge.misreads import Misreader, sample
from benchmarks.machine import Figure, describe, result, show, write
from hub.scoring.budget import DayBudget, Weakness
from hub.scoring.facts import Facts
from hub.scoring.flag import Flag, flags
from hub.scoring.rules import Rule, packaged_rules
from schemas.interaction import InteractionPayload

DAYS, FIRST, TRIALS = 20, 2000, 45
"""Seeds under FIRST are for trying changes; figures are of days that no change was made for."""
PUBLISHED_SHARE = 8.5 / 36.0
"""Errors of a transcriber at the published word error rate of PhoWhisper base (8.5 %, VIVOS),
beside those of Whisper base on our clips of the same corpus."""
EXPECTED: Mapping[str, frozenset[str]] = {
    "may_tao": frozenset({"may_tao_address"}),
    "abuse": frozenset({"abusive_language_staff"}),
    "disrespect": frozenset({"abusive_language_staff"}),
    "abuse_loud": frozenset({"abusive_and_raised_staff"}),
    "money": frozenset({"money_hint"}),
    "missing": frozenset({"sent_away_without_list"}),
    "citizen_abuse": frozenset({"abuse_by_citizen"}),
}
"""The rule that must find what was planted; a kind that is not named has its rule's name."""
ALSO: Mapping[str, frozenset[str]] = {
    "abuse": frozenset({"may_tao_address", "abusive_and_raised_staff"}),
    "may_tao": frozenset({"abusive_language_staff", "abusive_and_raised_staff"}),
    "disrespect": frozenset({"may_tao_address"}),
    "abuse_loud": frozenset({"abusive_language_staff", "may_tao_address"}),
    "missing": frozenset({"no_dossier_no_slip"}),
    "escalation": frozenset({"abuse_by_citizen"}),
    "citizen_abuse": frozenset({"escalation"}),
}
"""What may rightly be flagged beside."""


def run_day(seed: int, counter: Counter, share: float = 1.0) -> Day:
    return _judged(plan(seed, share), seed, counter)


def run_trials(kind: str, region: str, count: int, seed: int, counter: Counter) -> Day:
    return _judged(trial(kind, region, count, seed), seed, counter)


def _judged(plans: Sequence[Planned], seed: int, counter: Counter) -> Day:
    rules = packaged_rules()
    day = Day()
    by_id = {rule.id: rule for rule in rules}
    budget = DayBudget()
    for one in sorted(plans, key=lambda p: p.started_at):
        payload, facts = counter.play(one, seed)
        shown = shown_flags(payload, facts, rules)
        day.turns += one.turns
        day.interactions += 1
        day.by_region[one.region] += 1
        if one.planted:
            key = (one.planted, one.region, one.wording)
            day.planted[key] += 1
            day.found[key] += any(flag.rule_id in expected(one.planted) for flag in shown)
        for flag in shown:
            rule = by_id[flag.rule_id]
            day.raised.append(_raised(rule, one))
            if rule.kind == "review" and rule.reviewed == "branch":
                day.reviewed += rule.outside_budget or budget.admit(rule.id, _weakness(by_id))
    return day


def shown_flags(payload: InteractionPayload, facts: Facts, rules: Sequence[Rule]) -> list[Flag]:
    """Review flags of the whole, and live ones of it and of its last snapshot: what an alert
    showed stays in the supervisor's day.
    """
    live = [rule for rule in rules if rule.kind == "live"]
    asked = [rule for rule in rules if rule.kind in {"live", "review"}]
    snapshot = payload.model_copy(update={"open": True})
    found = [*flags(snapshot, facts, live), *flags(payload, facts, asked)]
    return list({flag.rule_id: flag for flag in found}.values())


def expected(kind: str) -> frozenset[str]:
    return EXPECTED.get(kind, frozenset({kind}))


def _raised(rule: Rule, one: Planned) -> Raised:
    kinds = expected(one.planted) | ALSO.get(one.planted, frozenset()) if one.planted else ()
    return Raised(rule.id, rule.kind, one.region, rule.id in kinds, one.look_alike == rule.id)


def _weakness(rules: Mapping[str, Rule]) -> Callable[[str], Weakness]:
    """Nothing has been decided on yet: the severity alone tells."""
    return lambda rule_id: Weakness(1.0, rules[rule_id].severity, rule_id)


def days(seeds: Iterable[int], counter: Counter) -> list[Day]:
    made = []
    for seed in seeds:
        made.append(run_day(seed, counter))
        print(f"day {seed}", file=sys.stderr, flush=True)
    return made


def trials(
    count: int, counter: Counter, seed: int = FIRST, kinds: Iterable[str] = A_DAY
) -> list[Day]:
    """A third as many of those that the feeds tell of: no word is needed to find them."""
    return [
        run_trials(kind, region, count if kind in BY_WORDS else count // 3, seed, counter)
        for kind in kinds
        for region in REGIONS
    ]


def measure(
    day_count: int = DAYS, trial_count: int = TRIALS, first: int = FIRST
) -> tuple[list[Figure], list[str]]:
    said = ordinary_phrases()
    shipped = Counter(Misreader(said), feels=False)
    better = Counter(Misreader(said, share_of_errors=PUBLISHED_SHARE), feels=False)
    figures, notes = day_figures.figures(
        days(range(first, first + day_count), shipped),
        trials(trial_count, shipped),
        trials(trial_count, better, kinds=sorted(BY_WORDS)),
    )
    return figures, [sample(), *notes]


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judge.day", description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--first", type=int, default=FIRST, help="seed of the first day")
    parser.add_argument("--trials", type=int, default=TRIALS, help="a kind and region, for recall")
    asked = parser.parse_args(words)
    machine = describe()
    figures, notes = measure(asked.days, asked.trials, asked.first)
    if (asked.days, asked.first, asked.trials) == (DAYS, FIRST, TRIALS):
        write("judge-day", figures, machine=machine, notes=notes)
    show(result(figures, machine=machine, notes=notes))


if __name__ == "__main__":
    main(sys.argv[1:])
