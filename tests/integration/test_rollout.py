"""Releases from the operator to real agents and back, over a real broker, database and HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey

from hub.scoring.rubrics import load_rubrics
from hub.scoring.rules import load_rules
from hub.scoring.worker import ScoringWorker
from hub.settings import Address
from hub.store import releases
from hub.store.errors import ReleaseRefusedError
from schemas.envelope import seal
from schemas.registry import Body
from schemas.release import ConfigPayload, ReleaseSettings
from schemas.topics import Topic
from schemas.vocabulary import Category, Role
from tests.devices import wait_until
from tests.fakes import Scene
from tests.integration.brokers import HOST, Mosquitto
from tests.rollout import (
    BY,
    DATA,
    LISTS,
    RolloutSite,
    failing,
    quiet_models,
    recorded,
    silence,
)

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def site(tmp_path, hub_db, branch, mosquitto) -> Iterator[RolloutSite]:
    with RolloutSite(tmp_path, hub_db, branch, Address(HOST, mosquitto.port)) as made:
        yield made


def broken_list(folder: Path) -> Path:
    """greeting.yaml with an example that its phrases do not hit."""
    path = folder / "greeting.yaml"
    text = (LISTS / "greeting.yaml").read_text("utf-8")
    assert "fires:" in text
    path.write_text(text.replace("fires:", "fires:\n      - hôm nay trời đẹp", 1), "utf-8")
    return path


def test_a_release_goes_from_one_counter_to_its_branch(site):
    first, second = site.enrol("quay-05").start(), site.enrol("quay-06").start()
    site.until(first, version=0, wanted=0, state="ok")
    number = site.release(
        {"health_interval_s": 120},
        [LISTS / "greeting.yaml"],
        {"sentiment": DATA / "sentiment_ngrams.onnx"},
    )
    site.start(number)
    with pytest.raises(ReleaseRefusedError, match=r"not taken on to branch: may-.*-05 at"):
        site.widen()
    site.until(first, version=1, wanted=1, state="ok")
    assert site.says(second)["wanted"] == 0
    assert site.widen() == "branch"
    site.until(second, version=1, wanted=1, state="ok")
    assert site.widen() == "all"
    # Back: it runs again what it ran before, as a version of its own, and keeps the other's
    # files for as long as it might have to go back to it.
    site.back()
    site.until(first, version=2, wanted=2, state="ok")
    kept = {path.name for path in (first.settings.state / "remote" / "files").iterdir()}
    assert len(kept) == 2
    assert first.standing["before"] == 1
    assert site.database.rows("SELECT count(*) FROM hailong.rejects") == [(0,)]


def measured(site, agent, scene, name: str) -> tuple[UUID, list[str], list[str] | None]:
    """Plays the scene at the counter: the interaction, what was sent of it and what it says."""
    before = site.database.value("SELECT count(*) FROM hailong.interactions")
    agent.stop()
    source = {"path": recorded(scene, site.folder / name)}
    agent.settings = agent.settings.model_copy(
        update={"source": agent.settings.source.model_copy(update=source)}
    )
    agent.start(lambda _settings, _replaced: scene.models())
    count = "SELECT count(*) FROM hailong.interactions"
    wait_until(lambda: site.database.value(count) == before + 1)
    ((number, said),) = site.database.rows(
        "SELECT interaction_id, coverage -> 'categories_sent' FROM hailong.interactions"
        " ORDER BY received_at DESC LIMIT 1"
    )
    hits = site.database.rows(
        "SELECT h ->> 'category' FROM hailong.turns, jsonb_array_elements(hits) h"
        " WHERE interaction_id = %s ORDER BY turn_no",
        number,
    )
    return number, [category for (category,) in hits], said


def judged(site, number: UUID) -> tuple[set[str], dict[str, float | None]]:
    """Rules that raised a flag, and how much of each of the counter's items was measured."""
    ScoringWorker(
        site.database.open("worker"), load_rubrics(), load_rules(), lambda: datetime.now(UTC)
    ).run_once()
    raised = site.database.rows(
        "SELECT rule_id FROM hailong.flags WHERE interaction_id = %s AND state = 'open'", number
    )
    ((parts,),) = site.database.rows(
        "SELECT parts FROM hailong.scores WHERE interaction_id = %s AND figure = 'counter_part'",
        number,
    )
    items = {item["measures"]: item["points"] for part in parts for item in part["items"]}
    return {rule for (rule,) in raised}, items


