from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from data.taxonomy import read_taxonomy
from service.recipients import Recipient, read_recipients
from service.reports.alarms.daily import Place
from service.reports.alarms.hook import WAITS, Hook, HookError, read_secret
from service.reports.alarms.mail import Attachment, Letter, MailError
from service.reports.alarms.notices import Notices, letter, payload
from service.reports.alarms.rising import QUIET, Rise
from service.reports.alarms.sent import Sent, SentError
from service.reports.ledger import date_of
from service.reports.tongue import Tongue
from tests.service.reports.toy_post import Post, post

__all__ = ["post"]

TAXONOMY = read_taxonomy()
THEME = TAXONOMY.ids("themes")[0]
DAY = 20_600
TODAY = date_of(DAY + 1)
RISE = Rise(
    THEME, "alarm", DAY, 5, 33, 14.26, 1.234e-4, ((Place("lang", "fi"), 20, 4.4), (Place("branch", "Turku"), 9, 2.0))
)
SECRET = "0123456789abcdef0123456789abcdef"


def tongue(language: str) -> Tongue:
    return Tongue(language, TAXONOMY)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((self.path, dict(self.headers), body))
        status = server.answers.pop(0) if server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def hook(receiver: Any, slept: list[float] | None = None) -> Hook:
    waits: list[float] = [] if slept is None else slept
    address = f"http://127.0.0.1:{receiver.server_port}/in?to=us"
    return Hook(address, SECRET.encode(), clock=lambda: 1_700_000_000.9, sleep=waits.append)


def test_a_webhook_is_signed_and_holds_no_words_of_customers(receiver: Any) -> None:
    hook(receiver).send(RISE.id, payload(RISE, tongue("en"), "https://reclamo.example.com"))
    ((path, headers, body),) = receiver.got
    assert path == "/in?to=us"
    assert headers["webhook-id"] == RISE.id
    digest = hmac.new(SECRET.encode(), f"{RISE.id}.1700000000.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-timestamp"] == "1700000000"
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    sent = json.loads(body)
    assert sent["type"] == "theme.rising"
    assert sent["data"].keys() == {
        "theme",
        "name",
        "day",
        "days",
        "count",
        "expected",
        "chance",
        "place",
        "where",
        "link",
    }
    assert (sent["data"]["count"], sent["data"]["expected"], sent["data"]["chance"]) == (33, 14.3, 1.2e-4)
    assert sent["data"]["where"][0] == {"feature": "lang", "value": "fi", "count": 20, "expected": 4.4}
    assert sent["data"]["link"] == f"https://reclamo.example.com/reports?theme={THEME}&ui=en"


def test_a_webhook_is_tried_again_only_where_that_may_help(receiver: Any) -> None:
    slept: list[float] = []
    receiver.answers = [500, 429, 200]
    hook(receiver, slept).send("a", {})
    assert (len(receiver.got), slept) == (3, list(WAITS[:2]))
    receiver.answers = [503] * 9
    with pytest.raises(HookError, match="answered 503"):
        hook(receiver).send("a", {})
    assert len(receiver.got) == 3 + 1 + len(WAITS)
    for status in (400, 302):
        receiver.answers, before = [status], len(receiver.got)
        with pytest.raises(HookError, match=f"answered {status}"):
            hook(receiver).send("a", {})
        assert len(receiver.got) == before + 1, "no other address is asked, and nothing twice"


def test_a_webhook_that_is_not_there_is_told() -> None:
    with pytest.raises(HookError, match="could not be reached"):
        Hook("http://127.0.0.1:9/", b"x" * 24, sleep=lambda _: None).send("a", {})


def test_secrets_are_long_and_never_repeated() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    assert read_secret(f"whsec_{key}") == b"k" * 32
    for bad in ("short-hush", "whsec_hush!", "whsec_aHVzaA=="):
        with pytest.raises(ValueError, match=r"short|base64") as error:
            read_secret(bad)
        assert "hush" not in str(error.value)


