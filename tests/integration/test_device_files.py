"""Files of releases over HTTP: for the device that is to run them, and for nobody else."""

import hashlib
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from edge_agent.errors import ReleaseError
from edge_agent.remote.fetch import fetch
from hub.api.app import create_app
from hub.api.deps import WebSettings
from hub.api.pace import RequestsBySender
from hub.api.serve import WebServer
from hub.control import rollouts
from hub.control.files import FilesError, place, take_in
from hub.store import releases
from hub.store.place import revoke_device
from hub.store.releases import ReleaseFileRow
from schemas.request import file_path, request_bytes, stamp
from schemas.vocabulary import ConfigFault
from tests.website import PASSWORD, sign_in

pytestmark = pytest.mark.integration
CONTENT = bytes(range(256)) * 2048


class Files:
    def __init__(self, hub_db, branch, sender, folder) -> None:
        self.sender, self.branch = sender, branch
        self.migrator = hub_db.open("migrator")
        self.folder = folder / "files"
        self.source = folder / "greeting.yaml"
        self.source.write_bytes(CONTENT)
        self.sha256, size = take_in(self.folder, self.source)
        file = ReleaseFileRow("lexicon", "greeting", self.sha256, size)
        number = releases.add_release(self.migrator, {}, [file], "van-hanh")
        rollouts.start(
            self.migrator,
            release_no=number,
            branch=branch,
            counter=sender.counter,
            taken_by="van-hanh",
        )
        app = create_app(hub_db.open("app"), settings=WebSettings(files=self.folder))
        self.services = app.state.services
        self.client = TestClient(app, base_url="http://localhost")

    def headers(self, sha256=None, *, at=None, device=None, sign=None, path=None) -> dict[str, str]:
        device = device or self.sender.device_id
        stamped = stamp(at or datetime.now(UTC))
        raw = request_bytes(device, stamped, path or file_path(sha256 or self.sha256))
        signature = (sign or self.sender).key.sign(raw).signature.hex()
        return {
            "X-Hailong-Device": device,
            "X-Hailong-At": stamped,
            "X-Hailong-Signature": signature,
        }

    def get(self, headers, sha256=None):
        return self.client.get(file_path(sha256 or self.sha256), headers=headers)


@pytest.fixture
def files(hub_db, branch, sender, tmp_path):
    made = Files(hub_db, branch, sender, tmp_path)
    with made.client:
        yield made


def test_the_device_gets_its_releases_file_whole_and_in_part(files):
    whole = files.get(files.headers())
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["Cache-Control"] == "no-store"
    part = files.get({**files.headers(), "Range": "bytes=1000-"})
    assert (part.status_code, part.content) == (206, CONTENT[1000:])
    assert part.headers["Content-Range"] == f"bytes 1000-{len(CONTENT) - 1}/{len(CONTENT)}"


def test_the_agents_own_fetch_goes_on_from_what_it_has(files, tmp_path):
    from edge_agent.identity import DeviceIdentity
    from edge_agent.remote.fetch import Hub

    class Clock:
        def now(self):
            return datetime.now(UTC)

    sender = files.sender
    identity = DeviceIdentity(
        sender.device_id,
        sender.branch,
        sender.counter,
        sender.public_key,
        lambda raw: sender.key.sign(raw).signature,
    )
    got = tmp_path / "got"
    got.mkdir()
    with WebServer(files.client.app, port=0) as server:
        hub = Hub(server.address, None, identity, Clock())

        def run():
            return fetch(hub, files.sha256, len(CONTENT), got, threading.Event())

        # What is there already is not asked for again: wrong bytes show it.
        (got / f"{files.sha256}.part").write_bytes(b"#" * 1000)
        with pytest.raises(ReleaseError) as caught:
            run()
        assert caught.value.fault is ConfigFault.FILE
        (got / f"{files.sha256}.part").write_bytes(CONTENT[:100_000])
        assert run().read_bytes() == CONTENT


def refused(files, answer) -> bool:
    body = answer.json()
    assert files.sha256 not in answer.text
    return answer.status_code == 401 and body["code"] == "device_refused"


