from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from data.taxonomy import read_taxonomy
from service import digest_command
from service.recipients import read_recipients
from service.reports.alarms.digest import Period, as_html, as_letter, as_text, filter_of, period_before, write_digest
from service.reports.alarms.notices import Notices
from service.reports.alarms.rising_page import rising
from service.reports.alarms.sending import mail_server, open_watching, printer, sent_path
from service.reports.alarms.sent import Sent
from service.reports.alarms.watching import AGAIN, LOOK, Watching, look_at, watch_daily
from service.reports.counts.prevalence import Prevalence
from service.reports.filters import Filter
from service.reports.ledger import Ledger, date_of, day_of
from service.reports.tongue import Tongue
from service.reports.view import View
from service.reports.web.exports import PdfMissing
from service.settings import Settings, SettingsError, read_settings
from tests.service.reports.printing import needs_printing
from tests.service.reports.toy_ledger import START, fact, ledger
from tests.service.reports.toy_post import Post, post

__all__ = ["post"]

TAXONOMY = read_taxonomy()
THEME = TAXONOMY.ids("themes")[0]
MONDAY = START.date() + timedelta(days=91)


def tongue(language: str) -> Tongue:
    return Tongue(language, TAXONOMY)


@pytest.fixture(scope="module")
def tickets() -> Ledger:
    """Thirteen weeks of five a day; in the last one a theme comes four times as often."""
    dice, facts = random.Random(1), []
    for day in range(91):
        for _ in range(dice.choice([4, 5, 6]) * (4 if day >= 84 else 1)):
            facts.append(fact(day=day, labels={"themes": [THEME]}))
        facts += [fact(day=day) for _ in range(30)]
    return ledger(*facts)


def view(tickets: Ledger, language: str = "en", asked: Filter | None = None) -> View:
    return View(
        ledger=tickets,
        filter=asked or filter_of(MONDAY, "week"),
        tongue=tongue(language),
        prevalence=Prevalence({}),
    )