def test_recipients_have_a_language_each() -> None:
    found = read_recipients("anna@example.com=fi, ben@example.com,")
    assert found == (Recipient("anna@example.com", "fi"), Recipient("ben@example.com", "en"))
    for bad in ("anna", "anna@example.com=sv", "a@b.c\nBcc: x@y.z", "Anna <anna@example.com>", "@example.com"):
        with pytest.raises(ValueError, match=r"is no address|names a language"):
            read_recipients(bad)


def test_a_mail_arrives_whole(post: Post) -> None:
    page = Letter("Nousussa:\nä", "Tiếng Việt – ää\n", "<p>ää</p>", [Attachment("a.pdf", "application/pdf", b"%PDF-")])
    post.server().send(page, Recipient("anna@example.com", "fi"), "1")
    ((sender, to, content),) = post.got
    assert (sender, to) == ("us@example.com", ["anna@example.com"])
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Nousussa: ä"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert (text.get_content().strip(), html.get_content().strip()) == ("Tiếng Việt – ää", "<p>ää</p>")
    assert [each.get_content() for each in mail.iter_attachments()] == [b"%PDF-"]


def test_a_mail_that_was_taken_is_sent_whatever_comes_after(post: Post) -> None:
    post.hangs_up = True
    post.server().send(Letter("s", "t"), Recipient("anna@example.com", "en"), "1")
    assert len(post.got) == 1


def test_a_user_logs_in(post: Post) -> None:
    post.server(user="us", password="hunter2").send(Letter("s", "t"), Recipient("a@example.com", "en"), "1")
    assert post.logins == [("us", "hunter2")]
    assert "hunter2" not in repr(post.server(user="us", password="hunter2"))


def test_a_refusal_names_nobody(post: Post) -> None:
    post.refuse = "anna"
    with pytest.raises(MailError, match="refused the recipient with 550") as error:
        post.server().send(Letter("s", "t"), Recipient("anna@example.com", "en"), "1")
    assert "anna" not in str(error.value)


def notices(path: Path, post: Post, receiver: Any) -> Notices:
    to = read_recipients("anna@example.com=fi,ben@example.com")
    return Notices(Sent(path), tongue, post.server(), to, hook(receiver))


def test_nobody_is_told_twice_even_after_a_restart(tmp_path: Path, post: Post, receiver: Any) -> None:
    path = tmp_path / "sent.json"
    assert notices(path, post, receiver).tell([RISE], TODAY)
    moved = Rise(THEME, "alarm", DAY + 2, 7, 40, 15.0, 1e-5)
    assert notices(path, post, receiver).tell([moved], TODAY + timedelta(days=2))
    assert (len(post.got), len(receiver.got)) == (2, 1)
    assert "anna" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    later = Rise(THEME, "alarm", DAY + QUIET, 3, 90, 30.0, 1e-6)
    assert notices(path, post, receiver).tell([later], date_of(DAY + QUIET))
    assert (len(post.got), len(receiver.got)) == (4, 2)


def test_a_rise_that_goes_on_is_told_once_more(tmp_path: Path, post: Post, receiver: Any) -> None:
    told = notices(tmp_path / "sent.json", post, receiver)
    assert told.tell([RISE], TODAY)
    further = replace(RISE, day=DAY + 3, count=90, further=1)
    assert told.tell([further, RISE], TODAY + timedelta(days=3))
    assert told.tell([replace(further, day=DAY + 4), RISE], TODAY + timedelta(days=4))
    assert (len(post.got), len(receiver.got)) == (4, 2)


def test_an_alarm_is_the_same_when_late_tickets_bring_one_before_it(tmp_path: Path, post: Post, receiver: Any) -> None:
    told = notices(tmp_path / "sent.json", post, receiver)
    assert told.tell([RISE], TODAY)
    assert told.tell([replace(RISE, further=1), replace(RISE, day=DAY - 2)], TODAY)
    assert (len(post.got), len(receiver.got)) == (2, 1)


def test_a_further_alarm_is_sent_though_late_tickets_unmake_the_first(
    tmp_path: Path, post: Post, receiver: Any
) -> None:
    told = notices(tmp_path / "sent.json", post, receiver)
    second, third = replace(RISE, day=DAY + 3, further=1), replace(RISE, day=DAY + 9, further=2)
    assert told.tell([second, RISE], TODAY + timedelta(days=3))
    assert told.tell([replace(third, further=1), replace(second, further=0)], TODAY + timedelta(days=9))
    assert [json.loads(body)["data"]["day"] for _, _, body in receiver.got] == [
        date_of(each.day).isoformat() for each in (RISE, second, third)
    ]


