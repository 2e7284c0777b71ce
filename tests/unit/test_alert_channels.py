"""Webhooks and e-mail against real receivers with TLS, and where neither may go."""

import email
import email.policy
import hashlib
import hmac
import json
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest

from hub.alerting import addresses, mail, webhook
from hub.alerting.addresses import is_public, targets
from hub.alerting.errors import SendingError
from hub.alerting.notice import Notice
from hub.alerting.settings import Mailbox, MailServer, Webhook
from hub.settings import Address
from tests.channels import HOST, hook, mail_receiver, make_certificates

NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
SECRET = b"s" * 64
NOTICE = Notice(
    event="41",
    branch_id="hoan-kiem",
    branch="Chi nhánh Hoàn Kiếm",
    counter_id="quay-05",
    counter_number=5,
    rule_id="escalation",
    title="Người dân đề nghị gặp lãnh đạo",
    raised_at=NOW,
    link="https://hailong.example/overview#alert-1",
)
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver(certificates):
    with hook(certificates) as server:
        yield server


@pytest.fixture
def channel(certificates, receiver):
    return Webhook(
        name="dieu-hanh",
        branches=("hoan-kiem",),
        language="vi",
        host=HOST,
        port=receiver.port,
        path="/hailong?x=1",
        secret=SECRET,
        allow=LOOPBACK,
        ca=certificates.ca,
    )


def fault_of(call):
    with pytest.raises(SendingError) as caught:
        call()
    return caught.value.fault


# Webhooks -------------------------------------------------------------------------------


def test_a_webhook_holds_ids_and_a_title_and_is_signed(channel, receiver):
    webhook.send(channel, NOTICE, NOW)
    (got,) = receiver.requests
    assert got.path == "/hailong?x=1"
    assert json.loads(got.body) == {
        "version": 1,
        "event": "41",
        "test": False,
        "branch": "hoan-kiem",
        "branch_name": "Chi nhánh Hoàn Kiếm",
        "counter": "quay-05",
        "counter_number": 5,
        "rule": "escalation",
        "title": "Người dân đề nghị gặp lãnh đạo",
        "raised_at": "2026-03-10T03:00:00+00:00",
        "link": "https://hailong.example/overview#alert-1",
    }
    assert got.headers["Hailong-Event"] == "41"
    # As docs/alerts.md tells a receiver to check it.
    fields = dict(part.split("=") for part in got.headers["Hailong-Signature"].split(","))
    assert int(fields["t"]) == int(NOW.timestamp())
    signed = fields["t"].encode() + b"." + got.body
    assert hmac.compare_digest(fields["v1"], hmac.new(SECRET, signed, hashlib.sha256).hexdigest())


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_is_taken(channel, receiver, status):
    receiver.status = status
    webhook.send(channel, NOTICE, NOW)


@pytest.mark.parametrize("status", [301, 307, 404, 429, 500, 503])
def test_any_other_status_is_a_fault_and_no_redirect_is_followed(
    channel, receiver, certificates, status
):
    with hook(certificates) as elsewhere:
        receiver.status = status
        receiver.location = f"https://{HOST}:{elsewhere.port}/"
        assert fault_of(lambda: webhook.send(channel, NOTICE, NOW)) == f"status_{status}"
        assert (len(receiver.requests), elsewhere.requests) == (1, [])


def test_a_certificate_of_a_stranger_is_not_believed(channel, receiver, tmp_path):
    other = make_certificates(tmp_path)
    assert fault_of(lambda: webhook.send(replace(channel, ca=other.ca), NOTICE, NOW)) == "tls"
    assert fault_of(lambda: webhook.send(replace(channel, ca=None), NOTICE, NOW)) == "tls"
    assert receiver.requests == []


def test_a_certificate_for_another_name_is_not_believed(channel, receiver, monkeypatch):
    resolves(monkeypatch, {"other.example": [HOST]})
    call = replace(channel, host="other.example")
    assert fault_of(lambda: webhook.send(call, NOTICE, NOW)) == "tls"
    assert receiver.requests == []


def test_nobody_there_and_nobody_who_answers(channel, receiver, monkeypatch):
    with socket.create_server((HOST, 0)) as silent:
        monkeypatch.setattr(webhook, "TIMEOUT_S", 0.3)
        call = replace(channel, port=silent.getsockname()[1])
        assert fault_of(lambda: webhook.send(call, NOTICE, NOW)) == "timeout"
    assert fault_of(lambda: webhook.send(call, NOTICE, NOW)) == "connection"
    receiver.silent_s = 1.0
    assert fault_of(lambda: webhook.send(channel, NOTICE, NOW)) == "timeout"


