"""A release on a device: kept, checked at each start, watched on probation."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from nacl.signing import SigningKey

from edge_agent.counters import SharedReleases
from edge_agent.delivery import Delivery
from edge_agent.errors import ReleaseError
from edge_agent.identity import DeviceIdentity
from edge_agent.measure_live import LiveCounter
from edge_agent.models import catalog
from edge_agent.models.replaced import HeldFile, Replaced
from edge_agent.remote import sane
from edge_agent.remote.errands import Errands
from edge_agent.remote.fetch import digest
from edge_agent.remote.service import MOST_FAILURES, Remote
from edge_agent.remote.standing import Standing
from edge_agent.remote.trial import try_out
from edge_agent.run import Agent, pipeline_settings
from edge_agent.settings import AgentSettings
from schemas.envelope import seal
from schemas.registry import Body
from schemas.release import CommandPayload, ConfigPayload, LexiconEntry, ReleaseSettings
from schemas.vocabulary import Category, CommandKind, ConfigFault, ConfigState, ModelFile, Role
from tests.devices import wait_until
from tests.fakes import LEFT, RIGHT, Scene
from tests.rollout import DATA, LISTS

HUB = SigningKey(b"h" * 32)
GREETING = LISTS / "greeting.yaml"
NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


class Device:
    """A device's folder, and the service over it as often as it is started."""

    def __init__(self, folder, **remote) -> None:
        self.state = folder / "state"
        self.identity = DeviceIdentity.load_or_create(self.state, "may-01", "hoan-kiem", "quay-01")
        self.settings = AgentSettings.model_validate(
            {
                "device_id": "may-01",
                "branch": "hoan-kiem",
                "counter": "quay-01",
                "state": self.state,
                "hub_public_key": bytes(HUB.verify_key).hex(),
                "source": {"path": "none.mp4"},
                "remote": {"probation_s": 1, "spread_s": 0, "retry_s": 0.1, **remote},
            }
        )
        self.remote: Remote | None = None

    def start(self, **options) -> Remote:
        self.remote = Remote(
            self.settings,
            self.identity,
            Clock(),
            lambda memory: Errands(memory, None, Clock()),
            **options,
        )
        self.remote.start()
        return self.remote

    def told(self, payload, captured_at=NOW) -> None:
        kind = "config" if isinstance(payload, ConfigPayload) else "command"
        body = Body(
            kind=kind,
            schema_version=1,
            message_id=uuid4(),
            device_id="may-01",
            captured_at=captured_at,
            payload=payload,
        )
        raw = seal(self.identity.topic(kind), body.encode(), lambda m: HUB.sign(m).signature)
        self.remote.told(body, raw)

    @property
    def standing(self) -> Standing:
        path = self.state / "remote" / "standing.json"
        found = json.loads(path.read_bytes())["standing"] if path.exists() else {}
        return Standing.model_validate(found)

    def hold(self, path) -> None:
        """The file as if it had been fetched."""
        whole = self.state / "remote" / "files" / digest(path)
        part = whole.with_name(f"{whole.name}.part")
        part.write_bytes(path.read_bytes())
        part.rename(whole)


@pytest.fixture
def device(tmp_path):
    made = Device(tmp_path)
    yield made
    if made.remote is not None:
        made.remote.stop()


def config(version=1, **more) -> ConfigPayload:
    given = {"settings": ReleaseSettings(beam_size=3), **more}
    return ConfigPayload(version=version, release=version, **given)


def in_use(device, version=1, **more) -> None:
    """Wanted, checked and begun."""
    device.told(config(version, **more))
    wait_until(device.remote.leave)
    device.remote.between()
    assert device.remote.begin().version == version


def test_a_release_is_used_from_the_next_round_and_good_after_its_probation(device):
    remote = device.start()
    assert remote.begin().version == 0
    assert not remote.leave()
    device.told(config())
    wait_until(remote.leave)
    assert device.standing.in_use == 0
    remote.between()
    running = remote.begin()
    assert (running.version, running.settings.models.beam_size) == (1, 3)
    assert not remote.leave()
    wait_until(lambda: remote.health()[0].state is ConfigState.OK)
    assert device.standing.good == 1