def test_a_release_says_which_kinds_of_phrases_leave_the_counter(site):
    """The clerk greets nobody, and swears: with every kind sent, both are asked about."""
    scene = Scene(48, video=False)
    for start_s, text in (
        (3, "abusive abusive"),
        (13, "gift_refusal"),
        (23, "thanks"),
        (33, "words"),
    ):
        scene.say(Role.STAFF, start_s, 3, text)
        scene.say(Role.CITIZEN, start_s + 5, 3)
    agent = site.enrol().start()
    site.start(site.release({"beam_size": 2}))
    site.until(agent, version=1, state="ok")
    site.widen()
    site.widen()
    number, sent, said = measured(site, agent, scene, "whole.wav")
    assert sent == ["abusive", "abusive", "gift_refusal", "thanks"]
    assert said is None
    whole, points = judged(site, number)
    assert {"abusive_language_staff", "greeting_missing"} <= whole
    assert None not in (points["greeted"], points["courtesies"])
    assert points["insults"] < 100

    kept = [Category.ABUSIVE, Category.DISRESPECT, Category.MAY_TAO]
    site.start(site.release(categories=kept))
    site.until(agent, version=2, wanted=2, state="ok")
    scene.say(Role.STAFF, 43, 3)  # another recording, or it would be known as measured
    number, sent, said = measured(site, agent, scene, "narrowed.wav")
    assert sent == ["abusive", "abusive"]
    assert said == ["abusive", "disrespect", "may_tao"]
    narrowed, left = judged(site, number)
    assert "abusive_language_staff" in narrowed
    assert "greeting_missing" not in narrowed
    assert left["greeted"] is None
    assert left["courtesies"] is None
    assert left["insults"] == points["insults"]

    site.back()
    site.until(agent, version=3, wanted=3, state="ok")
    scene.say(Role.STAFF, 47, 1)
    _, sent, said = measured(site, agent, scene, "back.wav")
    assert sent == ["abusive", "abusive", "gift_refusal", "thanks"]
    assert said is None


def test_a_list_that_fails_its_own_examples_is_refused_before_use(site, tmp_path):
    agent = site.enrol().start()
    good = site.release({"beam_size": 2})
    site.start(good)
    site.until(agent, version=1, state="ok")
    site.widen()
    site.widen()
    site.start(site.release(lists=[broken_list(tmp_path)]))
    site.until(agent, version=1, wanted=2, state="failed", reason="lexicon")
    with pytest.raises(ReleaseRefusedError, match=r"failed \(lexicon\).*--despite-failures"):
        site.widen()
    assert site.widen(despite=True) == "branch"
    steps = site.database.rows(
        "SELECT step, stage, despite_failures, taken_by FROM hailong.rollout_steps"
        " ORDER BY rollout_no DESC, step_no DESC LIMIT 1"
    )
    assert steps == [("widen", "branch", True, BY)]


def test_a_model_that_is_none_is_refused_before_use(site, tmp_path):
    agent = site.enrol().start()
    nonsense = tmp_path / "model.onnx"
    nonsense.write_bytes(b"\x08\x07no model" * 50)
    site.start(site.release(models={"abuse": nonsense}))
    site.until(agent, version=0, wanted=1, state="failed", reason="model")


def test_settings_that_do_not_go_with_the_devices_own_are_refused(site):
    agent = site.enrol().start()
    site.start(site.release({"expression": True}))
    site.until(agent, version=0, wanted=1, state="failed", reason="settings")