def test_an_answer_by_the_byte_ends_in_time(channel, receiver, monkeypatch):
    receiver.drips = True
    monkeypatch.setattr(webhook, "WHOLE_S", 0.5)
    began_s = time.monotonic()
    assert fault_of(lambda: webhook.send(channel, NOTICE, NOW)) in {"connection", "tls"}
    assert time.monotonic() - began_s < 5


# Where a webhook may go -----------------------------------------------------------------


def resolves(monkeypatch, answers):
    """The resolver's answers, by name, one a call; how often it was asked."""
    asked = []

    def getaddrinfo(host, port, *_args, **_named):
        asked.append(host)
        found = answers[host]
        if found and isinstance(found[0], list):
            found = found.pop(0)
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port, 0, 0) if ":" in one else (one, port),
            )
            for one in found
        ]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1",
        "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
        "::7f00:1", "2001:db8::1", "100::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_not_called(monkeypatch, address):
    assert not is_public(ip_address(address))
    resolves(monkeypatch, {"hook.example": [address]})
    assert fault_of(lambda: targets("hook.example", 443, ())) == "address_forbidden"


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1"])
def test_a_public_address_is_called(monkeypatch, address):
    resolves(monkeypatch, {"hook.example": [address]})
    (target,) = targets("hook.example", 443, ())
    assert target.address[:2] == (address, 443)


@pytest.mark.parametrize(
    "name", ["localhost", "127.1", "2130706433", "0x7f.1", "017700000001", "0", "::1"]
)
def test_other_spellings_of_this_machine_are_not_called(name):
    """By the real resolver, whatever it makes of them."""
    assert fault_of(lambda: targets(name, 443, ())) in {"address_forbidden", "name_not_found"}


def test_of_several_addresses_one_that_is_not_public_is_enough(monkeypatch):
    resolves(monkeypatch, {"hook.example": ["93.184.216.34", "10.0.0.1"]})
    assert fault_of(lambda: targets("hook.example", 443, ())) == "address_forbidden"


def test_an_allowed_network_may_be_called_and_no_other(monkeypatch):
    inside = (ip_network("10.20.0.0/16"), ip_network("fd12::/32"))
    resolves(
        monkeypatch,
        {"in": ["10.20.1.1"], "v6": ["fd12::7"], "mapped": ["::ffff:10.20.1.1"], "out": ["10.21.1.1"]},
    )  # fmt: skip
    for name in ("in", "v6", "mapped"):
        assert targets(name, 443, inside)
    assert fault_of(lambda: targets("out", 443, inside)) == "address_forbidden"


def test_a_name_that_leads_elsewhere_a_moment_later_leads_nobody_there(
    channel, receiver, certificates, monkeypatch
):
    """DNS rebinding: what was checked is what is called, and the resolver is asked once."""
    with hook(certificates, "127.0.0.2") as inside:
        call = replace(channel, host="hook.example", allow=(ip_network("127.0.0.1/32"),))
        asked = resolves(monkeypatch, {"hook.example": [[HOST], ["127.0.0.2"], ["127.0.0.2"]]})
        inside_port, inside.requests = inside.port, []
        webhook.send(call, NOTICE, NOW)
        assert asked == ["hook.example"]
        assert len(receiver.requests) == 1
        # The next time it leads there, and is refused before anything is sent.
        call = replace(call, port=inside_port)
        assert fault_of(lambda: webhook.send(call, NOTICE, NOW)) == "address_forbidden"
        assert inside.requests == []


def test_a_proxy_of_the_environment_is_not_asked(channel, receiver, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    webhook.send(channel, NOTICE, NOW)
    assert len(receiver.requests) == 1


# E-mail ---------------------------------------------------------------------------------

CAUTION = (
    "Dấu hiệu để xem xét, không phải kết luận vi phạm; không dùng làm căn cứ duy nhất để xử lý kỷ "
    "luật."
)
BOX = Mailbox("truc-ban", ("hoan-kiem",), "vi", ("lan@example.gov.vn", "nga@example.gov.vn"))


def server_at(certificates, port, **overrides):
    given = {
        "address": Address(HOST, port),
        "tls": "starttls",
        "sender": "hailong@example.gov.vn",
        "ca": certificates.ca,
    }
    return MailServer(**{**given, **overrides})


@pytest.mark.parametrize("tls", ["starttls", "tls", "none"])
def test_a_mail_tells_where_what_when_and_where_to_look(certificates, tls):
    with mail_receiver(certificates, implicit_tls=tls == "tls") as receiver:
        mail.send(BOX, server_at(certificates, receiver.port, tls=tls), NOTICE, NOW)
    (got,) = receiver.mails
    assert got.encrypted == (tls != "none")
    assert got.recipients == ["lan@example.gov.vn", "nga@example.gov.vn"]
    message = email.message_from_string(got.text, policy=email.policy.default)
    assert message["Subject"] == "Báo ngay: Quầy 5 – Người dân đề nghị gặp lãnh đạo"
    assert message["Message-ID"] == "<hailong.41.truc-ban@example.gov.vn>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().splitlines() == [
        "Chi nhánh: Chi nhánh Hoàn Kiếm",
        "Quầy: 5",
        "Nội dung: Người dân đề nghị gặp lãnh đạo",
        "Thời điểm: 10:00 10/03/2026",
        "Xem tại: https://hailong.example/overview#alert-1",
        "",
        CAUTION,
    ]


