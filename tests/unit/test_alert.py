"""When an open interaction is told of, and that what is told is what the final one measures."""

import pytest

from edge_agent.alert import EVERY_S, WORDS, AlertWatch
from edge_agent.capture.frame import KeyPress
from edge_agent.interaction import Unattended
from hub.scoring.condition import Case
from hub.scoring.facts import Facts
from hub.scoring.flag import flag_id, flags
from hub.scoring.rules import packaged_rules
from schemas.vocabulary import Category, Key, Role, SpanKind, Zone
from tests.fakes import NOON, Scene


def alerts(result):
    return [d for d in result.drafts if d.kind == "alert"]


def at_s(draft):
    return (draft.captured_at - NOON).total_seconds()


def quarrel():
    scene = Scene(190)
    scene.staff_there(0, 190)
    scene.citizen_there(1, 150)
    for at in range(3, 90, 15):
        scene.say(Role.STAFF, at, 11, dbfs=-32)
    scene.say(Role.STAFF, 100, 4, dbfs=-18)
    scene.say(Role.CITIZEN, 110, 2, "escalation")
    scene.say(Role.CITIZEN, 113.5, 2, "citizen_abuse")
    return scene


def test_a_raised_voice_words_and_what_follows_within_five_seconds():
    found = alerts(quarrel().run())
    # A turn is known after its pause; the third waits for its time.
    assert [at_s(d) for d in found] == [
        pytest.approx(104.8, abs=0.5),
        pytest.approx(112.8, abs=0.5),
        pytest.approx(117.8, abs=0.5),
    ]
    assert at_s(found[2]) - at_s(found[1]) == pytest.approx(EVERY_S, abs=0.04)
    raised, escalated, abused = (d.payload for d in found)
    assert SpanKind.RAISED_VOICE in {s.kind for s in raised.spans}
    assert [h.category for t in escalated.turns for h in t.hits] == [Category.ESCALATION]
    assert [h.category for t in abused.turns for h in t.hits] == [
        Category.ESCALATION,
        Category.CITIZEN_ABUSE,
    ]
    assert all(p.open for p in (raised, escalated, abused))


def test_an_alert_is_of_the_interaction_that_is_sent_in_the_end():
    result = quarrel().run()
    (final,) = result.interactions
    found = alerts(result)
    assert {d.payload.interaction_id for d in found} == {final.interaction_id}
    assert {d.payload.started_at for d in found} == {final.started_at}
    assert not final.open
    # What was measured by then is measured no other way.
    last = found[-1].payload
    assert final.turns[: len(last.turns)] == last.turns
    raised = [s for s in final.spans if s.kind is SpanKind.RAISED_VOICE]
    assert [s for s in last.spans if s.kind is SpanKind.RAISED_VOICE] == raised
    assert len({d.message_id for d in result.drafts}) == len(result.drafts)


def test_the_same_rules_raise_the_same_flags_on_both():
    result = quarrel().run()
    (final,) = result.interactions
    live = [rule for rule in packaged_rules() if rule.kind == "live"]
    facts = Facts(zone=Zone.INTAKE)
    told = {f.flag_id for f in flags(alerts(result)[-1].payload, facts, live)}
    assert told == {f.flag_id for f in flags(final, facts, live)}
    assert flag_id(final.interaction_id, "escalation") in told


@pytest.mark.parametrize("chunks", [1, 32, 400])
def test_a_replay_in_blocks_of_any_size_gives_the_same_alerts(chunks):
    def told(block):
        return [
            (d.message_id, d.captured_at, d.payload.model_dump_json())
            for d in alerts(quarrel().run(block=block))
        ]

    assert len(told(1536)) == 3
    assert told(512 * chunks) == told(1536)


def left_alone(seconds):
    scene = Scene(40 + seconds + 30)
    scene.citizen_there(5, 40 + seconds)
    scene.staff_there(0, 30)
    return scene