def test_which_hits_may_leave_is_the_releases_to_say_for_as_long_as_it_is_in_use(device):
    remote = device.start()
    assert remote.begin().sent is None
    device.told(config(categories=(Category.GREETING, Category.ABUSIVE)))
    wait_until(remote.leave)
    remote.between()
    assert remote.begin().sent == {Category.GREETING, Category.ABUSIVE}
    device.told(config(2, categories=()))
    wait_until(remote.leave)
    remote.between()
    assert remote.begin().sent == frozenset()
    device.told(config(3))
    wait_until(remote.leave)
    remote.between()
    assert remote.begin().sent is None


def test_its_files_are_checked_again_at_each_start(device, caplog):
    device.start().begin()
    entry = LexiconEntry(
        list=Category.GREETING, sha256=digest(GREETING), bytes=GREETING.stat().st_size
    )
    device.told(config(lexicon=(entry,)))
    wait_until(lambda: device.remote.health()[0].reason is ConfigFault.FETCH)
    device.hold(GREETING)
    wait_until(device.remote.leave)
    device.remote.between()
    assert device.remote.begin().version == 1
    wait_until(lambda: device.standing.good == 1)
    device.remote.stop()
    held = device.state / "remote" / "files" / entry.sha256
    held.write_bytes(held.read_bytes() + b"#")
    remote = device.start()
    assert remote.begin().version == 0
    health = remote.health()[0]
    assert (health.state, health.reason) == (ConfigState.ROLLED_BACK, ConfigFault.DAMAGED)


def test_its_message_is_checked_again_at_each_start(device):
    device.start().begin()
    in_use(device)
    device.remote.stop()
    kept = device.state / "remote" / "1.config"
    kept.write_bytes(kept.read_bytes().replace(b'"beam_size":3', b'"beam_size":9'))
    assert device.start().begin().version == 0
    assert device.standing.refused.reason is ConfigFault.DAMAGED


def test_models_that_fail_on_probation_take_it_back_and_later_do_not(device):
    remote = device.start()
    remote.begin()
    in_use(device)
    remote.tick(MOST_FAILURES - 1)
    assert device.standing.in_use == 1
    remote.tick(MOST_FAILURES)
    assert device.standing.in_use == 0
    assert remote.leave()
    assert remote.begin().version == 0
    in_use(device, 2)
    wait_until(lambda: device.standing.good == 2)
    remote.tick(1000)
    assert device.standing.good == 2


def test_measuring_that_stands_still_takes_it_back_and_starts_anew(tmp_path):
    device = Device(tmp_path, probation_s=600)
    anew = threading.Event()
    remote = device.start(hung_s=1.0, start_anew=anew.set)
    try:
        remote.begin()
        in_use(device)
        assert anew.wait(10)
        assert device.standing.refused.reason is ConfigFault.HUNG
    finally:
        remote.stop()


def test_what_comes_from_the_future_is_not_believed(device, caplog):
    remote = device.start()
    remote.begin()
    device.told(config(9), captured_at=NOW + timedelta(minutes=6))
    device.told(config(1))
    wait_until(lambda: device.standing.seen == 1)
    assert "future" in caplog.text


def test_a_flood_is_let_fall_and_waits_to_come_again(device, caplog):
    remote = device.start()
    remote.stop()
    for version in range(1, 200):
        device.told(config(version))
    assert remote._heard.qsize() == 100
    assert "waits to come again" in caplog.text


def test_a_city_does_not_ask_all_at_once_and_a_later_release_waits_for_nobody(tmp_path, caplog):
    device = Device(tmp_path, spread_s=86_400)
    remote = device.start()
    try:
        remote.begin()
        entry = LexiconEntry(list=Category.GREETING, sha256="ab" * 32, bytes=5)
        device.told(config(1, lexicon=(entry,)))
        wait_until(lambda: device.standing.wanted == 1)
        in_use(device, 2)
        assert "hub_url" not in caplog.text  # the first was never asked for
    finally:
        remote.stop()


