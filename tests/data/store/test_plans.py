"""How the databases find what is asked for: by an index, however many tickets there are. No times are measured here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, insert, text

from data.store.records import Query
from data.store.store import Store
from data.store.tables import Base
from data.taxonomy import read_taxonomy
from data.taxonomy_history import TaxonomyHistory
from tests.data.store.making import NOON, correction, key, new, reading
from tests.data.taxonomies import changes, taxonomy

ROWS = 100_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with so many tickets, written past the store: it is their number that counts."""
    folder = tmp_path_factory.mktemp("large")
    store = Store.open(f"sqlite:///{folder / 'tickets.db'}", folder / "key")
    tables = Base.metadata.tables
    with store._write() as session:
        for start in range(0, ROWS, 10_000):
            numbers = range(start, start + 10_000)
            session.execute(insert(tables["tickets"]), [ticket(number) for number in numbers])
            session.execute(insert(tables["ticket_labels"]), [label(number) for number in numbers])
        session.execute(text("ANALYZE"))
    yield store
    store.close()


def ticket(number: int) -> dict[str, object]:
    at = NOON + timedelta(seconds=number)
    return {
        "id": number + 1, "source": f"s{number % 5}", "external_id": str(number), "mark": "", "revision": 1,
        "version": 1, "text": "x", "lang": "fi", "channel": "", "branch": "",
        "received_at": at, "stored_at": at, "changed_at": at,
        "hours": (None, 1.0, 24.0)[number % 3], "certainty": number % 97 / 97, "needs_review": number % 4 == 0,
        "judged": False, "agreed": True, "waiting": number % 4 == 0, "model_version": "m", "subject": str(number % 999),
    }  # fmt: skip


def label(number: int) -> dict[str, object]:
    return {"ticket_id": number + 1, "group": "themes", "label": f"t{number % 50}", "by": "machine"}


@contextmanager
def watched(store: Store) -> Iterator[list[str]]:
    """The plan of every statement that runs meanwhile."""
    plans: list[str] = []
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if re.match("SELECT|UPDATE|DELETE", statement):
            statements.append((statement, parameters))

    engine: Engine = store._database
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with store._database.connect() as connection:
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            plans += [str(row[-1]) for row in rows]


def scans(plans: list[str]) -> list[str]:
    """Steps that go through a whole table, or sort what is not in order."""
    return [plan for plan in plans if re.match(r"SCAN (?!\d|\(|CONSTANT)(?!.*USING)", plan) or "TEMP B-TREE" in plan]


ASKED = [
    Query(),
    Query(source="s1"),
    Query(labels={"themes": "t1"}),
    Query(received_from=NOON, received_to=NOON + timedelta(hours=1)),
]


@pytest.mark.parametrize("query", ASKED)
def test_a_page_is_read_in_the_order_of_an_index(large: Store, query: Query) -> None:
    first = large.list(query, limit=20)
    with watched(large) as plans:
        page = large.list(query, limit=20, after=first.next)
    assert len(page.tickets) == 20
    listing = [plan for plan in plans if "tickets" in plan and "readings" not in plan]
    assert any("ix_tickets_" in plan for plan in listing)
    assert scans(listing) == []


def test_a_label_with_an_older_name_is_listed_in_the_order_of_an_index(large: Store) -> None:
    old, today = (taxonomy(each, themes=[name, "other"]) for each, name in (("1", "t2"), ("2", "t1")))
    history = TaxonomyHistory(today, [changes("1", "2", renamed={"themes": {"t2": "t1"}})], [old])
    query = Query(labels={"themes": "t1"})
    first = large.list(query, 20, None, history)
    with watched(large) as plans:
        page = large.list(query, 20, first.next, history)
    assert len(page.tickets) == 20
    assert any("ix_tickets_received_at_id" in plan for plan in plans)
    assert [plan for plan in scans(plans) if "TEMP" not in plan] == [], "a page's few readings may be sorted"


def test_a_page_far_down_begins_where_it_is(large: Store) -> None:
    """The cursor is looked up, not counted down to."""
    with watched(large) as plans:
        large.list(Query(), limit=20, after=large.list(Query(), limit=20).next)
    begins = r"SEARCH tickets USING INDEX ix_tickets_received_at_id \(.*received_at.*\)"
    assert any(re.search(begins, each) for each in plans), plans


def test_the_queue_is_read_in_the_order_of_its_index(large: Store) -> None:
    with watched(large) as plans:
        assert len(large.queue(limit=20)) == 20
        assert len(large.queue("fi", limit=20)) == 20
    assert any("ix_tickets_waiting" in plan for plan in plans)
    assert scans([plan for plan in plans if "tickets" in plan]) == []


def test_puts_corrections_and_erasures_look_up_what_they_touch(large: Store) -> None:
    with watched(large) as plans:
        large.put(new(large, 1, source="mail", person="ann"), reading())
        large.put(new(large, 1, "Another text.", source="mail"), reading())
        large.correct(key(1, "mail"), correction())
        large.undo(key(1, "mail"), "ann")
        large.begin("k", "svc", "f")
        large.erase(key(1, "mail"))
        large.erase_subject("ann")
    assert len(plans) > 20
    assert [plan for plan in scans(plans) if "TEMP" not in plan] == [], "a ticket's own few rows may be sorted"


def test_a_purge_looks_up_what_is_past_its_time(large: Store) -> None:
    with watched(large) as plans:
        large.purge({"s1": timedelta(days=1)}, default=timedelta(days=2), now=NOON)
    assert scans(plans) == []


def test_what_reports_count_is_read_in_order_and_what_changed_by_an_index(large: Store) -> None:
    large.put(new(large, 2, source="mail"), reading())
    large.correct(key(2, "mail"), correction())
    (part,) = large.facts(ids=[ROWS + 1, *range(1, 50)])
    assert len(part) >= 49
    with watched(large) as plans:
        totals, recent = large.versions(NOON + timedelta(days=2))
        assert len(recent) == 1
        assert totals.tickets >= ROWS
        next(iter(large.facts(TaxonomyHistory(read_taxonomy()))))
        large.facts(ids=[1, 2])
    assert any("SEARCH tickets USING COVERING INDEX ix_tickets_changed_at_id_version" in each for each in plans), plans
    assert any("SCAN tickets USING COVERING INDEX" in each for each in plans), "the totals are added up in an index"
    assert scans(plans) == []


def test_what_another_model_answered_is_found_by_an_index(large: Store) -> None:
    with watched(large) as plans:
        first = large.outdated("none", 20)
        large.outdated("none", 20, first[-1].place)
        large.count_outdated("none")
    assert any("ix_tickets_model_version_received_at_id" in each for each in plans)
    assert [each for each in plans if each.startswith("SCAN")] == []
    assert scans(plans) == []


def test_what_an_erased_row_takes_with_it_is_found_by_an_index() -> None:
    """SQLite and PostgreSQL look for the rows that go with a ticket, or with a correction, one by one."""
    for table in Base.metadata.sorted_tables:
        firsts = {index.columns[0].name for index in table.indexes} | {next(iter(table.primary_key)).name}
        assert {column for each in table.foreign_key_constraints for column in each.column_keys} <= firsts, table.name