def test_whoever_is_no_device_of_ours_is_refused(files, enrolled):
    other = enrolled(counter="quay-06")
    cases = {
        "without": {},
        "another's key": files.headers(sign=other),
        "unknown": files.headers(device="dev-none"),
        "no name": {**files.headers(), "X-Hailong-Device": "Dev 05"},
        "another file's": files.headers("ab" * 32),
        "another path": files.headers(path="/api/v1/files"),
        "no number": {**files.headers(), "X-Hailong-At": "now"},
        "digits beyond ASCII": {**files.headers(), "X-Hailong-At": "1"},
        "short": {**files.headers(), "X-Hailong-Signature": "ab"},
        "no hex": {**files.headers(), "X-Hailong-Signature": "z" * 128},
    }
    for name, headers in cases.items():
        assert refused(files, files.get(headers)), name
    for away in (timedelta(minutes=6), -timedelta(minutes=6)):
        assert refused(files, files.get(files.headers(at=datetime.now(UTC) + away)))
    assert files.get(files.headers(at=datetime.now(UTC) - timedelta(minutes=4))).is_success


def test_a_revoked_device_is_refused_at_once(files):
    revoke_device(files.migrator, files.sender.device_id)
    assert refused(files, files.get(files.headers()))


def test_a_device_gets_no_file_that_its_release_does_not_name(files, enrolled, tmp_path):
    other = enrolled(counter="quay-06")
    asked = files.headers(device=other.device_id, sign=other)
    assert files.get(asked).status_code == 404
    another = tmp_path / "another"
    another.write_bytes(b"another")
    sha256, _ = take_in(files.folder, another)
    assert files.get(files.headers(sha256), sha256).status_code == 404
    rollouts.back(files.migrator, taken_by="van-hanh")
    assert files.get(files.headers()).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["../hub.key", "..%2f..%2fhub.key", "%2e%2e", "AB" * 32, "ab" * 31 + "a/", "a" * 65, "x"],
)
def test_no_path_leads_out_of_the_folder(files, path):
    answer = files.client.get(f"/api/v1/files/{path}", headers=files.headers())
    assert answer.status_code in {401, 404}
    with pytest.raises(FilesError):
        place(files.folder, path)


def test_a_file_that_is_gone_or_cut_short_is_not_given(files):
    path = place(files.folder, files.sha256)
    path.chmod(0o600)
    path.write_bytes(CONTENT[:-1])
    assert files.get(files.headers()).status_code == 404
    path.unlink()
    assert files.get(files.headers()).status_code == 404


def test_one_that_asks_too_often_waits(files, monkeypatch):
    object.__setattr__(files.services, "file_requests", RequestsBySender(3, 60.0))
    answers = [files.get(files.headers()).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    object.__setattr__(files.services, "file_refusals", RequestsBySender(2, 60.0))
    answers = [files.get({}).status_code for _ in range(3)]
    assert answers == [401, 401, 429]


def test_how_often_is_counted_anew_after_a_while_and_of_so_many_alone():
    now = [0.0]
    pace = RequestsBySender(2, 10.0, senders=2, clock=lambda: now[0])
    assert [pace.count("a") for _ in range(3)] == [False, False, True]
    assert pace.over("a")
    now[0] = 10.0
    assert not pace.over("a")
    assert not pace.count("a")
    pace.count("b")
    pace.count("c")
    assert len(pace._seen) == 2


def test_a_person_is_no_device(files, hub_db):
    from hub.auth.users import create_user

    create_user(files.migrator, "operator", PASSWORD, "operator", [files.branch])
    assert sign_in(files.client, "operator").status_code in {200, 303}
    assert files.get(files.headers()).status_code == 403


def test_the_group_of_the_folder_reads_what_it_holds_where_a_site_says_so(tmp_path):
    source = tmp_path / "a"
    source.write_bytes(CONTENT)
    folder = tmp_path / "files"
    folder.mkdir()
    folder.chmod(0o2750)
    before = os.umask(0o077)
    try:
        take_in(folder, source)
    finally:
        os.umask(before)
    [held] = folder.glob("*/*")
    assert held.stat().st_mode & 0o777 == 0o440
    assert held.parent.stat().st_mode & 0o7777 == 0o2750


def test_taking_a_file_in_twice_keeps_one(tmp_path):
    source = tmp_path / "a"
    source.write_bytes(CONTENT)
    folder = tmp_path / "files"
    assert take_in(folder, source) == take_in(folder, source)
    (held,) = (path for path in folder.glob("*/*") if path.is_file())
    assert held.name == hashlib.sha256(CONTENT).hexdigest()
    assert held.stat().st_mode & 0o077 == 0
