"""How a device signs what it asks of the hub by HTTPS: who, what and when, with its own key.

Signed are a domain string of its own, so that no message of the wire is ever taken for a
request, nor the other way round; then device, time and path, each with its length.
"""

from datetime import UTC, datetime, timedelta

DOMAIN = b"hailong request v1"
DEVICE_HEADER = "X-Hailong-Device"
AT_HEADER = "X-Hailong-At"
SIGNATURE_HEADER = "X-Hailong-Signature"
WINDOW = timedelta(minutes=5)
"""How far the device's clock may be from the hub's."""
FILES_PATH = "/api/v1/files"


def file_path(sha256: str) -> str:
    return f"{FILES_PATH}/{sha256}"


def stamp(at: datetime) -> str:
    """The time as it stands in the header: whole seconds of Unix time, in decimal digits."""
    return str(int(at.timestamp()))


def read_stamp(text: str) -> datetime | None:
    """None for what no device wrote."""
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def request_bytes(device_id: str, at: str, path: str) -> bytes:
    """What is signed of a GET of `path` (without a query). Raises ValueError for parts that
    are longer than 65,535 bytes.
    """
    signed = DOMAIN + b"\0"
    for part in (device_id, at, path):
        raw = part.encode()
        if len(raw) > 0xFFFF:
            raise ValueError("a part of a request is too long to be signed")
        signed += len(raw).to_bytes(2, "big") + raw
    return signed
