"""What was erased is gone from every byte of the store, and does not come back."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.store import erasing, sweeping
from data.store.records import Lease, Put, Query, Replay
from data.store.store import Store
from data.store.tables import Base
from tests.data.store.making import NOON, correction, held, key, new, reading

ROOT = Path(__file__).parents[3]
CANARY = "Kanarialintu7391"


def put_everywhere(store: Store, number: int = 1, **more: str) -> None:
    """A ticket that holds the canary wherever something of it can be."""
    said = reading(answer={"evidence": CANARY, "kind": "x"}, review=[CANARY])
    lease = store.begin("idem-1", "svc", f"{CANARY}")
    assert isinstance(lease, Lease)
    store.put(new(store, number, f"I said {CANARY} twice: {CANARY}. " * 200, **more), said)
    store.finish(lease, Replay(status=201, body=f'{{"text": "{CANARY}"}}' * 50), key(number))
    store.correct(key(number), correction("ann", reason=f"because {CANARY}"))
    store.undo(key(number), "ann")
    store.put(new(store, number, f"Now something else, {CANARY}.", **more), said)
    store.add_reading(key(number), reading(model_version="m2", shadow=True, answer={"evidence": CANARY}))
    store.quarantine([each.id for each in store.list(Query()).tickets[0].corrections], f"not {CANARY}")


def rows(store: Store) -> str:
    """All that any table holds, written out."""
    with store._read() as session:
        return str([session.execute(select(table)).all() for table in Base.metadata.sorted_tables])


ERASE: dict[str, Callable[[Store], object]] = {
    "ticket": lambda store: store.erase(key(1)),
    "subject": lambda store: store.erase_subject("ann@example.com"),
    "retention": lambda store: store.purge(
        {"zendesk": timedelta(days=90)}, default=None, now=NOON + timedelta(days=99)
    ),
}


@pytest.mark.parametrize("way", sorted(ERASE))
def test_no_table_keeps_anything(store: Store, way: str) -> None:
    put_everywhere(store, person="ann@example.com")
    assert CANARY in rows(store)
    assert ERASE[way](store)
    assert CANARY not in rows(store)
    assert "ann@example.com" not in rows(store)
    assert store.get(key(1)) is None


@pytest.mark.parametrize("way", sorted(ERASE))
def test_no_byte_of_any_file_keeps_anything(lite: Store, tmp_path: Path, way: str) -> None:
    for number in range(2, 30):
        lite.put(new(lite, number, f"Another ticket, number {number}. " * number, source="jira"), reading())
    put_everywhere(lite, person="ann@example.com")
    assert held(tmp_path / "store", CANARY) != []
    assert ERASE[way](lite)
    assert held(tmp_path / "store", CANARY) == [], "while the store is open"
    assert held(tmp_path / "store", "Another ticket, number 29.") != []
    lite.close()
    assert held(tmp_path / "store", CANARY) == []


@pytest.mark.parametrize("seed", [3, 15])
def test_no_byte_is_left_where_rows_have_moved_between_pages(lite: Store, tmp_path: Path, seed: int) -> None:
    """Texts that grow and shrink make SQLite move rows about, and what it leaves behind is not deleted with them.

    With these seeds something is left, in one page among hundreds, where the database is not written anew.
    """
    chance = random.Random(seed)
    for number in range(120):
        for _ in range(chance.choice((1, 1, 2, 3))):
            moved = chance.randrange(number + 1)
            text = f"canary{moved:05d}! " * chance.choice((1, 3, 10, 40, 150, 400)) + "." * chance.randrange(9)
            lite.put(new(lite, moved, text, person=f"p{moved}"), reading(answer={"text": text}))
    gone = chance.sample(range(120), 90)
    for number in gone[:10]:
        lite.erase(key(number))
    with lite._write() as session:  # the rest in one go, which is quicker than one by one
        for number in gone:
            erasing.erase(session, lite._marker, key(number))
    assert lite.sweep()
    content = b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())
    left = {number for number in range(120) if f"canary{number:05d}!".encode() in content}
    assert left == {int(each.key.id) for each in lite.list(Query(), limit=200).tickets}
    assert left.isdisjoint(gone)
    assert left


def test_what_was_erased_is_refused_from_then_on(store: Store) -> None:
    store.put(new(store), reading())
    assert store.erase(key(1)) is True
    assert store.erase(key(1)) is False
    assert store.put(new(store), reading()) == Put(outcome="refused", ticket=None)
    assert store.put(new(store, 1, "Another text."), reading()).outcome == "refused"
    assert store.put(new(store, 1, source="jira"), reading()).outcome == "created"
    assert store.erase(key(7)) is False
    assert store.put(new(store, 7), reading()).outcome == "refused", "erased before it was known"


def test_a_person_that_was_erased_is_refused_in_every_ticket(store: Store) -> None:
    for number in range(5):
        store.put(new(store, number, person="ann" if number < 3 else "bob"), reading())
    assert store.erase_subject("ann") == 3
    assert store.erase_subject("ann") == 0
    assert store.put(new(store, 9, person="ann"), reading()).outcome == "refused"
    assert store.put(new(store, 1), reading()).outcome == "refused", "without its person, the ticket is known by name"
    assert store.put(new(store, 3, person="ann"), reading()).outcome == "refused"
    assert [each.key.id for each in store.list(Query()).tickets] == ["4", "3"]


def test_a_ticket_whose_person_was_erased_before_it_was_told_is_erased_then(store: Store) -> None:
    store.put(new(store, text=CANARY), reading())
    store.put(new(store, 2, person="bob"), reading())
    assert store.erase_subject("ann") == 0
    gone = Put(outcome="refused", ticket=None, erased=True)
    assert store.put(new(store, text=CANARY, person="ann"), reading()) == gone
    assert store.get(key(1)) is None
    assert CANARY not in rows(store)
    assert store.put(new(store, text=CANARY), reading()) == Put(outcome="refused", ticket=None)
    assert store.put(new(store, 2, person="ann"), reading()).outcome == "refused"
    assert store.get(key(2)) is not None, "it is somebody else's, as far as the store knows"


def test_tombstones_tell_nothing_and_outlive_the_process(url: str, secret: Path) -> None:
    first = Store.open(url, secret)
    first.put(new(first, "case-4711", person="ann"), reading())
    first.erase_subject("ann")
    assert "4711" not in rows(first)
    first.close()
    second = Store.open(url, secret)
    assert second.put(new(second, "case-4711"), reading()).outcome == "refused"
    second.close()


def test_retention_deletes_by_source_with_the_clock_that_is_given(store: Store) -> None:
    for source in ("zendesk", "jira", "mail"):
        for days in range(4):
            about = {"received_at": NOON + timedelta(days=days)}
            store.put(new(store, str(days), source=source, about=about), reading())
    retention = {"zendesk": timedelta(days=1), "jira": timedelta(days=3)}
    assert store.purge({}, default=None, now=NOON + timedelta(days=9_999)) == 0
    gone = store.purge(retention, default=timedelta(days=100), now=NOON + timedelta(days=3, seconds=1))
    assert gone == 3 + 1
    left = sorted((each.key.source, each.key.id) for each in store.list(Query()).tickets)
    assert left == [
        ("jira", "1"),
        ("jira", "2"),
        ("jira", "3"),
        *(("mail", str(n)) for n in range(4)),
        ("zendesk", "3"),
    ]
    assert store.put(new(store, "0", about={"received_at": NOON}), reading()).outcome == "created", "no tombstones"
    assert store.purge(retention, default=timedelta(days=1), now=NOON + timedelta(days=999)) == 9
    assert store.purge({}, default=timedelta.max, now=NOON) == 0
    with pytest.raises(ValueError, match="0 or more"):
        store.purge({}, default=timedelta(days=-1), now=NOON)


def test_a_purge_goes_through_more_than_one_part(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.store.erasing.PART", 3)
    for number in range(10):
        store.put(new(store, number, person="ann" if number < 7 else "bob"), reading())
    assert store.erase_subject("ann") == 7
    assert store.purge({}, default=timedelta(0), now=NOON + timedelta(days=1)) == 3


def test_keys_that_are_past_their_time_go_with_a_purge(store: Store) -> None:
    lease = store.begin("k", "svc", "f")
    assert isinstance(lease, Lease)
    store.finish(lease, Replay(status=200, body=CANARY))
    assert CANARY in rows(store)
    store.purge({}, default=None, now=NOON.replace(year=2100))
    assert CANARY not in rows(store)


def test_an_answer_that_comes_after_the_erasure_is_not_kept(store: Store) -> None:
    lease = store.begin("k", "svc", "f")
    assert isinstance(lease, Lease)
    store.put(new(store), reading())
    store.erase(key(1))
    store.finish(lease, Replay(status=201, body=CANARY), key(1))
    assert CANARY not in rows(store)
    assert isinstance(store.begin("k", "svc", "f"), Lease), "it may be tried again, and is refused then"


def together(*acts: Callable[[], object]) -> list[BaseException]:
    """Do all at the same time; returns what went wrong."""
    wrong: list[BaseException] = []
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.parametrize("by", ["ticket", "subject"])
def test_no_put_slips_past_an_erasure(store: Store, by: str) -> None:
    """Whoever is first: a put that is later than the erasure is refused, one that is earlier is erased."""
    for round_ in range(8):
        name, person = f"r{round_}", f"ann{round_}"

        def put(name: str = name, person: str = person) -> None:
            for attempt in range(3):
                # Every other time it comes without its person, as ticket systems do.
                store.put(new(store, name, f"text {attempt}", person=None if attempt % 2 else person), reading())

        def erase(name: str = name, person: str = person) -> object:
            return store.erase(key(name)) if by == "ticket" else store.erase_subject(person)

        first = new(store, name, "first", person=person)
        store.put(first, reading())
        assert together(put, put, erase, put) == []
        assert store.get(key(name)) is None
        assert store.put(first, reading()).outcome == "refused"


RACER = """
import sys
from pathlib import Path
from data.store.store import Store
from tests.data.store.making import key, new, reading
store = Store.open(sys.argv[1], Path(sys.argv[2]))
print("ready", flush=True)
for line in sys.stdin:
    for attempt in range(4):
        if sys.argv[3] == "put":
            store.put(new(store, line.strip(), f"Kanarialintu7391 {attempt}", person="ann" + line.strip()), reading())
    if sys.argv[3] == "erase":
        store.erase_subject("ann" + line.strip())
    print("done", flush=True)
