"""Who gives labels blindly is found; who is strict, alone or merely human is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.desk import Person, Stock, at_the_desk, corrections, read_stock
from data.corpus import read_corpus, write_messages
from data.store.records import Correction, NewTicket, Reading, TicketKey
from data.store.store import Store
from tests.training.tickets import open_in, place
from training import poisoning_report
from training.__main__ import main
from training.poisoning import LEAST, look
from training.poisoning_evidence import Lesson, Verdict, features, prepare
from training.poisoning_report import audit_corrections, windows

SEEDS = 20
HONEST = [Person()] * 4


@pytest.fixture(scope="module")
def stock() -> Stock:
    return read_stock(open_=500, lessons=300)


@pytest.fixture(scope="module")
def small(stock: Stock, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus to learn from."""
    folder = tmp_path_factory.mktemp("corpus")
    learn = [message.model_copy(update={"split": "train"}) for message in stock.messages[stock.open :]]
    for lang in {message.lang for message in learn}:
        write_messages(folder / lang / "small.jsonl", [message for message in learn if message.lang == lang])
    return folder


def suspected(stock: Stock, people: Sequence[Person], seeds: int = SEEDS) -> list[set[str]]:
    return [{s.author for s in at_the_desk(stock, people, seed) if s.suspected} for seed in range(seeds)]


def test_forty_flipped_corrections_among_four_hundred_are_found(stock: Stock) -> None:
    runs = suspected(stock, [*HONEST, Person(bad=40)], seeds=10)
    assert sum("author-4" in run for run in runs) >= 9


def test_an_honest_but_harsh_minority_is_believed(stock: Stock) -> None:
    """The only one for Vietnamese, who puts urgency a step higher and takes gloom for anger in four of five cases."""
    runs = suspected(stock, [*HONEST, Person(harsh=0.8, lang="vi")])
    assert sum("author-4" in run for run in runs) <= 0.05 * SEEDS


def test_random_slips_of_everybody_quarantine_nobody(stock: Stock) -> None:
    assert suspected(stock, [Person(noise=0.1)] * 5, seeds=8) == [set()] * 8


def test_the_burst_is_told_from_what_came_before(stock: Stock) -> None:
    standing = at_the_desk(stock, [*HONEST, Person(bad=40)], 3)[0]
    assert (standing.author, standing.suspected) == ("author-4", True)
    assert 36 <= len(standing.ids) <= 46
    assert len(standing.wrong) > len(standing.ids) / 2
    assert standing.since is not None
    assert standing.since >= datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=60)
    assert standing.pace is not None
    assert standing.pace > 5


def test_whoever_was_overruled_by_a_poisoner_is_believed(stock: Stock) -> None:
    """The last author judges anew, and blindly, what the first one judged."""
    verdicts, texts = corrections(stock, HONEST, 1, whole=1.0, twice=0.0)
    start, again = datetime(2026, 11, 1, tzinfo=UTC), [v for v in verdicts if v.author == "author-0"][:40]
    blind = [
        Verdict(1_000 + i, "poisoner", start + timedelta(minutes=i), v.ticket, v.text, v.lang, again[i - 7].labels)
        for i, v in enumerate(again)
    ]
    rows = stock.rows[[*texts, *texts[:40], *range(stock.open, len(stock.messages))]]
    lessons = [Lesson(message.text, message.labels) for message in stock.messages[stock.open :]]
    standings = look(prepare([*verdicts, *blind], lessons, stock.taxonomy, rows))
    assert {standing.author for standing in standings if standing.suspected} == {"poisoner"}


def test_few_corrections_are_not_judged(stock: Stock) -> None:
    people = [Person(), Person(), Person(corrections=LEAST - 1, bad=LEAST - 1)]
    last = next(s for s in at_the_desk(stock, people, 1) if s.author == "author-2")
    assert (last.judged, last.suspected) == (False, False)


def test_an_author_alone_is_not_judged(stock: Stock) -> None:
    assert [s.judged for s in at_the_desk(stock, [Person(bad=40)], 1)] == [False]


def keep(store: Store, verdicts: Iterable[Verdict]) -> None:
    """Put them into a store, in this order."""
    for verdict in verdicts:
        key = TicketKey(source="desk", id=verdict.ticket)
        reading = Reading(model_version="m", taxonomy_version="t", labels={}, certainty=0.0, answer={})
        store.put(NewTicket(key=key, text=verdict.text, mark=store.mark(verdict.text), lang=verdict.lang), reading)
        labels = dict(verdict.labels)
        store.correct(
            key, Correction.model_validate({"author": verdict.author, "taxonomy_version": "t", "labels": labels})
        )