def test_what_was_noted_by_number_still_counts(tmp_path: Path, post: Post, receiver: Any) -> None:
    path = tmp_path / "sent.json"
    sent = {f"alarm {THEME} webhook": str(date_of(DAY)), f"alarm {THEME} 1 webhook": str(date_of(DAY + 3))}
    path.write_text(json.dumps({"version": 1, "sent": sent}))
    told = Notices(Sent(path), tongue, hook=hook(receiver))
    rises = [replace(RISE, day=DAY + 9), replace(RISE, day=DAY + 3), RISE]
    assert told.tell(rises[1:], TODAY + timedelta(days=3))
    assert receiver.got == []
    assert told.tell(rises, TODAY + timedelta(days=9))
    assert len(receiver.got) == 1


def test_an_alarm_that_failed_is_not_lost_behind_a_newer_one(tmp_path: Path, post: Post, receiver: Any) -> None:
    told = Notices(Sent(tmp_path / "sent.json"), tongue, hook=hook(receiver))
    rises = [replace(RISE, day=DAY + 2, further=1), RISE]
    receiver.answers = [400]
    assert not told.tell(rises, TODAY + timedelta(days=2))
    assert told.tell(rises, TODAY + timedelta(days=2))
    assert [dict(headers)["webhook-id"] for _, headers, _ in receiver.got] == [RISE.id, RISE.id, rises[0].id]


def test_signs_and_old_alarms_are_not_sent(tmp_path: Path, post: Post, receiver: Any) -> None:
    sign = Rise(THEME, "sign", DAY, 5, 33, 14.3, 0.03)
    assert notices(tmp_path / "sent.json", post, receiver).tell([sign], TODAY)
    assert notices(tmp_path / "sent.json", post, receiver).tell([RISE], date_of(DAY + 5))
    assert post.got == receiver.got == []


def test_who_was_not_reached_is_tried_again_and_nobody_else(tmp_path: Path, post: Post, receiver: Any) -> None:
    path = tmp_path / "sent.json"
    post.refuse = "anna"
    assert not notices(path, post, receiver).tell([RISE], TODAY)
    assert [to for _, to, _ in post.got] == [["ben@example.com"]]
    post.refuse = None
    assert notices(path, post, receiver).tell([RISE], TODAY)
    assert [to for _, to, _ in post.got] == [["ben@example.com"], ["anna@example.com"]]
    assert len(receiver.got) == 1


def test_a_file_that_is_none_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "sent.json"
    path.write_text("tickets")
    with pytest.raises(SentError, match="move it away"):
        Sent(path)
    assert path.read_text() == "tickets"


@pytest.mark.parametrize("language", ["fi", "vi", "es", "en"])
def test_an_alert_names_the_theme_in_the_readers_language(language: str) -> None:
    written = letter(RISE, tongue(language), None)
    assert tongue(language).label("themes", THEME) in written.subject
    assert "33" in written.text
    assert "14" in written.text
    assert "Turku" in written.text
    assert "http" not in written.text
    assert tongue(language).tongue_name("fi") in written.text


@pytest.mark.parametrize(("place", "name"), [(Place("lang", "fi"), "suomi"), (Place("branch", "Turku"), "Turku")])
def test_an_alert_of_one_place_says_its_count_there_and_nothing_of_the_others(place: Place, name: str) -> None:
    rise = replace(RISE, count=20, expected=4.4, where=((place, 20, 4.4),), place=place)
    written = letter(rise, tongue("fi"), None)
    title = f"{tongue('fi').label('themes', THEME)} ({name})"
    assert written.subject.endswith(title)
    assert written.text.startswith(f"{title}: ")
    assert written.text.count("4,4") == 1
    sent = payload(rise, tongue("en"), None)["data"]
    assert (sent["place"], sent["count"]) == ({"feature": place.feature, "value": place.value}, 20)
    assert payload(RISE, tongue("en"), None)["data"]["place"] is None
