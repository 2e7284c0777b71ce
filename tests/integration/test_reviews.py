"""Decisions on a real database: who may, in which order, and what a rule's precision says."""

import threading
from uuid import UUID, uuid4

import pytest

from hub.casework.errors import (
    CaseworkError,
    DecisionConflictError,
    DecisionInvalidError,
    DecisionNotAllowedError,
    FlagNotFoundError,
    FlagWithdrawnError,
)
from hub.casework.precision import NOTHING_DECIDED, precision, precisions, wilson
from hub.casework.reviews import Ground, Outcome, decide, history
from tests.builders import hit, interaction_payload, turn
from tests.stored import arrive, make_worker

pytestmark = pytest.mark.integration
RULE = "abusive_language_staff"


@pytest.fixture
def app(hub_db):
    return hub_db.open("app")


@pytest.fixture
def user(hub_db, branch):
    """Makes a person: `user()` a supervisor of the branch, else of the role and branch given."""

    def make(role="supervisor", of=branch) -> UUID:
        staff = None
        if role == "clerk":
            staff = f"cb-{uuid4().hex[:6]}"
            hub_db.rows("INSERT INTO hailong.staff VALUES (%s, %s)", staff, of)
        made: UUID = hub_db.value(
            "INSERT INTO hailong.users (login, password_hash, role, staff_id)"
            " VALUES (%s, '-', %s, %s) RETURNING user_id",
            f"u-{uuid4().hex[:8]}",
            role,
            staff,
        )
        hub_db.rows("INSERT INTO hailong.user_branches VALUES (%s, %s)", made, of)
        return made

    return make


@pytest.fixture
def raise_flags(hub_db, sender):
    """As many flags of the rule, one an interaction."""

    def make(count=1) -> list[UUID]:
        rude = [interaction_payload(turns=(turn(hits=(hit("abusive"),)),)) for _ in range(count)]
        arrive(hub_db.open("ingest"), sender, *rude)
        make_worker(hub_db.open("worker")).run_once()
        ids = [payload.interaction_id for payload in rude]
        query = "SELECT flag_id FROM hailong.flags WHERE interaction_id = ANY (%s) ORDER BY flag_id"
        return [row[0] for row in hub_db.rows(query, ids)]

    return make


def test_a_decision_is_kept_with_its_ground_and_takes_the_flag_out_of_the_queue(
    hub_db, app, branch, user, raise_flags
):
    (flag,), by = raise_flags(), user()
    with app.branches_transaction([branch]) as connection:
        made = decide(
            connection,
            flag,
            outcome="confirmed",
            ground=Ground.CLERK_AGREES,
            by=by,
            expected_review_no=0,
        )
    assert (made.review_no, made.outcome, made.ground) == (1, "confirmed", "clerk_agrees")
    assert hub_db.value("SELECT state FROM hailong.flags") == "decided"
    with app.branches_transaction([branch]) as connection:
        assert history(connection, flag) == [made]


def test_a_further_decision_stands_beside_the_first(app, branch, user, raise_flags):
    (flag,), by = raise_flags(), user()
    for number, outcome in enumerate(("dismissed", "coached")):
        with app.branches_transaction([branch]) as connection:
            decide(
                connection,
                flag,
                outcome=outcome,
                ground="eyewitness",
                by=by,
                expected_review_no=number,
            )
    with app.branches_transaction([branch]) as connection:
        assert [(r.review_no, r.outcome) for r in history(connection, flag)] == [
            (1, "dismissed"),
            (2, "coached"),
        ]
        assert precision(connection, RULE).value == 1.0


def test_who_decides_on_what_has_been_decided_meanwhile_is_told(
    hub_db, app, branch, user, raise_flags
):
    (flag,) = raise_flags()
    with app.branches_transaction([branch]) as connection:
        decide(
            connection, flag, outcome="dismissed", ground="none", by=user(), expected_review_no=0
        )
    with (
        pytest.raises(DecisionConflictError, match="someone else decided meanwhile"),
        app.branches_transaction([branch]) as connection,
    ):
        decide(
            connection, flag, outcome="confirmed", ground="none", by=user(), expected_review_no=0
        )
    assert hub_db.rows("SELECT review_no, outcome FROM hailong.reviews") == [(1, "dismissed")]


