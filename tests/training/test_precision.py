from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.message import Message, Split
from data.taxonomy import Group, Label, Taxonomy
from training import precision
from training.export import FULL, MIXED, SMALL
from training.precision import PRECISION, Matrix, choose, read_precision, tell_on_gold

KINDS = ("fault", "question")
LABELS = [Label(id=name, name={"en": name, "fi": name}) for name in KINDS]
KIND = Group(id="kind", name={"en": "kind", "fi": "laji"}, mode="one", labels=LABELS)
TAXONOMY = Taxonomy(version="1", languages=["en", "fi"], groups=[KIND])


def messages(split: Split) -> list[Message]:
    """A hundred in each language, of both kinds in turn."""
    return [
        Message(id=f"{split}-{lang}-{i}", lang=lang, text="a", group="g", split=split, kind=KINDS[i % 2])
        for lang in TAXONOMY.languages
        for i in range(100)
    ]


def scores(rows: list[Message], wrong: dict[str, int]) -> Matrix:
    """Right, but for as many of each language's messages."""
    found = np.zeros((len(rows), len(KINDS)), np.float32)
    for row, message in enumerate(rows):
        number = int(message.id.rpartition("-")[2])
        true = KINDS.index(str(message.kind))
        found[row, 1 - true if number < wrong.get(message.lang, 0) else true] = 2.0
    return found


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "cpu_class", lambda: frozenset({"vnni", "amx"}))


def chosen(**wrong: dict[str, int]) -> precision.Precision:
    check = messages("calibration")
    names = {"small": SMALL, "mixed": MIXED, "full": FULL}
    found = {name: scores(check, wrong.get(word, {})) for word, name in names.items()}
    return choose(check, found, TAXONOMY)[0]


def test_the_smallest_weights_are_served_that_lose_next_to_nothing_in_any_language() -> None:
    assert chosen().weights == SMALL
    assert chosen(small={"fi": 2}).weights == MIXED
    assert chosen(small={"fi": 2}, mixed={"en": 2}).weights == FULL
    assert chosen(small={"fi": 2}, full={"fi": 2}).weights == SMALL, "full precision is no better"


def test_what_each_loses_is_told_by_language() -> None:
    found = chosen(small={"fi": 2}, full={"en": 4})
    assert found.lost_on_calibration[SMALL] == pytest.approx({"en": -0.04, "fi": 0.02}, abs=0.001)
    assert found.lost_on_calibration[MIXED] == pytest.approx({"en": -0.04, "fi": 0.0}, abs=0.001)
    assert found.processor == ["amx", "vnni"]


def test_gold_is_told_and_chooses_nothing() -> None:
    check, gold = messages("calibration"), messages("gold")
    found, fitted = choose(check, {name: scores(check, {}) for name in (SMALL, MIXED, FULL)}, TAXONOMY)
    asked: list[str] = []

    def on_gold(name: str) -> Matrix:
        asked.append(name)
        return scores(gold, {"fi": 10} if name == SMALL else {})

    told = tell_on_gold(found, gold, on_gold, TAXONOMY, fitted)
    assert told.weights == SMALL
    assert told.lost_on_gold == pytest.approx({"en": 0.0, "fi": 0.1}, abs=0.001)
    assert set(asked) == {SMALL, FULL}
    assert tell_on_gold(found, [], on_gold, TAXONOMY, fitted) == found, "without gold there is nothing to tell"


def test_the_card_says_which_weights_what_they_lose_and_where_it_was_measured(tmp_path: Path) -> None:
    found = chosen(small={"fi": 2}).model_copy(update={"lost_on_gold": {"en": 0.0012, "fi": -0.0031, "vi": 0.0}})
    (tmp_path / PRECISION).write_text(found.model_dump_json(), encoding="utf-8")
    table = read_precision(tmp_path).table()
    assert "`model.mixed.onnx`: 8-bit products" in table
    assert "`onnxruntime-int8-mixed`" in table
    assert "| `model.int8.onnx` | the calibration split | +0.00 | +2.00 | – |" in table
    assert "| `model.mixed.onnx` | gold, by which nothing was chosen | +0.12 | -0.31 | +0.00 |" in table
    assert "amx, vnni" in table
    full = chosen(small={"fi": 2}, mixed={"fi": 2}).table()
    assert "`model.fp32.onnx`: full precision, for the engine `onnxruntime-fp32`" in full
