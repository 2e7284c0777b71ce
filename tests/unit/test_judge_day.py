"""The simulated day is what it says, and a fiftieth of one goes through the real stages."""

import random
from collections import Counter as Counts

import pytest

from benchmarks.judge import day
from benchmarks.judge.day_figures import Day, Raised, figures, most
from benchmarks.judge.day_plan import A_DAY, COUNTERS, INTERACTIONS, TURNS, plan
from benchmarks.judge.day_stay import Counter
from benchmarks.judge.day_talk import Speakers, ordinary_phrases, phrases
from benchmarks.judge.misreads import BESIDE, Misreader
from benchmarks.judge.syllables import aligned, syllable, words
from edge_agent.categories import Lexicon
from schemas.vocabulary import Language, Role, Zone


@pytest.fixture(scope="module")
def misreader():
    return Misreader(ordinary_phrases())


@pytest.fixture(scope="module")
def exact():
    return Counter(Misreader(share_of_errors=0.0, beside_rate=0.0))


@pytest.mark.parametrize(
    "word", ["hồ", "giấy", "gì", "quyển", "nghiêng", "đủ", "buổi", "chuyện", "uống", "ghi", "khuya"]
)
def test_a_syllable_is_taken_apart_and_put_together(word):
    assert str(syllable(word)) == word


def test_what_is_no_syllable_has_no_parts():
    assert [syllable(word) for word in ("205", "zalo", "brr")] == [None] * 3


def test_a_misread_word_stands_beside_the_one_it_sounds_like():
    said, heard = words("hồ sơ đã đủ rồi bác"), words("đồ sơ đã rồi bát ạ")
    assert list(aligned(said, heard)) == [
        ("hồ", "đồ"),
        ("sơ", "sơ"),
        ("đã", "đã"),
        ("đủ", None),
        ("rồi", "rồi"),
        ("bác", "bát"),
        (None, "ạ"),
    ]


def test_as_many_words_are_wrong_as_were_counted(misreader):
    chance = random.Random(1)
    said = words("hồ sơ của bác cháu chuyển lên bộ phận một cửa của phường")
    wrong = total = 0
    for _ in range(300):
        heard = misreader.read(" ".join(said), chance, "north")
        if heard is None:
            continue
        wrong += sum(one != other for one, other in aligned(said, words(heard.text)) if one)
        total += len(said)
        assert 0.4 <= heard.confidence <= 0.84
    assert 0.3 < wrong / total < 0.42


def test_the_same_seed_reads_the_same(misreader):
    def read():
        chance = random.Random(5)
        return [misreader.read("các giấy tờ này đã đủ", chance, "south") for _ in range(20)]

    assert read() == read()


def test_a_perfect_transcriber_changes_nothing():
    perfect = Misreader(share_of_errors=0.0, beside_rate=0.0)
    heard = perfect.read("Dạ, vâng ạ", random.Random(1), "centre")
    assert (heard.text, heard.confidence, heard.language) == ("dạ vâng ạ", 1, Language.VIETNAMESE)


def test_words_beside_accusing_ones_become_them():
    always = Misreader(beside_rate=1.0)
    heard = always.read("mấy hồ sơ đủ", random.Random(2), "north")
    assert {"mày", "đồ", "đụ"} <= set(words(heard.text))
    assert all(syllable(word) and syllable(other) for word, other in BESIDE.items())


def test_a_day_has_its_counters_stays_and_turns():
    stays = plan(3)
    assert len(stays) == INTERACTIONS
    assert sum(stay.turns for stay in stays) == TURNS
    assert {stay.counter for stay in stays} == set(range(37))
    assert len(COUNTERS) == 37
    assert plan(3) == stays != plan(4)


def test_as_much_is_planted_as_is_said():
    planted = Counts(stay.planted for seed in range(60) for stay in plan(seed) if stay.planted)
    assert planted.keys() == A_DAY.keys()
    assert sum(planted.values()) / 60 == pytest.approx(sum(A_DAY.values()), rel=0.15)
    assert all(
        stay.zone is Zone.INTAKE
        for seed in range(20)
        for stay in plan(seed)
        if stay.planted == "missing"
    )


def test_no_ordinary_phrase_accuses_anybody():
    lexicon = Lexicon.load()
    accusing = {
        "abusive",
        "citizen_abuse",
        "may_tao",
        "money_hint",
        "broker",
        "off_channel",
        "escalation",
    }
    for region in ("north", "centre", "south"):
        speakers = Speakers(region, random.Random(region))
        for role, side in ((Role.STAFF, "staff"), (Role.CITIZEN, "citizen")):
            acts = [text for act in phrases()[side].values() for text in act]
            for text in [
                *acts,
                *phrases()["traps"][side]["domain"],
                *phrases()["traps"][side]["new"],
            ]:
                filled = speakers.filled(text)
                hits = {h.category for h in lexicon.match(filled, role, Language.VIETNAMESE)}
                assert not hits & accusing, filled


def test_what_is_planted_is_found_where_every_word_is_heard(exact):
    """Of the words that are listed: what others escape the lists is a figure, not a test."""
    found = Counts()
    for kind in ("may_tao", "abuse", "money", "missing", "escalation", "served_out_of_turn"):
        one = day.run_trials(kind, "north", 8, 7, exact)
        found[kind] = sum(count for key, count in one.found.items() if key[2] == "listed")
        assert sum(count for key, count in one.planted.items() if key[2] == "listed") == 4
    assert all(count >= 3 for count in found.values()), found


def test_a_fiftieth_of_a_day(misreader):
    found = day.run_day(12, Counter(misreader), share=0.02)
    assert (found.interactions, found.turns) == (18, 720)
    # A day may have 1.7 false flags: three in a fiftieth of one come less than once in 100,000.
    assert found.count(lambda one: not one.true) < 3
    assert found.reviewed <= found.count(lambda one: one.kind == "review")


def test_figures_tell_true_from_false_and_state_their_bounds():
    one = Day(turns=36_000, interactions=900, reviewed=1)
    one.by_region["north"] = 900
    one.raised = [
        Raised("money_hint", "review", "north", true=True, look_alike=False),
        Raised("abuse_by_citizen", "live", "north", true=False, look_alike=False),
    ]
    one.planted[("money", "north", "own")] = 2
    one.found[("money", "north", "own")] = 1
    made, notes = figures([one, one], [one], [one])
    by_name = {figure.name: figure for figure in made}
    assert by_name["false flags a day, review and live"].value == 1
    assert by_name["false abuse flags in 2 days"].value == 2
    assert by_name["false money flags in 2 days"].met
    assert by_name["false abuse flags, 95 % upper bound"].value == pytest.approx(
        most(2) / 0.72, rel=1e-6
    )
    assert by_name["recall: money"].value == 0.5
    assert any("abuse_by_citizen 2" in note for note in notes)


@pytest.mark.parametrize(("events", "bound"), [(0, 2.996), (1, 4.744), (5, 10.513)])
def test_upper_bounds_of_counts(events, bound):
    assert most(events) == pytest.approx(bound, abs=0.001)