def test_of_two_at_the_same_moment_one_decides_and_one_is_told(
    hub_db, app, branch, user, raise_flags
):
    (flag,), people = raise_flags(), [user(), user()]
    start, told = threading.Barrier(2), []

    def decide_as(by):
        start.wait(10)
        try:
            with app.branches_transaction([branch]) as connection:
                decide(
                    connection,
                    flag,
                    outcome="coached",
                    ground="clerk_agrees",
                    by=by,
                    expected_review_no=0,
                )
        except CaseworkError as error:
            told.append(type(error))

    threads = [threading.Thread(target=decide_as, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert told == [DecisionConflictError]
    assert hub_db.value("SELECT count(*) FROM hailong.reviews") == 1


@pytest.mark.parametrize("role", ["qa", "privacy", "operator", "clerk"])
def test_only_supervisors_decide(hub_db, app, branch, user, raise_flags, role):
    (flag,), by = raise_flags(), user(role)
    with (
        pytest.raises(DecisionNotAllowedError, match="only a supervisor"),
        app.branches_transaction([branch]) as connection,
    ):
        decide(connection, flag, outcome="dismissed", ground="none", by=by, expected_review_no=0)
    assert hub_db.value("SELECT count(*) FROM hailong.reviews") == 0
    assert hub_db.value("SELECT state FROM hailong.flags") == "open"


def test_a_clerks_transaction_decides_nothing_whoever_is_named(
    hub_db, app, branch, user, raise_flags
):
    """The database's own rule: even with a supervisor's id."""
    hub_db.rows("INSERT INTO hailong.staff VALUES ('cb-9', %s)", branch)
    (flag,), by = raise_flags(), user()
    hub_db.rows("UPDATE hailong.interactions SET staff_id = 'cb-9'")
    with (
        pytest.raises(DecisionNotAllowedError),
        app.branches_transaction([branch], staff="cb-9") as connection,
    ):
        decide(connection, flag, outcome="dismissed", ground="none", by=by, expected_review_no=0)
    assert hub_db.value("SELECT count(*) FROM hailong.reviews") == 0


def test_another_branchs_flag_is_not_there(app, user, raise_flags):
    (flag,), by = raise_flags(), user()
    with (
        pytest.raises(FlagNotFoundError),
        app.branches_transaction(["cn-khac"]) as connection,
    ):
        decide(connection, flag, outcome="confirmed", ground="none", by=by, expected_review_no=0)


def test_a_supervisor_of_another_branch_cannot_decide_even_with_the_branch_set(
    hub_db, app, branch, user, raise_flags
):
    hub_db.rows("INSERT INTO hailong.branches VALUES ('cn-khac', 'a', 'b')")
    (flag,), by = raise_flags(), user(of="cn-khac")
    with (
        pytest.raises(DecisionNotAllowedError),
        app.branches_transaction([branch]) as connection,
    ):
        decide(connection, flag, outcome="confirmed", ground="none", by=by, expected_review_no=0)


def test_what_was_withdrawn_is_not_decided(hub_db, app, branch, user, raise_flags):
    (flag,), by = raise_flags(), user()
    hub_db.rows("UPDATE hailong.flags SET state = 'withdrawn'")
    with (
        pytest.raises(FlagWithdrawnError, match="measured again"),
        app.branches_transaction([branch]) as connection,
    ):
        decide(connection, flag, outcome="confirmed", ground="none", by=by, expected_review_no=0)


@pytest.mark.parametrize(("outcome", "ground"), [("guilty", "none"), ("dismissed", "hearsay")])
def test_an_unknown_outcome_or_ground_is_refused(app, branch, user, outcome, ground):
    with (
        pytest.raises(DecisionInvalidError, match="confirmed, dismissed, insufficient, coached"),
        app.branches_transaction([branch]) as connection,
    ):
        decide(connection, uuid4(), outcome=outcome, ground=ground, by=user(), expected_review_no=0)


def test_precision_counts_what_rests_on_a_ground(app, branch, user, raise_flags):
    decisions = [
        (Outcome.CONFIRMED, Ground.CLERK_AGREES),
        (Outcome.COACHED, Ground.EYEWITNESS),
        (Outcome.DISMISSED, Ground.DOSSIER_FACT),
        (Outcome.CONFIRMED, Ground.NONE),
        (Outcome.DISMISSED, Ground.NONE),
        (Outcome.INSUFFICIENT, Ground.CCTV_REQUEST),
    ]
    flags, by = raise_flags(len(decisions) + 1), user()
    with app.branches_transaction([branch]) as connection:
        assert precision(connection, RULE) == NOTHING_DECIDED
        for flag, (outcome, ground) in zip(flags, decisions, strict=False):
            decide(connection, flag, outcome=outcome, ground=ground, by=by, expected_review_no=0)
    with app.branches_transaction([branch]) as connection:
        found = precision(connection, RULE)
        assert precisions(connection) == {RULE: found}
    assert (found.decided, found.with_ground) == (6, 3)
    assert found.value == pytest.approx(2 / 3)
    assert (found.low, found.high) == wilson(2, 3)
    assert found.unknown_share == pytest.approx(0.5)
    with app.branches_transaction(["cn-khac"]) as connection:
        assert precision(connection, RULE) == NOTHING_DECIDED


def test_without_a_ground_there_is_no_precision(app, branch, user, raise_flags):
    (flag,), by = raise_flags(), user()
    with app.branches_transaction([branch]) as connection:
        decide(connection, flag, outcome="dismissed", ground="none", by=by, expected_review_no=0)
        found = precision(connection, RULE)
    assert (found.decided, found.with_ground, found.value) == (1, 0, None)
    assert found.unknown_share == 1.0