@pytest.mark.parametrize(
    ("today", "period", "start", "end"),
    [
        (date(2026, 3, 9), "week", date(2026, 3, 2), date(2026, 3, 8)),
        (date(2026, 3, 15), "week", date(2026, 3, 2), date(2026, 3, 8)),
        (date(2026, 3, 1), "month", date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 1, 31), "month", date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_a_period_is_the_last_one_that_is_over(today: date, period: Period, start: date, end: date) -> None:
    assert period_before(today, period) == (start, end)


@pytest.mark.parametrize("language", ["fi", "vi", "es", "en"])
def test_a_digest_tells_what_rises_in_the_readers_language(tickets: Ledger, language: str) -> None:
    found = write_digest(view(tickets, language), look_at(tickets, MONDAY), "week", "https://reclamo.example.com")
    name = tongue(language).label("themes", THEME)
    assert any(name in each for each in found.rising)
    text, html = as_text(found), as_html(found)
    assert f'<html lang="{language}">' in html
    assert name in text
    assert f"https://reclamo.example.com/reports?from=2026-05-25&to=2026-05-31&ui={language}" in text
    assert 'href="https://reclamo.example.com/reports?' in html
    assert "http" not in as_text(write_digest(view(tickets, language), [], "week"))


def test_names_of_labels_and_places_cannot_write_html(tickets: Ledger) -> None:
    found = write_digest(view(tickets), [], "month")
    assert "&lt;b&gt;" in as_html(SimpleNamespace(**{**vars(found), "rising": ["<b>x"]}))  # type: ignore[arg-type]


def test_paper_comes_with_it_where_something_prints(tickets: Ledger) -> None:
    found = write_digest(view(tickets), [], "week")
    (paper,) = as_letter(found, "reclamo-week", lambda html: html.encode()[:15]).attachments
    assert (paper.name, paper.kind, paper.content) == ("reclamo-week.pdf", "application/pdf", b"<!doctype html>")

    def missing(_: str) -> bytes:
        raise PdfMissing("apt install …")

    assert not as_letter(found, "x", missing).attachments
    assert as_letter(found, "x", missing).html


@needs_printing
def test_a_digest_arrives_with_its_paper(tmp_path: Path, post: Post, tickets: Ledger) -> None:
    assert replace(watching(tmp_path, post, "anna@example.com=vi"), printer=printer()).look(tickets, MONDAY)
    ((_, _, content),) = post.got
    assert max(map(len, content.splitlines())) <= 998, "RFC 5321, 4.5.3.1.6"
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert tongue("vi").label("themes", THEME) in body.get_content()
    (paper,) = mail.iter_attachments()
    assert (paper.get_content_type(), paper.get_filename()) == ("application/pdf", "reclamo-week-2026-05-25.pdf")
    printed = paper.get_content()
    assert printed.startswith(b"%PDF-")
    assert printed.rstrip().endswith(b"%%EOF")


def watching(path: Path, post: Post, weekly: str = "anna@example.com=fi") -> Watching:
    sent = Notices(Sent(path / "sent.json"), tongue, post.server())
    return Watching(sent, lambda: Prevalence({}), {"week": read_recipients(weekly)})


def test_a_digest_is_sent_once_and_late_rather_than_never(tmp_path: Path, post: Post, tickets: Ledger) -> None:
    assert watching(tmp_path, post).look(tickets, MONDAY + timedelta(days=1))
    assert watching(tmp_path, post).look(tickets, MONDAY + timedelta(days=2))
    ((_, to, content),) = post.got
    mail = message_from_bytes(content, policy=policy.default)
    assert to == ["anna@example.com"]
    assert mail["Content-Language"] == "fi"
    assert watching(tmp_path, post).look(tickets, MONDAY + timedelta(days=7))
    assert len(post.got) == 2
    assert watching(tmp_path / "new", post).look(tickets, MONDAY + timedelta(days=13)), "too late: the next one is near"
    assert len(post.got) == 2


def test_a_digest_that_was_refused_is_tried_again(tmp_path: Path, post: Post, tickets: Ledger) -> None:
    post.refuse = "anna"
    assert not watching(tmp_path, post, "anna@example.com,ben@example.com").look(tickets, MONDAY)
    post.refuse = None
    assert watching(tmp_path, post, "anna@example.com,ben@example.com").look(tickets, MONDAY)
    assert [to for _, to, _ in post.got] == [["ben@example.com"], ["anna@example.com"]]


def test_the_service_looks_once_a_day_in_its_own_zone() -> None:
    moments = [datetime(2026, 6, 1, 2, 30, tzinfo=UTC) + timedelta(hours=each) for each in (0, 1, 2, 3, 24, 24.5)]
    looked: list[date] = []
    slept: list[float] = []
    clock = iter(moments)

    def look(_: Ledger, today: date) -> bool:
        looked.append(today)
        if len(looked) == 1:
            raise ValueError("hunter2")
        return True

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == len(moments):
            raise asyncio.CancelledError

    books: Any = SimpleNamespace(ledger=ledger(), ready=True, zone=ZoneInfo("Europe/Helsinki"))
    looker: Any = SimpleNamespace(look=look)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch_daily(looker, books, lambda: next(clock), sleep=sleep))
    # 05:30, 06:30 (fails), 07:30, 08:30, and on the next day 05:30 and 06:00
    assert looked == [date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 2)]
    assert slept == [LOOK, AGAIN, LOOK, LOOK, LOOK, LOOK]


def test_the_page_shows_what_rose_in_its_days(tickets: Ledger) -> None:
    dates: Any = {"start": date_of(day_of(MONDAY) - 20), "end": MONDAY}
    shown = rising(view(tickets, asked=Filter(**dates)))
    alarms, signs = shown.figures
    assert THEME in str(alarms.table.links)
    assert [link for link, _ in shown.extra["alarms"]] == list(alarms.table.links)
    assert [column.id for column in alarms.table.columns] == [column.id for column in signs.table.columns]
    early: Any = {"start": MONDAY - timedelta(days=60), "end": MONDAY - timedelta(days=20)}
    assert not rising(view(tickets, asked=Filter(**early))).figures[0].table.rows
    assert not rising(view(tickets, asked=Filter(**dates, theme=TAXONOMY.ids("themes")[1]))).figures[0].table.rows
    assert rising(view(ledger(), asked=Filter(**early))).figures == ()