def test_a_command_waits_for_the_gap(device):
    remote = device.start()
    remote.begin()
    number = uuid4()
    device.told(
        CommandPayload(
            command_id=number, command=CommandKind.RESTART, expires_at=NOW + timedelta(hours=1)
        )
    )
    wait_until(remote.leave)
    assert remote.health()[1] == ()
    remote.between()
    assert not remote.leave()
    ((report,),) = (remote.health()[1],)
    assert (report.command_id, report.outcome) == (number, "done")
    remote.reported((report,))
    assert remote.health()[1] == ()


# Trying a release ------------------------------------------------------------------------


def held(model: ModelFile, path) -> Replaced:
    return Replaced(files=(HeldFile(model, path, digest(path)),))


INSTALLED_FILES = {
    ModelFile.FACES: "blaze_full.onnx",
    ModelFile.SENTIMENT: "sentiment_ngrams.onnx",
    ModelFile.ABUSE: "abuse_ngrams.onnx",
    ModelFile.EXPRESSION: "mini_xception.onnx",
    ModelFile.SPEAKERS: "ge2e.onnx",
}


def test_the_installed_models_give_sane_answers():
    for model, name in INSTALLED_FILES.items():
        sane.try_models(held(model, DATA / name))
    voice = catalog._package_file("faster_whisper", "assets/silero_vad_v6.onnx")
    sane.try_models(held(ModelFile.VOICE, voice))


@pytest.mark.parametrize(
    ("model", "other"),
    [
        (ModelFile.SENTIMENT, "abuse_ngrams.onnx"),
        (ModelFile.ABUSE, "sentiment_ngrams.onnx"),
        (ModelFile.FACES, "ge2e.onnx"),
        (ModelFile.SPEAKERS, "mini_xception.onnx"),
        (ModelFile.VOICE, "blaze_full.onnx"),
    ],
)
def test_one_models_file_is_no_other_models(model, other):
    with pytest.raises(Exception):  # noqa: B017, PT011 - each runtime its own
        sane.try_models(held(model, DATA / other))


def test_a_model_that_sees_faces_everywhere_is_not_sane(monkeypatch):
    class Everywhere:
        def faces(self, picture):
            return [picture]

    monkeypatch.setattr(sane.catalog, "load_faces", lambda _: Everywhere())
    with pytest.raises(catalog.ModelError, match="a grey wall is nobody"):
        sane._faces(Replaced())


def test_a_trial_that_takes_too_long_or_ends_by_itself_is_no_good(monkeypatch, tmp_path):
    stop = threading.Event()
    with pytest.raises(ReleaseError, match="not ready after 0 s") as caught:
        try_out(Replaced(lexicon=LISTS), stop, longest_s=0.01)
    assert caught.value.fault is ConfigFault.MODEL
    monkeypatch.setattr("edge_agent.remote.trial.sys.executable", "/bin/false")
    with pytest.raises(ReleaseError):
        try_out(Replaced(lexicon=LISTS), stop)


def test_a_trial_stops_when_asked():
    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    assert not try_out(Replaced(lexicon=LISTS), stop)
    assert time.monotonic() - began < 5


# Between interactions --------------------------------------------------------------------


class Source:
    """A live source that plays a scene until it is stopped."""

    lag_s = 0.0

    def __init__(self, scene: Scene) -> None:
        self.ended_s = 0.0
        self._scene = scene
        self._stopped = False

    @property
    def losses(self):
        return type("Losses", (), {"sound_s": 0.0, "pictures": 0})

    def frames(self):
        for frame in self._scene.frames():
            if self._stopped:
                return
            self.ended_s = getattr(frame, "end_s", self.ended_s)
            yield frame

    def stop(self) -> None:
        self._stopped = True

    def press(self, *_) -> None: ...