def test_a_citizen_without_staff_is_told_of_at_each_half_minute():
    found = alerts(left_alone(190).run())
    lengths = [d.payload.measurements.longest_unattended_s for d in found]
    assert lengths == [pytest.approx(30 * n, abs=0.4) for n in range(1, 7)]
    assert all(length >= 30 * n for n, length in enumerate(lengths, 1))
    rule = next(r for r in packaged_rules() if r.id == "citizen_unserved")
    fired = [rule.when.holds(Case(d.payload, Facts(), 0.0)) for d in found]
    assert fired == [False] * 5 + [True]  # at the first moment at which it holds


def test_somebody_unseen_is_nobody_left_alone():
    scene = left_alone(60)
    scene.fault("dark", 28, 100)
    assert alerts(scene.run()) == []


def test_the_help_button_is_told_of_when_the_citizen_is_seen_after_it():
    scene = Scene(60)
    scene.citizen_there(5, 50)
    scene.staff_there(0, 60)
    scene.events.append(KeyPress(20.1, Key.HELP, Role.STAFF))
    (told,) = alerts(scene.run())
    assert at_s(told) == pytest.approx(20.3, abs=0.3)
    (pressed,) = [s for s in told.payload.spans if s.kind is SpanKind.HELP]
    assert pressed.start_s == pytest.approx(15.1, abs=0.4)


def test_help_before_it_was_known_that_somebody_came_is_told_of_too():
    scene = Scene(40)
    scene.citizen_there(5, 30)
    scene.staff_there(0, 40)
    scene.events.append(KeyPress(6.0, Key.HELP, Role.STAFF))
    (told,) = alerts(scene.run())
    assert at_s(told) == pytest.approx(8.4, abs=0.6)
    # And without anybody there is no interaction to tell of: health tells of the key.
    alone = Scene(20)
    alone.events.append(KeyPress(6.0, Key.HELP, Role.STAFF))
    assert alerts(alone.run()) == []


def test_a_voice_raised_for_one_who_hears_badly_is_no_alert():
    scene = Scene(150)
    scene.staff_there(0, 150)
    scene.citizen_there(1, 140)
    for at in range(3, 90, 15):
        scene.say(Role.STAFF, at, 11, dbfs=-32)
    scene.say(Role.STAFF, 95, 2, "hearing_help", dbfs=-32)
    scene.say(Role.STAFF, 100, 4, dbfs=-18)
    assert alerts(scene.run()) == []


def test_ordinary_talk_gives_no_alert():
    scene = Scene(60)
    scene.staff_there(0, 60)
    scene.citizen_there(5, 50)
    scene.say(Role.STAFF, 6, 2, "greeting")
    scene.say(Role.CITIZEN, 9, 4, "sad grievance")
    scene.say(Role.STAFF, 15, 3, "explanation")
    assert alerts(scene.run()) == []


def test_what_does_not_leave_the_device_calls_nobody():
    scene = quarrel()
    sent = frozenset({Category.CITIZEN_ABUSE})
    found = alerts(scene.run(sent=sent))
    assert [[h.category for t in d.payload.turns for h in t.hits] for d in found] == [
        [],
        [Category.CITIZEN_ABUSE],
    ]


def test_a_second_stretch_without_staff_counts_from_its_own_start():
    watch = AlertWatch()
    watch.opened(0)
    assert watch.due(29, 29, Unattended(0, 29)) == 0
    assert watch.due(30, 30, Unattended(0, 30)) == 1
    assert watch.due(40, 40, None) == 0
    assert watch.due(60, 60, Unattended(45, 60)) == 0
    assert watch.due(75, 75, Unattended(45, 75)) == 2


def test_what_live_rules_look_for_is_told_of():
    """A rule over other words or spans would wait for the interaction's end, and so be useless."""
    named = "\n".join(str(r.when) for r in packaged_rules() if r.kind == "live")
    categories = {c for c in Category if f"Category.{c.name}:" in named}
    assert categories
    assert categories <= WORDS
    spans = {s for s in SpanKind if f"SpanKind.{s.name}:" in named}
    assert spans <= {SpanKind.RAISED_VOICE, SpanKind.UNATTENDED, SpanKind.HELP}