def test_a_file_that_is_not_the_signed_one_is_refused_and_deleted(site):
    agent = site.enrol().start()
    number = site.release(lists=[LISTS / "greeting.yaml"])
    (held,) = (path for path in site.files.glob("*/*") if path.is_file())
    held.chmod(0o600)
    held.write_bytes(b"#" * held.stat().st_size)
    site.start(number)
    site.until(agent, version=0, wanted=1, state="failed", reason="file")
    assert not list((agent.settings.state / "remote" / "files").iterdir())


def test_a_file_that_the_hub_does_not_have_is_asked_for_again(site):
    agent = site.enrol().start()
    number = site.release(lists=[LISTS / "greeting.yaml"])
    (held,) = (path for path in site.files.glob("*/*") if path.is_file())
    away = held.rename(site.folder / "away")
    site.start(number)
    site.until(agent, version=0, wanted=1, state="pending", reason="fetch")
    away.rename(held)
    site.until(agent, version=1, state="ok")


def test_more_than_the_device_allows_is_refused(site, tmp_path):
    agent = site.enrol(max_bytes=2**20).start()
    large = tmp_path / "model.onnx"
    large.write_bytes(bytes(2**20 + 1))
    site.start(site.release(models={"faces": large}))
    site.until(agent, version=0, wanted=1, state="failed", reason="too_large")


def test_models_that_fail_while_measuring_take_the_release_back(site, tmp_path):
    agent = site.enrol(probation_s=600).start()
    site.start(site.release({"beam_size": 2}))
    site.until(agent, version=1, wanted=1, state="pending")
    agent.stop()
    # The next recording is measured by the release on probation, and its models fail.
    source = {"path": silence(tmp_path / "next.wav", 3.0)}
    agent.settings = agent.settings.model_copy(
        update={"source": agent.settings.source.model_copy(update=source)}
    )
    agent.start(lambda _settings, replaced: failing(quiet_models(replaced)))
    site.until(agent, version=0, wanted=1, state="rolled_back", reason="models_failed")
    assert any("again" in line or "confirmed" in line for line in agent.said)


def test_an_agent_that_cannot_start_with_a_release_takes_it_back(site, tmp_path):
    agent = site.enrol(probation_s=600).start()
    site.start(site.release({"beam_size": 3}))
    site.until(agent, version=1, wanted=1, state="pending")
    agent.stop()
    source = {"path": silence(tmp_path / "next.wav", 2.0)}
    agent.settings = agent.settings.model_copy(
        update={"source": agent.settings.source.model_copy(update=source)}
    )

    def broken(_settings, _replaced):
        raise MemoryError("no room for the model")

    agent.start(broken)
    site.until(agent, version=0, wanted=1, state="rolled_back", reason="start")


def test_kills_at_any_moment_leave_the_old_or_the_new(site):
    agent = site.enrol(probation_s=600)
    site.start(site.release(lists=[LISTS / "greeting.yaml"]))
    child = site.process(agent)
    wait_until(lambda: agent.standing.get("seen") == 1)
    site.kill(child)  # while it is fetched or tried
    assert agent.standing["good"] == 0
    for starts in (1, 2, 3):
        child = site.process(agent)
        wait_until(lambda: (agent.standing.get("trial") or {}).get("starts") == starts)  # noqa: B023
        site.kill(child)
    child = site.process(agent)
    site.until(agent, version=0, wanted=1, state="rolled_back", reason="crashed")
    site.kill(child)
    # The next release is looked at again.
    site.back()
    site.start(site.release({"beam_size": 2}))
    agent.settings = agent.settings.model_copy(
        update={"remote": agent.settings.remote.model_copy(update={"probation_s": 1})}
    )
    site.process(agent)
    site.until(agent, version=3, wanted=3, state="ok")