def test_a_burst_of_long_ago_is_found_too(
    stock: Stock, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest corrections that are looked at together are all honest; the burst came before them."""
    people = [Person(corrections=60)] * 2 + [Person(corrections=40, bad=40)]
    verdicts, _ = corrections(stock, people, 2, 1.0, 0.0)
    store = open_in(tmp_path)
    keep(store, sorted(verdicts, key=lambda v: (v.author != "author-2", v.at)))
    monkeypatch.setattr(poisoning_report, "WINDOW", 120)
    corpus = read_corpus(small)
    found = audit_corrections(store, corpus, stock.taxonomy, since=None, quarantine=False)
    assert len(found.looked_over) == 160
    (burst,) = (standing for standing in found.standings if standing.suspected)
    assert (burst.author, burst.corrections) == ("author-2", 40)
    assert len(burst.ids) >= 36
    assert set(burst.wrong) < set(burst.ids)
    assert [standing.corrections for standing in found.standings] == [40, 60, 60]
    monkeypatch.setattr(poisoning_report, "MOST", 120)
    newest = audit_corrections(store, corpus, stock.taxonomy, since=None, quarantine=True)
    assert newest.looked_over < found.looked_over
    assert len(newest.looked_over) == 120
    assert not any(standing.suspected for standing in newest.standings)
    store.close()


@pytest.mark.parametrize(
    ("count", "wanted"),
    [(0, []), (1, [(0, 1)]), (4, [(0, 4)]), (5, [(1, 5), (0, 3)]), (8, [(4, 8), (2, 6), (0, 4)])],
)
def test_windows_overlap_and_leave_nothing_out(
    count: int, wanted: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poisoning_report, "WINDOW", 4)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    verdicts = [Verdict(number, "a", now, "t", "", "en", {}) for number in range(count)]
    assert windows(verdicts) == [verdicts[start:end] for start, end in wanted]


def test_the_audit_names_and_quarantines_the_burst(stock: Stock, small: Path, tmp_path: Path) -> None:
    verdicts, _ = corrections(stock, [Person(corrections=50)] * 2 + [Person(corrections=40, bad=40)], 2, 1.0, 0.0)
    store = open_in(tmp_path)
    keep(store, sorted(verdicts, key=lambda v: v.at))
    report = tmp_path / "audit.md"
    asked = ["audit-corrections", *place(tmp_path), "--corpus", str(small), "--report", str(report)]
    assert main(asked) == 1
    assert not [c for ticket in store.corrected() for c in ticket.corrections if c.quarantined]
    assert "--quarantine" in report.read_text("utf-8")
    assert main([*asked, "--quarantine"]) == 1
    told = report.read_text("utf-8")
    assert "**author-2**" in told
    assert "**author-0**" not in told
    left = [c.author for ticket in store.corrected() for c in ticket.corrections if not c.quarantined]
    assert left.count("author-0") == left.count("author-1") == 50
    assert left.count("author-2") <= 4
    assert not any(verdict.text in told for verdict in verdicts)
    assert main(asked) == 0
    assert "--believe" in told
    assert main([*asked, "--believe", "author-2"]) == 0
    assert [c.author for ticket in store.corrected() for c in ticket.corrections].count("author-2") == 40
    assert main([*asked, "--quarantine"]) == 0  # for good: they are not judged by it any more
    assert "| author-2 | 40 |" in report.read_text("utf-8")
    believed = audit_corrections(store, read_corpus(small), stock.taxonomy, since=None, quarantine=True)
    assert len(believed.looked_over) == 140
    assert not any(c.quarantined for ticket in store.corrected() for c in ticket.corrections)
    assert main([*asked, "--believe", "author-2"]) == 2  # nothing is quarantined any more
    store.close()


def test_an_empty_store_has_nobody_to_suspect(small: Path, tmp_path: Path) -> None:
    open_in(tmp_path).close()
    assert main(["audit-corrections", *place(tmp_path), "--corpus", str(small)]) == 0


def test_evidence_is_bounded(stock: Stock) -> None:
    standings = at_the_desk(stock, [*HONEST, Person(bad=80)], 1)
    assert all(np.isfinite(s.evidence) and 0 <= s.chance <= 1 for s in standings)


def test_texts_of_any_kind_have_features() -> None:
    rows = features(["", "\ud800 \0", "x" * 10_000, "lasku on väärin"])
    assert rows.shape[0] == 4
    assert np.isfinite(rows.toarray()).all()