MAIL: dict[str, Any] = {"smtp_host": "mail.example.com", "mail_from": "us@example.com"}


def test_settings_make_what_they_ask_for(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/tickets.db"
    assert open_watching(Settings(store=store), lambda: TAXONOMY) is None
    secret: Any = "0123456789abcdef0123456789abcdef"
    settings = Settings(
        store=store, alert_to="anna@example.com=fi", webhook="https://example.com/in", webhook_secret=secret, **MAIL
    )
    found = open_watching(settings, lambda: TAXONOMY)
    assert found is not None
    assert found.notices.hook is not None
    assert [each.language for each in found.notices.to] == ["fi"]
    assert sent_path(settings) == tmp_path / "tickets.db.sent.json"
    assert secret not in "".join(settings.lines())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"alert_to": "anna@example.com"}, "RECLAMO_SMTP_HOST"),
        ({"webhook": "https://example.com/"}, "RECLAMO_WEBHOOK_SECRET"),
        ({"webhook": "https://example.com/", "webhook_secret": "hush"}, "RECLAMO_WEBHOOK_SECRET is shorter"),
        ({"weekly_to": "a@b.c", "store": "postgresql://x@y/z", **MAIL}, "RECLAMO_SENT is needed"),
        ({"weekly_to": "a@b.c", "smtp_user": "us", "smtp_tls": "none", **MAIL}, "in the clear"),
        ({"weekly_to": "a@b.c", "smtp_password": "hush", "smtp_tls": "none", **MAIL}, "in the clear"),
        ({"weekly_to": "a@b.c", "smtp_user": "us", **MAIL}, "go together"),
        ({"weekly_to": "a@b.c", "smtp_password": "hush", **MAIL}, "go together"),
        ({"weekly_to": "a@b.c", **MAIL, "smtp_host": ""}, "RECLAMO_SMTP_HOST"),
    ],
)
def test_settings_that_do_not_go_together_end_the_start(given: dict[str, Any], told: str, tmp_path: Path) -> None:
    store = {"store": f"sqlite:///{tmp_path}/tickets.db"}
    with pytest.raises(SettingsError, match=told) as error:
        open_watching(Settings(**(store | given)), lambda: TAXONOMY)
    assert "hush" not in str(error.value)
    with pytest.raises(SettingsError, match=r"RECLAMO_ALERT_TO: .*no address"):
        read_settings(["--alert-to=anna"])


def test_the_command_shows_and_sends(
    tmp_path: Path, post: Post, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tickets: Ledger
) -> None:
    monkeypatch.setattr(digest_command, "_read", lambda *_: tickets)
    monkeypatch.setattr(digest_command, "printer", lambda: None)
    assert digest_command.main([f"--today={MONDAY}", "--print", "fi"]) == 0
    assert tongue("fi").label("themes", THEME) in capsys.readouterr().out
    assert digest_command.main(["--to=anna@example.com"]) == 2
    assert "RECLAMO_SMTP_HOST" in capsys.readouterr().err
    for name, value in {"HOST": "127.0.0.1", "PORT": str(post.port), "TLS": "none"}.items():
        monkeypatch.setenv(f"RECLAMO_SMTP_{name}", value)
    monkeypatch.setenv("RECLAMO_MAIL_FROM", "us@example.com")
    asked = [f"--today={MONDAY}", "--period=month", "--to=anna@example.com=es"]
    assert [digest_command.main(asked), digest_command.main(asked)] == [0, 0]
    assert len(post.got) == 2
    post.refuse = "anna"
    assert digest_command.main(asked) == 1
    assert "550" in capsys.readouterr().err


def test_the_command_counts_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="RECLAMO_STORE is not set"):
        digest_command._read(Settings(), TAXONOMY)
    assert len(digest_command._read(Settings(store=f"sqlite:///{tmp_path}/tickets.db"), TAXONOMY)) == 0
    assert mail_server(Settings(**MAIL)).tls == "starttls"
