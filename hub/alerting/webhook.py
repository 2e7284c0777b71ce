"""One POST over HTTPS, signed with a secret that both sides hold.

No redirect is followed, no proxy asked, and the answer counts by its status alone.
"""

import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from hub.alerting.addresses import Target, targets
from hub.alerting.errors import SendingError
from hub.alerting.notice import Notice
from hub.alerting.settings import Webhook
from schemas.version import VERSION

SIGNATURE: Final = "Hailong-Signature"
EVENT: Final = "Hailong-Event"
TIMEOUT_S: Final = 10.0
"""For a step: connecting, a read, a write."""
WHOLE_S: Final = 20.0
"""A receiver that answers a byte at a time holds its own channel no longer than this."""


def send(channel: Webhook, notice: Notice, now: datetime) -> None:
    """Raises SendingError."""
    body = notice.json()
    connection = _Pinned(
        channel.host,
        channel.port,
        targets(channel.host, channel.port, channel.allow),
        _context(channel),
    )
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"hailong/{VERSION}",
        EVENT: notice.event,
        SIGNATURE: signature(channel.secret, int(now.timestamp()), body),
    }
    whole = threading.Timer(WHOLE_S, connection.cut)
    whole.daemon = True
    whole.start()
    try:
        connection.request("POST", channel.path, body, headers)
        status = connection.getresponse().status
    except TimeoutError as error:
        raise SendingError(
            "timeout", f"{channel.host} does not answer within {TIMEOUT_S:.0f} s"
        ) from error
    except ssl.SSLError as error:
        raise SendingError(
            "tls",
            f"{channel.host}: its certificate is not believed or TLS failed "
            f"({error.reason or type(error).__name__}); check the certificate, or `ca_file`",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise SendingError(
            "connection", f"{channel.host}:{channel.port} cannot be reached ({_kind(error)})"
        ) from error
    finally:
        whole.cancel()
        connection.close()
    if not 200 <= status < 300:
        further = "; redirects are not followed" if 300 <= status < 400 else ""
        raise SendingError(
            f"status_{status}", f"{channel.host} answered {status}; expected 200 to 299{further}"
        )


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """`t=TIME,v1=HEX`: HMAC-SHA256 over the time in seconds, a dot and the body."""
    signed = str(timestamp).encode() + b"." + body
    return f"t={timestamp},v1={hmac.new(secret, signed, hashlib.sha256).hexdigest()}"


def _context(channel: Webhook) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=channel.ca)
    except (OSError, ssl.SSLError) as error:
        raise SendingError("tls", f"{channel.ca} is no certificate of an authority") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _kind(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


class _Pinned(http.client.HTTPSConnection):
    """Goes to addresses that were checked; the name is for the certificate and the Host header."""

    def __init__(
        self, host: str, port: int, addresses: Sequence[Target], context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S, context=context)
        self._addresses = addresses
        self._tls = context
        self._plain: socket.socket | None = None

    def connect(self) -> None:
        failed: OSError | None = None
        for target in self._addresses:
            plain = socket.socket(target.family, socket.SOCK_STREAM)
            plain.settimeout(TIMEOUT_S)
            self._plain = plain
            try:
                plain.connect(target.address)
                tls = self._tls.wrap_socket(
                    plain, server_hostname=self.host, do_handshake_on_connect=False
                )
                self.sock = tls
                tls.do_handshake()
            except ssl.SSLError:
                plain.close()
                raise
            except OSError as error:
                plain.close()
                failed = error
            else:
                return
        raise failed or OSError("no address")

    def cut(self) -> None:
        """From another thread: whatever it waits for ends."""
        for one in (self.sock, self._plain):
            if one is not None:
                with contextlib.suppress(OSError):
                    # Not TLS's own, which takes the connection apart under its reader.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)
