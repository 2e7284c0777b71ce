"""One e-mail by SMTP. What a server answers is not repeated, but for its number."""

import contextlib
import smtplib
import ssl
import threading
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from hub.alerting.errors import SendingError
from hub.alerting.notice import Notice
from hub.alerting.settings import Mailbox, MailServer

TIMEOUT_S: Final = 10.0
WHOLE_S: Final = 30.0


def send(channel: Mailbox, server: MailServer, notice: Notice, now: datetime) -> None:
    """Raises SendingError. Of several recipients one that is refused keeps it from no other."""
    address = server.address
    try:
        _deliver(server, channel, _message(channel, server, notice, now))
    except smtplib.SMTPAuthenticationError as error:
        raise SendingError(
            "mail_login", f"{address} refuses the login of HAILONG_MAIL_USER ({error.smtp_code})"
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise SendingError(
            "mail_recipient", f"{address} takes no mail for any of the channel's recipients"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise SendingError(
            "mail_tls", f"{address} offers no STARTTLS; see HAILONG_MAIL_TLS"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise SendingError(
            "mail_refused", f"{address} does not take the mail ({error.smtp_code})"
        ) from error
    except ssl.SSLError as error:
        raise SendingError(
            "mail_tls",
            f"{address}: its certificate is not believed or TLS failed; check it, or "
            "HAILONG_MAIL_CA and HAILONG_MAIL_TLS",
        ) from error
    except TimeoutError as error:
        raise SendingError("timeout", f"{address} does not answer") from error
    except (OSError, smtplib.SMTPException) as error:
        raise SendingError(
            "connection", f"{address} cannot be reached ({type(error).__name__})"
        ) from error


def _message(channel: Mailbox, server: MailServer, notice: Notice, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = notice.subject(channel.language)
    message["From"] = server.sender
    message["To"] = ", ".join(channel.to)
    message["Date"] = format_datetime(now)
    # The same for each attempt: mail servers and programs know a double by it.
    domain = server.sender.rpartition("@")[2]
    message["Message-ID"] = f"<hailong.{notice.event}.{channel.name}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text(channel.language))
    return message


def _deliver(server: MailServer, channel: Mailbox, message: EmailMessage) -> None:
    context = ssl.create_default_context(cafile=server.ca)
    host, port = server.address.host, server.address.port
    smtp = (
        smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        if server.tls == "tls"
        else smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    )
    # A server that answers a byte at a time holds its own channel no longer than this.
    whole = threading.Timer(WHOLE_S, smtp.close)
    whole.daemon = True
    whole.start()
    try:
        if server.tls == "starttls":
            smtp.starttls(context=context)
        if server.user is not None:
            smtp.login(server.user, server.password or "")
        smtp.send_message(message, server.sender, list(channel.to))
        # It is taken: how the server says good-bye changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
    finally:
        whole.cancel()
        smtp.close()
