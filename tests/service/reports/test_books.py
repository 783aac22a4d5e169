from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from data.store.store import Store
from data.taxonomy_history import TaxonomyHistory
from service.reports.books import MARGIN, Books
from service.reports.ledger import OTHERS
from service.zone import read_zone
from tests.data.store.making import NOON, correction, key, new, reading
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, THIRD, TWO_TO_THREE
from tests.service.conftest import wait_until

HISTORY = TaxonomyHistory(THIRD, [ONE_TO_TWO, TWO_TO_THREE], [FIRST, SECOND])
UTC = ZoneInfo("UTC")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Open the same store as often as asked for, as several processes would."""
    opened: list[Store] = []

    def begin() -> Store:
        opened.append(Store.open(f"sqlite:///{tmp_path / 'tickets.db'}", tmp_path / "key"))
        return opened[-1]

    yield begin
    for store in opened:
        store.close()


@pytest.fixture
def store(stores: Callable[[], Store]) -> Store:
    return stores()


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store, lambda: HISTORY, UTC)


def held(books: Books) -> dict[int, tuple[str, ...]]:
    """The themes by ticket."""
    themes = books.ledger.labels["themes"]
    return {
        int(id_): tuple(name for name, row in zip(themes.names, themes.held, strict=True) if row[at])
        for at, id_ in enumerate(books.ledger.ids)
    }


def same(books: Books, store: Store) -> bool:
    """Whether books that were brought up to date hold what new ones read."""
    fresh = Books(store, lambda: HISTORY, UTC)
    fresh.refresh()
    assert len(books.ledger) == len(fresh.ledger)
    return held(books) == held(fresh) and books.ledger.judged.sum() == fresh.ledger.judged.sum()


def test_books_are_empty_until_they_are_filled(store: Store, books: Books) -> None:
    assert (len(books.ledger), books.number, books.ready) == (0, 0, False)
    assert books.refresh()
    assert (len(books.ledger), books.number, books.ready) == (0, 1, True)
    assert not books.refresh()
    assert books.number == 1
    store.put(new(store), reading())
    assert books.refresh()
    assert (len(books.ledger), books.number) == (1, 2)


def test_what_changes_is_read_anew_and_the_rest_is_kept(store: Store, books: Books) -> None:
    for number in range(6):
        store.put(new(store, number), reading(labels={"themes": ["app"]}, taxonomy_version="3"))
    books.refresh()
    before = books.ledger
    store.correct(key(2), correction(labels={"themes": ["arrival", "billing"]}))
    store.put(new(store, 4, "Another text."), reading(labels={"themes": ["billing"]}, taxonomy_version="3"))
    store.put(new(store, 7), reading(labels={"themes": []}, taxonomy_version="3"))
    store.erase(key(0))
    assert books.refresh()
    assert sorted(held(books).values()) == [(), ("app",), ("app",), ("app",), ("arrival", "billing"), ("billing",)]
    assert books.ledger.said["themes"].counts() == {"app": 4, "billing": 1}
    assert same(books, store)
    assert (len(before), before.labels["themes"].counts()) == (6, {"app": 6}), "whoever reads it is not disturbed"


def test_what_another_process_erased_or_purged_is_gone(stores: Callable[[], Store], books: Books) -> None:
    other = stores()
    for number in range(5):
        other.put(new(other, number, person="ann" if number == 4 else None), reading())
    books.refresh()
    other.erase(key(0))
    books.refresh()
    assert len(books.ledger) == 4
    other.erase_subject("ann")
    other.put(new(other, 8), reading())  # as many as before, and as many versions
    books.refresh()
    assert same(books, other)
    other.purge({}, default=timedelta(0), now=NOON + timedelta(minutes=2, seconds=1))
    assert books.refresh()
    assert same(books, other)
    assert len(books.ledger) == 2


def test_a_change_that_was_long_under_way_is_not_missed(store: Store, books: Books) -> None:
    """Its moment lies before what was read already: by a slow transaction, or by a clock that was set."""
    for number in range(3):
        store.put(new(store, number), reading())
    books.refresh()
    store.correct(key(1), correction(labels={"themes": ["late"]}))
    with store._write() as session:
        session.execute(text("UPDATE tickets SET changed_at = '2001-01-01 00:00:00.000000' WHERE external_id = '1'"))
    store.put(new(store, 9), reading())
    store.correct(key(2), correction(labels={"themes": ["soon"]}))
    newest = store.totals().newest
    assert newest
    totals, recent = store.versions(newest - MARGIN)
    assert len(recent) == totals.tickets - 1, "by its moment it is not found"
    assert books.refresh()
    assert sorted(held(books).values())[-2:] == [("late",), ("soon",)]
    assert same(books, store)


def test_any_mixture_of_changes_ends_as_it_would_read_at_once(store: Store, books: Books) -> None:
    dice = np.random.default_rng(7)
    for _ in range(12):
        for number, act in zip(dice.integers(0, 12, 6).tolist(), dice.integers(0, 4, 6).tolist(), strict=True):
            if act == 0:
                store.erase(key(number))
            elif act == 1 and store.get(key(number)):
                store.correct(key(number), correction(labels={"themes": [f"t{number % 3}"]}))
            else:
                store.put(new(store, number, f"text {dice.integers(0, 3)}"), reading())
        books.refresh()
        assert same(books, store)


def test_another_taxonomy_is_read_from_the_beginning(store: Store) -> None:
    history = TaxonomyHistory(FIRST)
    books = Books(store, lambda: history, UTC)
    store.put(new(store), reading(taxonomy_version="1", labels={"themes": ["staff"]}))
    books.refresh()
    assert books.ledger.labels["themes"].names == ("staff",)
    history = HISTORY
    assert books.refresh()
    assert books.ledger.labels["themes"].names == ("conduct",)
    assert not books.refresh()


def test_the_thread_fills_and_follows(store: Store, books: Books) -> None:
    store.put(new(store), reading())
    books.start()
    wait_until(lambda: books.ready)
    assert len(books.ledger) == 1
    store.erase(key())
    books.look()
    wait_until(lambda: len(books.ledger) == 0)
    books.stop()
    assert books._thread is not None
    assert not books._thread.is_alive()


def test_a_store_that_fails_is_told_of_without_its_words(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    books = Books(store, lambda: HISTORY, UTC, every=0.01)
    working = store.totals

    def fails() -> object:
        raise OperationalError("hunter2", {}, Exception("hunter2"))

    monkeypatch.setattr(store, "totals", fails)
    books.start()
    wait_until(lambda: "OperationalError" in caplog.text)
    assert "hunter2" not in caplog.text
    assert not books.ready
    monkeypatch.setattr(store, "totals", working)
    wait_until(lambda: books.ready)
    books.stop()


def test_days_are_those_of_the_zone(store: Store) -> None:
    books = Books(store, lambda: HISTORY, read_zone("Pacific/Auckland"))
    store.put(new(store), reading())
    books.refresh()
    assert str(books.ledger.last_day) == "2026-03-02"


@pytest.mark.parametrize("name", ["", "Mars/One", "../etc/passwd", "/etc/passwd", "Europe", "\0", "ä" * 300])
def test_what_is_no_zone_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(ValueError, match="Europe/Helsinki"):
        read_zone(name)


def test_values_without_end_are_said_once_without_naming_any(
    store: Store, books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("service.reports.ledger.MOST_NAMES", 2)
    monkeypatch.setattr("service.reports.books.MOST_NAMES", 2)
    for number in range(1, 6):
        store.put(new(store, number, about={"branch": f"order {min(number, 4)}"}), reading())
        books.refresh()
    assert books.ledger.feature("branch").counts() == {"order 1": 1, "order 2": 1, OTHERS: 3}
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "branch" in told[0]
    assert "order" not in told[0]