def test_what_is_reviewed_outside_the_branch_names_no_counter(certificates):
    unnamed = replace(NOTICE, counter_id=None, counter_number=None, title="Dấu hiệu khác")
    assert json.loads(unnamed.json())["counter"] is None
    assert unnamed.subject("vi") == "Báo ngay: Chi nhánh Hoàn Kiếm – Dấu hiệu khác"
    assert "Quầy" not in unnamed.text("vi")


def test_a_test_says_that_it_is_one():
    tried = replace(NOTICE, test=True)
    assert tried.subject("en").startswith("[TEST] Live alert: Counter 5")
    assert "nothing has happened at a counter" in tried.text("en")
    assert json.loads(tried.json())["test"] is True


def test_a_login_goes_over_tls_alone(certificates):
    with mail_receiver(certificates, login="hailong:pass-word") as receiver:
        known = server_at(certificates, receiver.port, user="hailong", password="pass-word")
        mail.send(BOX, known, NOTICE, NOW)
        assert (receiver.mails[0].login, receiver.mails[0].encrypted) == ("hailong:pass-word", True)
        wrong = replace(known, password="falsch")
        assert fault_of(lambda: mail.send(BOX, wrong, NOTICE, NOW)) == "mail_login"
    with mail_receiver(certificates, login="hailong:pass-word", starttls=False) as receiver:
        plain = server_at(certificates, receiver.port, user="hailong", password="pass-word")
        assert fault_of(lambda: mail.send(BOX, plain, NOTICE, NOW)) == "mail_tls"
        assert receiver.mails == []


def test_a_mail_servers_certificate_is_looked_at(certificates, tmp_path):
    with mail_receiver(certificates) as receiver:
        stranger = server_at(make_certificates(tmp_path), receiver.port)
        assert fault_of(lambda: mail.send(BOX, stranger, NOTICE, NOW)) == "mail_tls"
        assert receiver.mails == []


def test_one_refused_recipient_keeps_it_from_no_other_and_all_of_them_are_a_fault(certificates):
    with mail_receiver(certificates, refuses={"lan@example.gov.vn"}) as receiver:
        mail.send(BOX, server_at(certificates, receiver.port), NOTICE, NOW)
        assert receiver.mails[0].recipients == ["nga@example.gov.vn"]
    with mail_receiver(certificates, refuses=set(BOX.to)) as receiver:
        there = server_at(certificates, receiver.port)
        assert fault_of(lambda: mail.send(BOX, there, NOTICE, NOW)) == "mail_recipient"


def test_a_mail_that_is_not_taken_and_a_server_that_is_not_there(certificates):
    with mail_receiver(certificates, after_data="451 later lan@example.gov.vn") as receiver:
        there = server_at(certificates, receiver.port)
        with pytest.raises(SendingError) as caught:
            mail.send(BOX, there, NOTICE, NOW)
        assert caught.value.fault == "mail_refused"
        assert "later" not in str(caught.value)  # the server's words are not repeated
    assert fault_of(lambda: mail.send(BOX, there, NOTICE, NOW)) == "connection"


def test_a_good_bye_that_fails_makes_no_fault_of_a_mail_that_was_taken(certificates):
    with mail_receiver(certificates, good_bye="500 what?") as receiver:
        mail.send(BOX, server_at(certificates, receiver.port), NOTICE, NOW)
        assert len(receiver.mails) == 1


def test_a_title_that_holds_a_line_break_makes_no_header(certificates):
    with mail_receiver(certificates) as receiver:
        forged = replace(NOTICE, title="x\r\nBcc: all@example.gov.vn")
        with pytest.raises(ValueError, match="linefeed"):
            mail.send(BOX, server_at(certificates, receiver.port), forged, NOW)
        assert receiver.mails == []