store.close()
"""


@pytest.fixture
def racers(url: str, secret: Path) -> Iterator[list[subprocess.Popen[str]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, url, str(secret), role],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for role in ("put", "put", "erase")
    ]  # fmt: skip
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def test_nor_from_another_process(store: Store, racers: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    for process in racers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for round_ in range(6):
        for process in racers:
            assert process.stdin is not None
            process.stdin.write(f"{round_}\n")
            process.stdin.flush()
        for process in racers:
            assert process.stdout is not None
            assert process.stdout.readline() == "done\n"
        assert store.get(key(str(round_))) is None
    for process in racers:
        process.communicate()
        assert process.returncode == 0
    assert CANARY not in rows(store)
    if store._database.dialect.name == "sqlite":
        assert store.sweep()
        assert held(tmp_path / "store", CANARY) == []


def test_a_reader_in_the_way_puts_the_sweep_off_but_is_not_forgotten(
    lite: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sweeping.sweep, "__defaults__", (0.2,))
    put_everywhere(lite)
    with closing(sqlite3.connect(tmp_path / "store" / "tickets.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tickets").fetchall()
        assert lite.erase(key(1)), "it is erased all the same"
        assert "next sweep" in caplog.text
        assert CANARY not in caplog.text
        assert lite.swept is False
        assert lite.catch_up() is False
        assert held(tmp_path / "store", CANARY) != []
        size = (tmp_path / "store" / "tickets.db-wal").stat().st_size
        assert [lite.catch_up() for _ in range(3)] == [False] * 3
        assert (tmp_path / "store" / "tickets.db-wal").stat().st_size == size, "no copy is added in vain"
        reader.execute("COMMIT")
    assert lite.catch_up() is True
    assert lite.swept
    assert held(tmp_path / "store", CANARY) == []


def test_who_is_killed_before_the_sweep_has_it_done_at_the_next_opening(tmp_path: Path, secret: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from data.store import sweeping
from data.store.store import Store
from tests.data.store.test_erasing import key, put_everywhere
store = Store.open(sys.argv[1], Path(sys.argv[2]))
put_everywhere(store)
sweeping.sweep = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
store.erase(key(1))
"""
    url = f"sqlite:///{tmp_path / 'store' / 'tickets.db'}"
    command = [sys.executable, "-c", program, url, str(secret)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert held(tmp_path / "store", CANARY) != []
    store = Store.open(url, secret)
    assert store.get(key(1)) is None
    assert held(tmp_path / "store", CANARY) == []
    store.close()


def test_the_files_are_their_users_alone(lite: Store, tmp_path: Path, secret: Path) -> None:
    lite.put(new(lite), reading())
    files = [*(tmp_path / "store").iterdir(), secret]
    assert {path.name for path in files} == {"tickets.db", "tickets.db-wal", "tickets.db-shm", "store.key"}
    assert {oct(os.stat(path).st_mode & 0o777) for path in files} == {"0o600"}
    assert {oct(os.stat(path.parent).st_mode & 0o777) for path in files} == {"0o700"}


def test_the_documentation_names_every_table_that_deleted_rows_lie_in() -> None:
    told = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert f"`VACUUM FULL {', '.join(sweeping.VACUUMED)}`" in told
    assert {table.name for table in Base.metadata.sorted_tables} - {*sweeping.VACUUMED} == {"seal", "tombstones"}
