import base64
import json

import pytest

from schemas.enrolment import (
    EnrolmentToken,
    TokenError,
    enrol_bytes,
    is_authority,
    renew_bytes,
    secret_digest,
)

TOKEN = EnrolmentToken("https://hub.hn.test:8443", "ab" * 32, "may-01", "0" * 16, "cd" * 32)


def test_a_token_is_one_line_that_reads_back():
    text = str(TOKEN)
    assert text.startswith("hailong1.")
    assert len(text.split()) == 1
    assert EnrolmentToken.parse(f"  {text}\n") == TOKEN
    assert TOKEN.secret not in repr(TOKEN)


def made(**changes):
    parts = {
        "hub_url": TOKEN.hub_url,
        "authority_sha256": TOKEN.authority_sha256,
        "device_id": TOKEN.device_id,
        "token_id": TOKEN.token_id,
        "secret": TOKEN.secret,
    }
    raw = json.dumps({**parts, **changes}).encode()
    return "hailong1." + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hailong1.",
        "hailong2." + "A" * 40,
        "hailong1." + "A" * 40,
        made()[:-9],
        made(device_id="May 01"),
        made(secret="short"),
        made(more="x"),
        made(hub_url="http://hub.hn.test"),
        made(hub_url="https://user@hub.hn.test"),
        made(hub_url="https://hub.hn.test/path"),
        made(hub_url="https://hub.hn.test:x"),
        made(hub_url="https://"),
    ],
)
def test_what_is_no_token_is_told_without_repeating_it(text):
    with pytest.raises(TokenError) as caught:
        EnrolmentToken.parse(text)
    assert "\n" not in str(caught.value)
    assert TOKEN.secret not in f"{caught.value}"
    assert not text or text not in str(caught.value)


def test_proofs_are_bound_to_what_they_are_for():
    whole = {
        enrol_bytes("a", "b", "c"),
        enrol_bytes("ab", "", "c"),
        enrol_bytes("a", "bc", ""),
        renew_bytes("a", 1, "c"),
        renew_bytes("a1", 1, "c"),
    }
    assert len(whole) == 5


def test_of_a_secret_the_hub_keeps_its_digest():
    assert secret_digest("00" * 32).hex().startswith("66687aadf862bd77")
    assert is_authority(b"der", "9fd0" + "0" * 60) is False