def publish(site, agent, version: int, key: SigningKey, *, device: str | None = None) -> None:
    import paho.mqtt.publish as mqtt

    given = agent.settings
    topic = str(Topic(given.branch, given.counter, "config"))
    body = Body(
        kind="config",
        schema_version=1,
        message_id=uuid4(),
        device_id=device or given.device_id,
        captured_at=datetime.now(UTC),
        payload=ConfigPayload(version=version, release=99, settings=ReleaseSettings(beam_size=9)),
    )
    raw = seal(topic, body.encode(), lambda m: key.sign(m).signature)
    mqtt.single(topic, raw, qos=1, hostname=site.broker.host, port=site.broker.port)


def test_what_the_hub_did_not_sign_or_is_older_or_another_devices_changes_nothing(site):
    agent = site.enrol().start()
    number = site.release({"beam_size": 2})
    site.start(number)
    site.until(agent, version=1, state="ok")
    publish(site, agent, 2, SigningKey.generate())
    publish(site, agent, 1, site.key)
    publish(site, agent, 5, site.key, device="may-khac")
    site.widen()
    site.widen()
    site.start(site.release({"beam_size": 4}))  # proof that what came before it was heard
    site.until(agent, version=2, wanted=2, state="ok")
    publish(site, agent, 1, site.key)
    number = releases.add_command(
        site.migrator,
        device_id=agent.settings.device_id,
        command="restart",
        asked_by=BY,
        valid_s=60,
    )
    wait_until(lambda: outcome(site, number) == "done")
    assert agent.standing["seen"] == 2
    assert agent.standing["good"] == 2


def outcome(site, number) -> str | None:
    return site.database.value("SELECT outcome FROM hailong.commands WHERE command_id = %s", number)


def test_a_command_is_done_once_though_it_comes_again_and_again(site):
    agent = site.enrol()
    number = releases.add_command(
        site.migrator,
        device_id=agent.settings.device_id,
        command="renew_certificate",
        asked_by=BY,
        valid_s=60,
    )
    agent.start()  # it was away when the command was given: it is published every 0.3 s
    wait_until(lambda: outcome(site, number) == "done")
    # Given again by a hub that has lost the outcome.
    site.database.rows(
        "UPDATE hailong.commands SET outcome = NULL, outcome_at = NULL WHERE command_id = %s",
        number,
    )
    agent.stop()
    agent.start()
    other = releases.add_command(
        site.migrator,
        device_id=agent.settings.device_id,
        command="roll_back",
        asked_by=BY,
        valid_s=60,
    )
    wait_until(lambda: outcome(site, other) == "failed")  # nothing to go back to
    assert agent.renewals == [1]


def test_the_hub_can_roll_back_and_have_rows_sent_again(site):
    agent = site.enrol().start()
    site.start(site.release({"beam_size": 2}))
    site.until(agent, version=1, state="ok")
    stream = site.database.value("SELECT stream FROM hailong.streams")
    site.database.rows("UPDATE hailong.streams SET settled = '{}'")  # a hub that has forgotten
    device = agent.settings.device_id
    asked = {
        "resend": {"stream": stream, "first": 1, "last": 2},
        "roll_back": {},
        "self_test": {},
    }
    numbers = {
        command: releases.add_command(
            site.migrator, device_id=device, command=command, asked_by=BY, valid_s=60, **more
        )
        for command, more in asked.items()
    }
    wait_until(lambda: all(outcome(site, number) for number in numbers.values()))
    assert {command: outcome(site, number) for command, number in numbers.items()} == {
        "resend": "done",
        "roll_back": "done",
        "self_test": "unsupported",  # a recording has no sensors to test
    }
    site.until(agent, version=0, wanted=1, state="rolled_back", reason="commanded")
    wait_until(
        lambda: site.database.value(
            "SELECT settled @> '{[1,3)}'::int8multirange FROM hailong.streams"
        )
    )


def test_a_broker_without_its_memory_is_told_again(site, mosquitto):
    agent = site.enrol()
    site.start(site.release({"beam_size": 2}))
    wait_until(lambda: site.database.value("SELECT count(*) FROM hailong.device_configs") == 1)
    mosquitto.kill()
    mosquitto.start()
    agent.start()
    site.until(agent, version=1, state="ok")
