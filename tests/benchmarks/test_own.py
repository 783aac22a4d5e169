"""The few-label benchmark draws the same rows again, goes on where it was cut, and writes nothing but its tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import own
from benchmarks.own import BEGIN, END, Result, asked, drawn, read_results, record, results_table, write_report
from data.message import Message, Split
from data.taxonomy import Group, Label, Taxonomy

LABELS = ("l0", "l1", "l2")


def message(number: int, split: Split) -> Message:
    text = f"message number {number} about thing {number % 3}"
    return Message(id=str(number), text=text, lang="en", kind=LABELS[number % 3], group=str(number), split=split)


MESSAGES = [*(message(i, "train") for i in range(60)), *(message(i, "calibration") for i in range(50, 80)),
            *(message(i, "gold") for i in range(80, 95))]  # fmt: skip
TAXONOMY = Taxonomy(
    version="1",
    languages=["en"],
    groups=[Group(id="kind", name={"en": "k"}, mode="one", labels=[Label(id=i, name={"en": i}) for i in LABELS])],
)


def result(draw: int, accuracy: float, system: str = "reclamo") -> Result:
    return Result("viocd", "test", "ours", 10, draw, system, 20, accuracy, accuracy - 0.1, 60.0)


def test_a_draw_has_so_many_rows_of_each_label_and_is_the_same_again() -> None:
    rows = drawn(MESSAGES, 5, 0)
    assert sorted(str(m.kind) for m in rows) == sorted(LABELS * 5)
    assert rows == drawn(MESSAGES, 5, 0) != drawn(MESSAGES, 5, 1)
    assert all(m.split == "train" for m in rows)
    assert len(drawn(MESSAGES, 500, 0)) == 60


def test_a_choice_never_sees_the_test_split_nor_what_was_learnt() -> None:
    rows = drawn(MESSAGES, 500, 0)
    for_choice = asked(MESSAGES, "dev", rows)
    assert {m.split for m in for_choice} == {"calibration"}
    assert not {m.text for m in for_choice} & {m.text for m in rows}
    assert {m.split for m in asked(MESSAGES, "test", rows)} == {"gold"}


def test_what_is_measured_is_not_measured_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(own, "read_benchmark", lambda _: (MESSAGES, TAXONOMY))
    path = tmp_path / "results.jsonl"
    for draws in (1, 2):
        own.measure("viocd", "test", "ours", [10], draws, {"TF-IDF + linear": ""}, path)
    with path.open("a", encoding="utf-8") as out:
        out.write('{"set": "viocd", "pa')
    found = read_results(path)
    assert [(one.draw, one.encoder, one.rows) for one in found] == [(0, "none", 30), (1, "none", 30)]
    assert all(one.accuracy > 0.8 for one in found)
    own.measure("viocd", "test", "ours", [10], 3, {"TF-IDF + linear": ""}, path)
    assert read_results(path)[:2] == found
    assert [one.draw for one in read_results(path)] == [0, 1, 2]


def test_the_table_gives_means_and_the_least_and_the_most(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for each in (result(0, 0.8), result(1, 0.9), result(0, 0.7, "SetFit")):
        record(each, path)
    table = results_table(read_results(path))
    assert "| viocd | reclamo | ours | 0.850 / 0.750 (0.800–0.900) | 1.0 |" in table
    assert "| viocd | SetFit | ours | 0.700 / 0.600 | 1.0 |" in table


def test_the_report_changes_between_its_marks_alone(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nafter\n", encoding="utf-8")
    write_report([result(0, 0.8)], path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Before\n\n")
    assert text.endswith(f"{END}\n\nafter\n")
    assert "old" not in text
    assert "On the test splits" in text
    assert "development" not in text


def test_the_committed_report_has_its_marks() -> None:
    text = own.REPORT.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
