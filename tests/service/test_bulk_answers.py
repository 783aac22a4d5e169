from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from data.tables.cells import CellChunk
from data.tables.table import Flaw
from models.engine import Prepared
from service import bulk_answers
from service.bulk_answers import Answerer, Choices
from service.bulk_columns import COLUMNS, NOTE
from service.settings import Settings
from tests.service.dummy_engine import DummyEngine

KIND, NOTED = ([*COLUMNS].index(name) for name in ("kind", NOTE))


def chunk(*texts: Any, flaws: dict[int, Flaw] | None = None) -> CellChunk:
    return CellChunk([[text, "en"] for text in texts], 2, flaws or {})


def answer(engine: DummyEngine, *chunks: CellChunk, workers: int = 2, **choices: Any) -> list[list[Any]]:
    answerer = Answerer(engine, Choices(text=0, **choices), Settings(workers=workers, max_characters=100))
    return [values for done in answerer.answer_all((each, []) for each in chunks) for values in done.values]


def notes(*texts: Any, **choices: Any) -> list[str | None]:
    return [values[NOTED] for values in answer(DummyEngine(), chunk(*texts), **choices)]


def test_rows_keep_their_order_whatever_finishes_first() -> None:
    slow_is_running, fast_is_done = threading.Event(), threading.Event()

    def before(group: Sequence[Prepared]) -> None:
        if group[0].text == "slow charged":
            slow_is_running.set()
            assert fast_is_done.wait(5)
        elif slow_is_running.wait(5) and group[0].text == "the last":
            fast_is_done.set()

    texts = ["slow charged", *(f"quick {i}" for i in range(20)), "the last"]
    values = answer(DummyEngine(before=before), chunk(*texts[:10]), chunk(*texts[10:]))
    assert [row[KIND] for row in values] == ["complaint"] + ["other"] * 21


def test_all_threads_compute_at_once() -> None:
    together = threading.Barrier(3, timeout=5)

    def meet(_: Sequence[Prepared]) -> None:
        together.wait()

    values = answer(DummyEngine(before=meet), chunk("a", "b", "c"), workers=3)
    assert [row[NOTED] for row in values] == [None] * 3


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        (None, "the text is empty"),
        ("", "the text is empty"),
        (" \n", "the text is blank: send at least one visible character"),
        ("a\0b", "the text has a NUL character: take it out"),
        ("a\ud800b", "the text has half of a surrogate pair: send whole characters"),
        (12.5, "the text is no text but a number"),
        (True, "the text is no text but true or false"),
        ({"a": "secret"}, "the text is no text but an object"),
        ("a" * 101, "the text has 101 characters, the limit is 100"),
    ],
)
def test_what_cannot_be_answered_says_why(cell: Any, note: str) -> None:
    engine = DummyEngine()
    values = answer(engine, chunk("good text", cell))
    assert [row[NOTED] for row in values] == [None, note]
    assert engine.computed == ["good text"]


def test_a_flaw_is_noted_and_bars_the_answer_only_where_cells_may_be_wrong() -> None:
    flaws = {0: Flaw("line 2 is short", usable=True), 1: Flaw("line 3 is long", usable=False)}
    flaws[2] = Flaw("line 4 is short", usable=True)
    values = answer(DummyEngine(), chunk("a", "b", "", flaws=flaws))
    assert [(row[KIND], row[NOTED]) for row in values] == [
        ("other", "line 2 is short"),
        (None, "line 3 is long"),
        (None, "the text is empty; line 4 is short"),
    ]


def test_a_text_that_the_model_fails_on_costs_no_other_row() -> None:
    def fail(group: Sequence[Prepared]) -> None:
        if "bad" in group[0].text:
            raise ValueError("bad secret")

    values = answer(DummyEngine(before=fail), chunk("a", "bad", "b", "bad"))
    assert [row[NOTED] for row in values] == [None, "the model failed on this text: ValueError"] * 2


def test_languages_are_read_in_the_forms_that_exports_have() -> None:
    engine = DummyEngine()
    rows: list[list[object]] = [
        ["a", "vi-VN"],
        ["b", None],
        ["c", "sv"],
        ["d", 5],
        ["e", " FI "],
        ["f", "es_MX"],
        ["g", "  "],
    ]
    values = answer(engine, CellChunk(rows, 2, {}), language_column=1)
    language = [*COLUMNS].index("language")
    assert [row[language] for row in values] == ["vi", "en", None, None, "fi", "es", "en"]
    assert values[2][NOTED] == "its language is none of fi, vi, es, en: leave it empty, and the model tells it"
    assert answer(engine, chunk("a"), language="es")[0][language] == "es"


def test_the_same_text_is_computed_once() -> None:
    engine = DummyEngine()
    values = answer(engine, chunk("a", "b", "a", "a"), *(chunk("b", "a") for _ in range(100)))
    assert sorted(engine.computed) == ["a", "b"]
    assert len(values) == 204


def test_answers_are_forgotten_in_time() -> None:
    engine = DummyEngine()
    answerer = Answerer(engine, Choices(text=0), Settings(workers=1, cache_answers=2))
    list(answerer.answer_all((chunk(*"abcdefgh"), []) for _ in range(2)))
    assert len(answerer._cache) == 2
    assert answerer._running == {}


@pytest.mark.parametrize(("limit", "value"), [("MOST_ROWS", 10), ("MOST_SIZE", 70)])
def test_few_rows_are_on_the_way(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    """No more than the limit and one chunk is read ahead of what is written."""
    monkeypatch.setattr(bulk_answers, limit, value)
    read = 0

    def chunks() -> Iterator[tuple[CellChunk, list[list[Any]]]]:
        nonlocal read
        for number in range(50):
            read += 1
            yield chunk(f"text {number:02}", f"word {number:02}"), []

    written = 0
    for _ in Answerer(DummyEngine(), Choices(text=0), Settings(workers=2)).answer_all(chunks()):
        written += 1
        assert read - written <= 5
    assert written == 50


def test_known_rows_are_not_computed_again() -> None:
    engine = DummyEngine()
    known = answer(engine, chunk("a", "b"))
    engine.groups.clear()
    answerer = Answerer(engine, Choices(text=0), Settings(workers=2))
    done = next(answerer.answer_all([(chunk("a", "b", "charged"), known)]))
    assert engine.computed == ["charged"]
    assert done.known == 2
    assert [values[KIND] for values in done.values] == ["other", "other", "complaint"]


def test_ended_early_it_computes_nothing_more() -> None:
    engine = DummyEngine(seconds=0.01)
    done = Answerer(engine, Choices(text=0), Settings(workers=1)).answer_all(
        (chunk(*(f"{number} {i}" for i in range(10))), []) for number in range(100)
    )
    next(done)
    done.close()
    computed = len(engine.computed)
    assert computed < 500
    assert threading.active_count() < 50
    assert len(engine.computed) == computed
