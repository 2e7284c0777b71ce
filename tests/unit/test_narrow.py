"""Hits of other kinds than the release names do not leave; everything else is as before."""

import pytest
from pydantic import ValidationError

from edge_agent.narrow import narrow
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Category, Role
from tests.builders import coverage, hit, interaction_payload, turn
from tests.fakes import Scene
from tests.unit.test_measure import take, words
from tests.unit.test_measure import turn as read_turn

GREETING = frozenset({Category.GREETING})


def day() -> Scene:
    scene = Scene(100)
    scene.staff_there(0, 100)
    scene.citizen_there(5, 90)
    scene.say(Role.STAFF, 6, 2, "greeting")
    scene.say(Role.STAFF, 10, 2, "explanation")
    scene.say(Role.CITIZEN, 20, 3, "sad escalation")
    scene.say(Role.STAFF, 30, 3, "abusive")
    return scene


def said(payload: InteractionPayload) -> list[Category]:
    return [h.category for t in payload.turns for h in t.hits]


def test_only_the_kinds_that_are_named_leave_and_the_message_says_which_these_were():
    (whole,) = day().run().interactions
    (narrowed,) = day().run(sent=GREETING | {Category.CLOSING}).interactions
    assert said(whole) == ["greeting", "explanation", "escalation", "abusive"]
    assert whole.coverage.categories_sent is None
    assert said(narrowed) == ["greeting"]
    assert narrowed.coverage.categories_sent == ("closing", "greeting")
    wire = narrowed.model_dump_json()
    assert not any(word in wire for word in ("explanation", "escalation", "abusive"))


def test_nothing_else_changes_to_the_byte():
    whole, narrowed = (day().run(sent=sent).drafts for sent in (None, GREETING))

    def plain(draft):
        data = draft.payload.model_dump(mode="json")
        if draft.kind == "interaction":
            data["coverage"].pop("categories_sent")
            for one in data["turns"]:
                one.pop("hits")
        return draft.kind, draft.message_id, draft.captured_at, data

    # Hits that stay on the device make no snapshots either.
    assert [plain(d) for d in narrowed if d.kind != "alert"] == [
        plain(d) for d in whole if d.kind != "alert"
    ]


def test_none_at_all_may_leave():
    (payload,) = day().run(sent=frozenset()).interactions
    assert said(payload) == []
    assert payload.coverage.categories_sent == ()


def test_an_explained_wait_excuses_its_silence_also_where_nobody_is_told_of_it():
    turns = [
        read_turn("citizen", 0, 3),
        read_turn("staff", 4, 6, words(Category.EXPLAINS_WAIT)),
        read_turn("staff", 40, 42, words(Category.HEARING_HELP), raised=[(40, 42)]),
        read_turn("citizen", 58, 60),
    ]
    told, untold = take(turns), take([*turns[:1], read_turn("staff", 4, 6), *turns[2:]])
    narrowed = narrow(told, GREETING)
    assert narrowed.measurements == told.measurements
    assert narrowed.spans == told.spans
    assert told.measurements.dead_air_s < untold.measurements.dead_air_s
    assert not any(t.hits for t in narrowed.turns)
    shares = narrowed.coverage.model_copy(update={"categories_sent": None})
    assert shares == told.coverage


def test_without_a_release_that_names_any_it_is_the_very_same():
    measured = take([read_turn("staff", 4, 6, words(Category.GREETING))])
    assert narrow(measured, None) is measured


def test_a_message_cannot_hold_what_it_says_is_not_sent():
    with pytest.raises(ValidationError, match="that categories_sent does not name"):
        interaction_payload(
            turns=(turn(hits=(hit("abusive"),)),),
            coverage=coverage(categories_sent=(Category.GREETING,)),
        )
