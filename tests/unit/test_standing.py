"""Which release a device runs: no order of events brings back one that was refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.remote.memory import Memory
from edge_agent.remote.standing import MOST_STARTS, Standing
from schemas.vocabulary import ConfigFault, ConfigState

FAULT = ConfigFault.MODEL


INSTALLED = Standing()


def running(version: int, standing: Standing = INSTALLED) -> Standing:
    return standing.want(version).accept(version).begin()


def test_a_release_is_wanted_tried_used_and_good():
    wanted = Standing().want(3)
    assert (wanted.in_use, wanted.due) == (0, False)
    assert wanted.health().state is ConfigState.PENDING
    checked = wanted.accept(3)
    assert (checked.in_use, checked.due) == (0, True)
    trial = checked.begin()
    assert (trial.in_use, trial.good, trial.due) == (3, 0, False)
    assert trial.health().state is ConfigState.PENDING
    good = trial.survived()
    assert (good.in_use, good.good, good.trial) == (3, 3, None)
    assert good.health().model_dump() == {
        "version": 3,
        "wanted": 3,
        "state": ConfigState.OK,
        "reason": None,
    }


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_version_that_was_seen_or_an_older_one_changes_nothing(version):
    standing = running(3).survived()
    assert standing.want(version) is standing


def test_one_that_fails_its_check_is_never_used():
    refused = running(1).survived().want(2).refuse(2, FAULT)
    assert refused.begin().in_use == 1
    health = refused.health()
    assert (health.version, health.wanted, health.state) == (1, 2, ConfigState.FAILED)
    assert health.reason is FAULT
    assert refused.accept(2) is refused


def test_starts_that_end_without_being_asked_to_take_it_back():
    standing = running(2, running(1).survived())
    for _ in range(MOST_STARTS - 1):
        assert standing.in_use == 2
        standing = standing.begin()
    back = standing.begin()
    assert back.in_use == 1
    assert back.health().state is ConfigState.ROLLED_BACK
    assert back.health().reason is ConfigFault.CRASHED
    assert back.want(2) is back
    assert running(3, back).in_use == 3


def test_orderly_ends_are_no_crashes():
    standing = running(1)
    for _ in range(3 * MOST_STARTS):
        standing = standing.ended().begin()
    assert standing.in_use == 1


def test_going_back_from_a_good_one_leads_to_the_one_before_and_no_further():
    standing = running(2, running(1).survived()).survived()
    back = standing.roll_back(ConfigFault.COMMANDED)
    assert (back.in_use, back.refused.version) == (1, 2)
    installed = back.roll_back(ConfigFault.COMMANDED)
    assert installed.in_use == 0
    assert installed.roll_back(ConfigFault.COMMANDED) is installed


def test_a_newer_one_on_trial_does_not_make_the_older_trial_good():
    standing = running(2, running(1))
    assert (standing.in_use, standing.good) == (2, 0)
    assert standing.roll_back(FAULT).in_use == 0


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.integers(1, 6)),
        st.tuples(st.just("accept"), st.integers(1, 6)),
        st.tuples(st.just("refuse"), st.integers(1, 6)),
        st.tuples(st.sampled_from(["begin", "ended", "survived", "roll_back"]), st.just(0)),
    ),
    max_size=40,
)


def after(standing: Standing, event: str, version: int) -> Standing:
    match event:
        case "want":
            return standing.want(version)
        case "accept":
            return standing.accept(version)
        case "refuse":
            return standing.refuse(version, FAULT)
        case "roll_back":
            return standing.roll_back(ConfigFault.MODELS_FAILED)
        case _:
            return getattr(standing, event)()


@given(EVENTS)
def test_whatever_happens_in_whatever_order(events):
    standing = Standing()
    wanted, accepted, out = set(), set(), set()
    for event, version in events:
        before = standing
        standing = after(standing, event, version)
        # The same from disk, at every moment.
        assert Standing.model_validate_json(standing.model_dump_json()) == standing
        if event == "want":
            wanted.add(version)
        if event == "accept" and before.wanted == version:
            accepted.add(version)
        if standing.refused is not None and standing.refused != before.refused:
            out.add(standing.refused.version)
        assert standing.seen == max(before.seen, standing.seen)
        assert standing.in_use == 0 or standing.in_use in accepted
        assert standing.in_use not in out
        assert standing.good not in out
        assert standing.good <= standing.seen
        assert standing.trial is None or standing.trial.starts <= MOST_STARTS
        # What runs changes by a start or by going back, never by what comes.
        if event in ("want", "accept", "refuse", "ended", "survived"):
            assert standing.in_use == before.in_use
        assert standing.in_use in standing.kept or standing.in_use == 0
        health = standing.health()
        assert (
            health.state is not ConfigState.OK
            or health.version == health.wanted
            or (standing.seen == 0)
        )


def test_memory_keeps_both_and_puts_a_damaged_file_aside(tmp_path, caplog):
    path = tmp_path / "standing.json"
    memory = Memory.open(path)
    assert not path.exists()
    memory.stand(lambda s: s.want(5))
    assert Memory.open(path).standing.seen == 5
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text()[:-9])
    assert Memory.open(path).standing == Standing()
    assert path.with_suffix(".damaged").exists()
    assert "put aside" in caplog.text
