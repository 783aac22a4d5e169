from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.store.records import Query, Reading
from data.store.store import Store
from service.demo import DEMO, about, date_messages, fill, main, read_demo
from service.demo_groups import keep_groups, read_groups, write_groups
from service.loading import ModelError
from tests.service.dummy_engine import DummyEngine

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def reading(hours: float | None = 24, **labels: list[str]) -> Reading:
    return Reading.model_validate(
        {
            "model_version": "v",
            "taxonomy_version": "t",
            "labels": labels,
            "certainty": 0.5,
            "hours": hours,
            "answer": {},
        }
    )


def test_every_message_is_of_a_story_and_a_channel_that_the_calendar_knows() -> None:
    calendar, messages = read_demo()
    assert Counter(each.lang for each in messages) == {"fi": 326, "vi": 300, "es": 300, "en": 300}
    assert {each.story for each in messages} == set(calendar.stories)
    assert {each.channel for each in messages} == set(calendar.sources)
    assert len({each.id for each in messages}) == len(messages)
    assert len({each.text for each in messages}) == len(messages)


def test_messages_come_when_their_story_happens_and_never_later_than_now() -> None:
    calendar, messages = read_demo()
    dated = date_messages(calendar, messages, NOW)
    assert dated == date_messages(calendar, messages, NOW), "the same every time"
    assert [each.received_at for each in dated] == sorted(each.received_at for each in dated)
    for each in dated:
        story = calendar.stories[each.message.story]
        weeks = (NOW - each.received_at) / timedelta(weeks=1)
        assert story.ends - 2 / 7 <= weeks <= story.begins + 2 / 7 or each.received_at == NOW - timedelta(minutes=1)
        assert each.received_at < NOW
    usual = [each.received_at for each in dated if each.message.story == "usual"]
    assert NOW - usual[0] > timedelta(weeks=50)


def test_what_is_not_over_yet_has_no_end() -> None:
    calendar, messages = read_demo()
    dated = date_messages(calendar, messages, NOW)
    told = [about(each, reading(), calendar, NOW) for each in dated]
    answered = [each for each in told if each.first_answered_at]
    assert len(told) * 0.9 < len(answered) < len(told)
    assert all(each.received_at and each.received_at < (each.first_answered_at or NOW) <= NOW for each in told)
    assert all(each.first_answered_at and each.first_answered_at <= each.closed_at for each in told if each.closed_at)
    late = [each for each, dates in zip(dated, told, strict=True) if hours(dates) > 24]
    share = Counter(each.message.story for each in late)
    assert share["queue"] / 30 > 2 * share["usual"] / 660, "nobody answered the line, so answers came late"
    again = Counter(each.message.story for each in dated if each.contact > 1)
    assert again["queue"] / 30 > 2 * again["usual"] / 660, "so they wrote again"
    says = reading(signals=["repeat_contact"])
    assert [about(each, says, calendar, NOW).contact for each in dated] == [each.contact for each in told], (
        "the ticket system counts, and does not ask the classifier"
    )


def hours(dates: object) -> float:
    received, answered = getattr(dates, "received_at", None), getattr(dates, "first_answered_at", None)
    return (answered - received) / timedelta(hours=1) if received and answered else 0.0


@pytest.mark.parametrize("threads", [1, 2])
def test_the_store_has_every_message_redacted_and_classified(tmp_path: Path, threads: int) -> None:
    calendar, messages = read_demo()
    dated = date_messages(calendar, messages, NOW)[-40:]
    store = Store.open(f"sqlite:///{tmp_path / 'demo.db'}", tmp_path / "secret")
    fill(store, DummyEngine(), dated, calendar, NOW, threads)
    kept = {each.key.id: each for each in store.list(Query(), limit=100).tickets}
    assert set(kept) == {each.message.id for each in dated}
    for each in dated:
        ticket = kept[each.message.id]
        assert ticket.about.received_at == each.received_at
        assert ticket.key.source == calendar.sources[each.message.channel]
        assert ticket.reading
        assert ticket.about.branch == each.message.branch
    store.close()


def test_it_has_groups_that_no_theme_fits_among_them_the_one_that_was_planted(tmp_path: Path) -> None:
    calendar, messages = read_demo()
    stories = {each.id: each.story for each in messages}
    groups = read_groups(DEMO)
    assert all(stories.keys() >= each.members.keys() for each in groups)
    planted = max(groups, key=lambda each: sum(stories[id_] == "packaging" for id_ in each.members))
    assert sum(stories[id_] == "packaging" for id_ in planted.members) > 0.8 * len(planted.members) > 20
    store = Store.open(f"sqlite:///{tmp_path / 'demo.db'}", tmp_path / "secret")
    wanted = [each for each in date_messages(calendar, messages, NOW) if each.message.id in planted.members]
    fill(store, DummyEngine(), wanted, calendar, NOW, 1)
    keep_groups(store, groups)
    assert max(each.size for each in store.emerging.groups()) == len(planted.members)
    write_groups(store, tmp_path)
    assert planted.members in [each.members for each in read_groups(tmp_path)]
    store.close()


@pytest.fixture
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the tests' own logging as it is."""
    monkeypatch.setattr("service.demo.logs.set_up", lambda: None)


def folder_of(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("a year of work")
    return folder


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("flags", [[], ["--fresh"]])
def test_a_folder_of_other_things_is_refused_and_left_as_it_is(
    tmp_path: Path, flags: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_of(tmp_path, "tickets.db", "tickets.secret")
    assert main(["--folder", str(folder), *flags, "--fill-only"]) == 2
    assert "holds other things" in caplog.text
    assert {each.name for each in folder.iterdir()} == {"tickets.db", "tickets.secret"}
    assert main(["--folder", str(folder / "tickets.db"), *flags, "--fill-only"]) == 2


@pytest.mark.usefixtures("_quiet")
def test_nothing_is_deleted_where_the_model_does_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, "whole", "tickets.db")

    def load(*_: object) -> None:
        raise ModelError("no such model")

    monkeypatch.setattr("service.demo.load", load)
    assert main(["--folder", str(folder), "--fresh", "--fill-only"]) == 3
    assert {each.name for each in folder.iterdir()} == {"whole", "tickets.db"}


@pytest.mark.usefixtures("_quiet")
def test_an_earlier_demonstration_goes_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, "demo", "tickets.db", "tickets.db-wal", "tickets.secret", "notes.txt")
    monkeypatch.setattr("service.demo.load", lambda *_: DummyEngine())
    monkeypatch.setattr("service.demo.fill", lambda *_: None)
    assert main(["--folder", str(folder), "--fill-only"]) == 0
    assert (folder / "notes.txt").read_text() == "a year of work"
    assert {each.name for each in folder.iterdir()} == {"demo", "whole", "tickets.db", "tickets.secret", "notes.txt"}
    assert (folder / "tickets.db").read_bytes().startswith(b"SQLite")
