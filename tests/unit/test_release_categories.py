"""What an operator may name as categories of a release, and what is told of it."""

import pytest

from hub.checks.finding import Level
from hub.checks.releases import judge_releases
from hub.control.categories import loaded_needs, not_sent, read_categories, sent_again, warnings
from hub.control.making import payload
from hub.scoring.needs import needed
from hub.store.errors import ReleaseRefusedError
from hub.store.releases import NarrowedRow
from schemas.vocabulary import Category


def test_all_and_nothing_are_as_before():
    assert read_categories(None) is None
    assert read_categories("all") is None
    assert warnings(None) == []
    assert payload(1, 1, {}, ()).categories is None


def test_from_rules_is_what_this_hubs_rules_and_rubrics_read():
    made = read_categories("from-rules")
    assert made == needed(loaded_needs())
    assert Category.GREETING in made
    assert not_sent(made) == [Category.BACKCHANNEL]
    assert warnings(made) == []
    assert payload(1, 1, {}, (), made).categories == made


def test_a_list_is_sorted_and_each_counts_once():
    made = read_categories("thanks, greeting,thanks")
    assert made == ("greeting", "thanks")
    assert all(isinstance(category, Category) for category in made)


@pytest.mark.parametrize(
    "text", ["grieting", "greeting,", "", "GREETING", "greeting;thanks", "All"]
)
def test_what_is_no_category_is_told_with_what_was_expected(text):
    with pytest.raises(ReleaseRefusedError) as told:
        read_categories(text)
    assert "expected all, from-rules, or names with commas" in str(told.value)
    assert "abusive, apology, backchannel" in str(told.value)
    assert "\n" not in str(told.value)


def test_what_was_got_is_named():
    with pytest.raises(ReleaseRefusedError, match="--categories: got 'grieting'"):
        read_categories("greeting,grieting")


def test_a_warning_names_kind_and_who_needs_it_and_what_comes_of_it():
    sent = [c for c in needed(loaded_needs()) if c is not Category.GREETING]
    line, what = warnings(sent)
    assert line == (
        "greeting is not sent, and needed by rule greeting_missing, greeted of rubric advice and "
        "digitising and fee and intake and reception and result"
    )
    assert "not known" in what
    assert "--categories from-rules" in what
    assert "and 2 more" in "".join(warnings([]))


def test_what_a_release_sends_again_is_named():
    before = [NarrowedRow(3, ["abusive", "greeting"], 12), NarrowedRow(4, ["thanks"], 1)]
    assert sent_again(["greeting"], before[:1]) == []
    lines = sent_again(["greeting", "thanks"], before)
    assert [line.partition(", which")[0] for line in lines] == [
        "thanks will leave devices again; release 3",
        "greeting will leave devices again; release 4",
    ]
    (line,) = sent_again(None, before[:1])
    assert line.partition(" will")[0].split(", ") == not_sent(before[0].categories)
    assert sent_again(None, []) == []


def test_the_check_is_quiet_where_all_that_is_needed_is_sent():
    made = NarrowedRow(3, list(read_categories("from-rules")), 12)
    for rows in ([], [made]):
        (finding,) = judge_releases(rows)
        assert finding.level is Level.OK


def test_the_check_names_release_devices_kinds_and_rules():
    sent = [c for c in read_categories("from-rules") if c is not Category.ESCALATION]
    (finding,) = judge_releases([NarrowedRow(4, sent, 12)])
    assert finding.level is Level.WARN
    assert finding.words.startswith(
        "release 4 (12 devices) does not send escalation, needed by rule escalation: not known"
    )
