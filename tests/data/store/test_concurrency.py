"""Many at once: one row, one winner, and nobody's word is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from data.store.emerging import Found, Group, Member
from data.store.errors import KeyMismatch, KeyUnderWay, Missing, Stale, Unsettled
from data.store.records import Lease, Query, Replay
from data.store.store import Store
from data.store.tables import Base
from tests.data.store.making import NOON, correction, key, new, reading

MANY = 16
"""Threads: twice as many as there are connections."""


def at_once(act: Callable[[int], Any], many: int = MANY) -> list[Any]:
    """Run it in so many threads at the same time; returns what each returned or raised."""
    found: list[Any] = [None] * many
    gate = threading.Barrier(many)

    def run(number: int) -> None:
        gate.wait()
        try:
            found[number] = act(number)
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def count(store: Store, table: str) -> int:
    with store._read() as session:
        found: int = session.execute(select(func.count()).select_from(Base.metadata.tables[table])).scalar_one()
    return found


def test_the_same_ticket_from_many_threads_is_one_row(store: Store) -> None:
    done = at_once(lambda _: store.put(new(store), reading()))
    assert Counter(each.outcome for each in done) == {"created": 1, "unchanged": MANY - 1}
    assert (count(store, "tickets"), count(store, "readings")) == (1, 1)


def test_different_texts_of_a_ticket_are_revisions_one_after_another(store: Store) -> None:
    done = at_once(lambda number: store.put(new(store, 1, f"text {number}"), reading()))
    assert sorted(each.ticket.revision for each in done) == list(range(1, MANY + 1))
    kept = store.get(key(1))
    assert kept is not None
    assert kept.version == MANY
    assert len(kept.readings) == MANY


def test_of_two_who_correct_one_version_one_is_told_how_it_stands(store: Store) -> None:
    read = store.put(new(store), reading()).ticket
    assert read is not None
    words = [
        correction("ann", {"kind": "praise"}, reason="first"),
        correction("bob", {"kind": "question"}, reason="second"),
    ]
    for round_ in range(5):
        version = read.version + round_
        one, two = at_once(lambda n, version=version: store.correct(key(1), words[n], version), 2)  # type: ignore[misc]
        refused, kept = (one, two) if isinstance(one, Stale) else (two, one)
        assert isinstance(refused, Stale)
        assert refused.current == kept == store.get(key(1))
        assert kept.version == version + 1
        # The other's word was not kept, and he still has it: with the ticket that he was shown, he can decide.
        assert len(kept.corrections) == round_ + 1


def test_nobodys_word_is_lost_where_no_version_is_asked_for(store: Store) -> None:
    store.put(new(store), reading())
    at_once(lambda number: store.correct(key(1), correction(f"author {number}")))
    kept = store.get(key(1))
    assert kept is not None
    assert {each.author for each in kept.corrections} == {f"author {number}" for number in range(MANY)}
    assert kept.version == MANY + 1


def test_a_storm_of_one_idempotency_key_is_answered_once(store: Store) -> None:
    begun = at_once(lambda _: store.begin("key", "svc", "print"))
    assert all(0 <= each.wait < 60 for each in begun if isinstance(each, KeyUnderWay))
    assert Counter(type(each) for each in begun) == {Lease: 1, KeyUnderWay: MANY - 1}
    assert count(store, "idempotency") == 1
    store.put(new(store), reading())
    store.finish(next(each for each in begun if isinstance(each, Lease)), Replay(status=201, body="{}"), key(1))
    again = at_once(lambda _: store.begin("key", "svc", "print"))
    assert again == [Replay(status=201, body="{}")] * MANY
    other = at_once(lambda _: store.begin("key", "svc", "another print"))
    assert {type(each) for each in other} == {KeyMismatch}
    assert count(store, "idempotency") == 1


def test_readers_see_whole_tickets_while_others_write(store: Store) -> None:
    """Every version has as many corrections as its number says, whatever happens between two statements."""
    store.put(new(store), reading())

    def act(number: int) -> list[tuple[int, int]]:
        if number % 2:
            for _ in range(5):
                store.correct(key(1), correction())
            return []
        found = []
        for _ in range(10):
            (ticket,) = store.list(Query()).tickets
            found.append((ticket.version, len(ticket.corrections)))
        return found

    seen = [pair for pairs in at_once(act, 8) for pair in pairs]
    assert seen
    assert all(version == corrections + 1 for version, corrections in seen)


def test_corrections_and_quarantine_and_purges_do_not_fail_each_other(store: Store) -> None:
    for number in range(20):
        store.put(new(store, number), reading())
        store.correct(key(number), correction("mallory"))
    ids = [each.id for ticket in store.list(Query()).tickets for each in ticket.corrections]

    def act(number: int) -> object:
        if number % 4 == 0:
            return store.quarantine(ids, "why")
        if number % 4 == 1:
            return store.purge({}, default=NOON - NOON, now=NOON)
        if number % 4 == 2:
            return store.erase_subject("nobody")
        return [store.correct(key(n), correction("ann")) for n in range(20)]

    assert [each for each in at_once(act, 8) if isinstance(each, Exception)] == []


@pytest.mark.parametrize("ends", ["answered", "forgotten", "cut off"])
def test_a_key_may_come_again(store: Store, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    if ends == "cut off":
        monkeypatch.setattr("data.store.idempotency.LEASE", timedelta(seconds=-1))
    lease = begun(store)
    if ends == "answered":
        store.finish(lease, Replay(status=200, body="ä ệ 🙂"))
        assert store.begin("key", "svc", "print") == Replay(status=200, body="ä ệ 🙂")
        assert isinstance(store.begin("key", "another", "print"), Lease), "keys are their author's"
        return
    if ends == "forgotten":
        store.finish(lease, None)
    assert isinstance(store.begin("key", "svc", "another print"), Lease)


@pytest.mark.parametrize("late", [Replay(status=200, body="late"), None])
def test_who_ends_after_another_began_changes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, late: Replay | None
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("data.store.idempotency.LEASE", timedelta(0))
        first = begun(store)
    second = begun(store)
    store.finish(first, late)
    with pytest.raises(KeyUnderWay):
        store.begin("key", "svc", "print")
    store.finish(second, Replay(status=201, body="{}"))
    store.finish(first, late)
    assert store.begin("key", "svc", "print") == Replay(status=201, body="{}")


def begun(store: Store) -> Lease:
    lease = store.begin("key", "svc", "print")
    assert isinstance(lease, Lease)
    return lease


def test_of_two_groups_that_are_given_one_label_one_is_refused(store: Store) -> None:
    for number in range(8):
        store.put(new(store, number), reading())
    ids = store.emerging.received(NOON, NOON + timedelta(days=1))
    groups = store.emerging.keep([Found([Member(id_, 1, 1.0)], 0.8, {}, []) for id_ in ids], ids)
    done = at_once(lambda number: store.emerging.name(groups[number], {"en": "Parking"}, "parking", "ann"), 8)
    assert Counter(type(each) for each in done) == {Group: 1, Unsettled: 7}


def test_runs_and_decisions_and_erasures_do_not_fail_each_other(store: Store) -> None:
    for number in range(48):
        store.put(new(store, number, person=f"p{number % 16}"), reading())
    ids = store.emerging.received(NOON, NOON + timedelta(days=1))
    # Far from the order of their ids, in which erasures lock them.
    found = [Found([Member(id_, 1, 1.0) for id_ in ids[start::4][::-1]], 0.8, {}, []) for start in range(4)]
    groups = store.emerging.keep(found, ids)

    def act(number: int) -> object:
        if number % 4 == 0:
            return [store.emerging.keep(found[::-1], ids) for _ in range(3)]
        if number % 4 == 1:
            return [store.emerging.reopen(store.emerging.merge(groups[3], groups[0], "ann").id, "ann") for _ in "a"]
        return [store.erase_subject(f"p{number}") for _ in range(2)]

    wrong = [each for each in at_once(act, 12) if isinstance(each, Exception)]
    assert [each for each in wrong if not isinstance(each, Unsettled | Missing)] == []
