"""What the settings say of alerts and digests: by which servers they are sent, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import SecretStr

from data.taxonomy import Taxonomy
from models.registry import SHIPPED
from service.origin import is_loopback
from service.recipients import Recipient, read_recipients
from service.reports.alarms.digest import Period, Print
from service.reports.alarms.hook import Hook, read_secret
from service.reports.alarms.mail import MailServer
from service.reports.alarms.notices import Notices
from service.reports.alarms.sent import Sent, SentError
from service.reports.alarms.watching import Watching
from service.reports.counts.prevalence import Prevalence
from service.reports.tongue import Tongue
from service.reports.web.desk import read_confusions
from service.reports.web.exports import can_print, pdf
from service.settings import Settings, SettingsError


def open_watching(settings: Settings, taxonomy: Callable[[], Taxonomy]) -> Watching | None:
    """Make what the settings ask for; None where nothing is to be sent. Raises `SettingsError`."""
    alerts, digests, hook = read_recipients(settings.alert_to), _digests(settings), _hook(settings)
    mail = mail_server(settings) if alerts or any(digests.values()) else None
    if not mail and not hook:
        return None
    try:
        sent = Sent(sent_path(settings))
    except SentError as error:
        raise SettingsError(f"RECLAMO_SENT: {error}") from None

    def tongue(language: str) -> Tongue:
        return Tongue(language, taxonomy())

    notices = Notices(sent, tongue, mail, alerts, hook, settings.public_address)
    return Watching(notices, lambda: read_prevalence(settings), digests, printer())


def read_prevalence(settings: Settings) -> Prevalence:
    """Read how each version of the model errs."""
    return Prevalence(read_confusions((settings.model or SHIPPED).absolute()))


def printer() -> Print | None:
    """Find what prints PDF; None where nothing does."""
    return pdf if can_print() else None


def mail_server(settings: Settings) -> MailServer:
    """Find the mail server; raises `SettingsError`."""
    user, password = settings.smtp_user or None, _open(settings.smtp_password)
    if not settings.smtp_host or settings.mail_from is None:
        raise SettingsError("mail needs a server and a sender: set RECLAMO_SMTP_HOST and RECLAMO_MAIL_FROM")
    if (user or password) and settings.smtp_tls == "none" and not is_loopback(settings.smtp_host):
        raise SettingsError("RECLAMO_SMTP_TLS=none would send the password in the clear: use starttls or tls")
    if (user is None) != (password is None):
        raise SettingsError("RECLAMO_SMTP_USER and RECLAMO_SMTP_PASSWORD go together: set both or neither")
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.mail_from,
        tls=settings.smtp_tls,
        user=user,
        password=password,
    )


def sent_path(settings: Settings) -> Path:
    """Find the file of what was sent; raises `SettingsError`."""
    if settings.sent is not None:
        return settings.sent
    if settings.store and settings.store.startswith("sqlite:///"):
        return Path(f"{settings.store.removeprefix('sqlite:///').partition('?')[0]}.sent.json")
    raise SettingsError("RECLAMO_SENT is needed beside PostgreSQL: a file that remembers what was sent")


def _digests(settings: Settings) -> dict[Period, Sequence[Recipient]]:
    return {"week": read_recipients(settings.weekly_to), "month": read_recipients(settings.monthly_to)}


def _hook(settings: Settings) -> Hook | None:
    if settings.webhook is None:
        return None
    secret = _open(settings.webhook_secret)
    if not secret:
        raise SettingsError("RECLAMO_WEBHOOK needs RECLAMO_WEBHOOK_SECRET, which its calls are signed with")
    try:
        return Hook(settings.webhook, read_secret(secret))
    except ValueError as error:
        raise SettingsError(f"RECLAMO_WEBHOOK_SECRET {error}") from None


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
