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
    """An SMTP server that takes mail to be sent on."""

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    """Whose certificates are believed; None: those that the machine believes."""

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
        except smtplib.SMTPResponseException as error:
            problem = f"the mail server {self.host}:{self.port} refused with {error.smtp_code}"
        except smtplib.SMTPRecipientsRefused as error:
            codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
            problem = f"the mail server {self.host}:{self.port} refused the recipient with {codes}"
        except (smtplib.SMTPException, OSError, ValueError) as error:
            problem = f"the mail server {self.host}:{self.port} could not be used: {type(error).__name__}"
        else:
            return
        raise MailError(problem)  # out here it does not carry what the server said, which may repeat the address

    def _connect(self) -> smtplib.SMTP:
        trust = self.trust or ssl.create_default_context()
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