def test_a_live_counter_ends_for_a_release_when_nobody_is_served(monkeypatch, tmp_path):
    scene = Scene(120.0)
    scene.citizen_there(5, 60)
    scene.staff_there(0, 120)
    scene.say(Role.CITIZEN, 8, 3)
    scene.say(Role.STAFF, 12, 3)

    sources: list[Source] = []
    info = type("Info", (), {"channels": 2})

    def source(*_, **__) -> Source:
        sources.append(Source(scene))
        return sources[-1]

    monkeypatch.setattr("edge_agent.measure_live.LiveSource", source)
    monkeypatch.setattr("edge_agent.measure_live.live_inputs", lambda *_: ([], info))
    monkeypatch.setattr("edge_agent.measure_live._CLOCK_STEP", timedelta(days=1))
    drafts = []

    class Kept(Delivery):
        def __init__(self) -> None: ...

        def keep(self, made):
            made = list(made)
            drafts.extend(made)
            return 0

        def report_on(self, *_) -> None: ...

    settings = AgentSettings.model_validate(
        {
            "device_id": "may-01",
            "branch": "b",
            "counter": "q",
            "state": tmp_path,
            "hub_public_key": "ab" * 32,
            "source": {"microphones": [{"device": 0, "staff": 0, "citizen": 1}]},
            "zones": {"citizen": RIGHT, "staff": LEFT},
        }
    )
    asked_at: list[float] = []

    def leave() -> bool:
        """A release is ready from the middle of the interaction on."""
        at = sources[-1].ended_s if sources else 0.0
        asked_at.append(at)
        return at > 20

    counter = LiveCounter(
        settings, scene.models(), pipeline_settings(settings), Kept(), Clock(), {}, str, leave
    )
    counter.run(threading.Event())
    assert len(sources) == 1
    stays = [d.payload for d in drafts if d.kind == "interaction"]
    assert [stay.end_reason for stay in stays] == ["citizen_absent"]
    assert 75 < sources[0].ended_s < 90  # gone at 60, absent for 20 s, and then at once
    assert not [at for at in asked_at if 12 < at < 75]
    assert np.isclose(stays[0].measurements.handling_s, 55, atol=3)


def test_counters_on_the_same_release_share_its_models(tmp_path):
    loaded = []

    def load(settings, replaced):
        loaded.append((settings.counter, replaced))
        return object()

    def at(counter: str, path, **models) -> tuple[AgentSettings, Replaced]:
        """The same file in the counter's own folder."""
        own = tmp_path / counter / path.name
        own.parent.mkdir(exist_ok=True)
        own.write_bytes(path.read_bytes())
        settings = AgentSettings.model_validate(
            {
                "device_id": "may-01",
                "branch": "b",
                "counter": counter,
                "state": tmp_path,
                "hub_public_key": "ab" * 32,
                "source": {"path": "none.mp4"},
                "models": models,
            }
        )
        return settings, held(ModelFile.SENTIMENT, own)

    shared = SharedReleases(load)
    sentiment, abuse = DATA / "sentiment_ngrams.onnx", DATA / "abuse_ngrams.onnx"
    first = shared(*at("q-1", sentiment))
    assert shared(*at("q-2", sentiment)) is first
    other = shared(*at("q-3", abuse))
    assert other is not first
    assert shared(*at("q-1", sentiment)) is first
    assert shared(*at("q-2", sentiment, beam_size=5)) not in (first, other)
    assert [counter for counter, _ in loaded] == ["q-1", "q-3", "q-2"]


def test_the_command_renews_the_certificate_where_there_is_one(device, monkeypatch):
    renewed = []

    class Renewal:
        def renew(self) -> None:
            renewed.append(1)

    agent = Agent(device.settings, pytest.fail, str, load_release=pytest.fail)
    assert agent._renewal() is None
    assert agent._trust() is None
    monkeypatch.setattr("edge_agent.run.renewal_of", lambda *_: Renewal())
    renew = agent._renewal()
    assert renew is not None
    assert renew()
    assert renewed == [1]
