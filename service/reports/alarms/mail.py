"""E-mail, and the server that it is handed to."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final, Literal

from service.recipients import Recipient

Tls = Literal["starttls", "tls", "none"]

PATIENCE: Final = 20.0
"""Seconds for each answer of the server."""


class MailError(RuntimeError):
    """The mail was not handed over; the message says why, and names no recipient."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail without its envelope. `html` says the same as `text`."""

    subject: str
    text: str
    html: str | None = None
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class MailServer:
    """An SMTP server that takes mail to be sent on.

    With `starttls` and `tls` its certificate must be for `host` and from an issuer that the machine trusts, and nothing
    but greetings is said before it is: no user, no password, no mail.
    """

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def send(self, letter: Letter, to: Recipient, id_: str) -> None:
        """Hand one letter over. `id_` is the same when the same letter is sent again. Raises `MailError`."""
        message = self._message(letter, to, id_)
        try:
            with closing(self._connect()) as server:
                if self.user is not None:
                    server.login(self.user, self.password or "")
                server.send_message(message)
                with suppress(smtplib.SMTPException, OSError):  # the mail is theirs now: nothing is to be sent again
                    server.quit()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            problem = _why(error)
        else:
            return
        # out here it does not carry what the server said, which may repeat the address or the password
        raise MailError(f"the mail server {self.host}:{self.port} {problem}")

    def _connect(self) -> smtplib.SMTP:
        trust = ssl.create_default_context()
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=trust)
        server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        if self.tls == "starttls":
            try:
                server.starttls(context=trust)
            except BaseException:
                server.close()
                raise
        return server

    def _message(self, letter: Letter, to: Recipient, id_: str) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(letter.subject.split())
        message["From"], message["To"] = self.sender, to.address
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{hashlib.sha256(f'{id_} {to.mark}'.encode()).hexdigest()[:32]}@reclamo.invalid>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer of an absent reader is wanted
        message.set_content(letter.text)
        if letter.html is not None:
            message.add_alternative(letter.html, subtype="html")
        for each in letter.attachments:
            main, _, sub = each.kind.partition("/")
            message.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
        message["Content-Language"] = to.language  # last: whatever sets content removes it
        return message


def _why(error: Exception) -> str:
    """Say what went wrong and what to do next, in no word of the server's."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"refused the login with {error.smtp_code}: check RECLAMO_SMTP_USER and RECLAMO_SMTP_PASSWORD"
        case smtplib.SMTPSenderRefused():
            return (
                f"refused the sender with {error.smtp_code}: check RECLAMO_MAIL_FROM, and whether it asks for a login "
                "(RECLAMO_SMTP_USER, RECLAMO_SMTP_PASSWORD) or for encryption (RECLAMO_SMTP_TLS)"
            )
        case smtplib.SMTPRecipientsRefused():
            codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
            return f"refused the recipient with {codes}: check who is to be mailed (its log names the address)"
        case smtplib.SMTPResponseException():
            return f"refused with {error.smtp_code}: its log says why"
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            return "offers no STARTTLS: try RECLAMO_SMTP_TLS=tls with its port for that, mostly 465"
        case smtplib.SMTPNotSupportedError():
            return "takes no login here: check RECLAMO_SMTP_PORT and RECLAMO_SMTP_TLS, or unset RECLAMO_SMTP_USER"
        case ssl.SSLCertVerificationError():
            return (
                f"has a certificate that is not trusted ({error.verify_message}): RECLAMO_SMTP_HOST must be a name in "
                "it, and its issuer one that this machine trusts or that is in the file named by SSL_CERT_FILE"
            )
        case ssl.SSLError():
            return f"could not agree on TLS ({error.reason}): RECLAMO_SMTP_TLS is mostly tls on port 465, else starttls"
        case UnicodeEncodeError(encoding="ascii"):
            return "can be told ASCII alone: RECLAMO_SMTP_USER or RECLAMO_SMTP_PASSWORD has other characters"
    told = "RECLAMO_SMTP_HOST, RECLAMO_SMTP_PORT and RECLAMO_SMTP_TLS"
    return f"could not be used ({type(error).__name__}): check {told}, and that this machine can reach it"
