from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.__main__ import main
from data.redaction import Kind
from data.redaction.measuring import SET, Marked, MarkedSetError, Score, measure, read_set, report

MARKED = "Soita [[phone|040 123 4567]], t. [[name|Maija]]"


def message(marked: str, lang: str = "fi") -> Marked:
    return Marked(id="fi-001", lang=lang, split="dev", marked=marked)


def test_marks_are_taken_off_and_counted_in_the_text() -> None:
    text, items = message(MARKED).read()
    assert text == "Soita 040 123 4567, t. Maija"
    assert [(item.kind, text[item.start : item.end]) for item in items] == [
        (Kind.PHONE, "040 123 4567"),
        (Kind.NAME, "Maija"),
    ]


def test_a_found_item_counts_once_and_a_leak_in_characters() -> None:
    score = Score()
    text, items = message("Zzyx on [[id|nothing to find]]. Call [[phone|+358 40 123 4567]]").read()
    score.add(text, items, "fi")
    assert score.recall(Kind.PHONE) == 1.0
    assert score.recall(Kind.ID) == 0.0
    assert score.leak(Kind.ID) == 1.0
    assert score.leak(Kind.PHONE) == 0.0
    assert score.precision == 1.0


def test_what_is_found_beside_the_marks_lowers_precision() -> None:
    score = Score()
    score.add(*message("Call +358 40 123 4567 or mail [[email|a@example.com]]").read(), "fi")
    assert score.precision == 0.5


def test_a_set_without_marks_is_perfect_and_not_a_division_by_zero() -> None:
    score = Score()
    assert (score.precision, score.recall(Kind.NAME), score.leak(Kind.NAME)) == (1.0, 1.0, 0.0)


def test_the_set_of_the_repository_is_whole() -> None:
    messages = read_set()
    for language in ("fi", "vi", "es", "en"):
        own = [one for one in messages if one.lang == language]
        assert [one.split for one in own].count("dev") == 433
        assert [one.split for one in own].count("test") == 100
        assert [one.split for one in own].count("addresses") == 13
        assert len({one.id for one in own}) == len({one.read()[0] for one in own}) == 546
        assert all("[[" not in one.read()[0] for one in own)


def test_on_the_part_that_rules_were_written_with_the_targets_are_met() -> None:
    identifiers = (Kind.EMAIL, Kind.PHONE, Kind.CARD, Kind.ACCOUNT, Kind.ID)
    for (_, language), score in measure([one for one in read_set() if one.split == "dev"]).items():
        assert score.recall(*identifiers) >= 0.98, language
        assert score.recall(Kind.NAME) >= 0.90, language
        assert score.precision >= 0.95, language


def write_set(folder: Path, line: str) -> Path:
    (folder / "fi.jsonl").write_text(line + "\n", encoding="utf-8")
    return folder


def test_the_report_names_every_figure_worst_first(tmp_path: Path) -> None:
    text = report(write_set(tmp_path, message(MARKED + " [[id|not to be found]]").model_dump_json()))
    lines = text.splitlines()
    assert lines[0] == "dev: 1 messages"
    assert lines[2].startswith("identifiers")
    assert {line.split()[0] for line in lines[2:6]} == {"identifiers", "addresses", "names", "precision"}
    assert "not to be found" not in text


def test_the_command_prints_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_set(tmp_path, message(MARKED).model_dump_json())
    assert main(["redaction", "--set", str(tmp_path)]) == 0
    assert "identifiers" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["{", '{"id": "x", "marked": "secret@example.com"}', "[]"])
def test_a_bad_line_is_named_without_its_text(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MarkedSetError, match=r"fi\.jsonl, line 1") as caught:
        read_set(write_set(tmp_path, line))
    assert "secret" not in str(caught.value)
    assert main(["redaction", "--set", str(tmp_path)]) == 2
    assert "line 1" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_named_by_their_line(tmp_path: Path) -> None:
    (tmp_path / "fi.jsonl").write_bytes(message(MARKED).model_dump_json().encode() + b'\n{"id": "\xff"}\n')
    with pytest.raises(MarkedSetError, match=r"fi\.jsonl, line 2"):
        read_set(tmp_path)


@pytest.mark.parametrize("end", ["\u2028", "\x85"])
def test_a_line_of_json_ends_at_a_line_feed_alone(end: str, tmp_path: Path) -> None:
    written = message(f"Soita{end}[[phone|040 123 4567]]")
    line = json.dumps(written.model_dump(), ensure_ascii=False)
    assert read_set(write_set(tmp_path, line + "\r\n")) == [written]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MarkedSetError, match="--set"):
        read_set(tmp_path)


def test_the_default_set_is_the_repository_s() -> None:
    assert SET.name == "redaction_set"
