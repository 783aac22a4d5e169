from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.tables.table import TableError
from service.bulk_journal import Journal

RUN: dict[str, object] = {"input": "a hash", "column": 2, "model": ["1", "2"]}


def begin(output: Path, **changes: Any) -> Journal:
    afresh = changes.pop("afresh", False)
    return Journal(output, RUN | changes, afresh=afresh)


def noted(output: Path) -> list[Any]:
    """The first value of each row that a run which begins now knows."""
    with closing(begin(output)) as journal:
        assert len(list(journal.values())) == journal.rows
        return [values[0] for values in journal.values()]


def journal_file(output: Path) -> Path:
    return output.with_name(output.name + ".unfinished") / "journal.jsonl"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output whose run noted five rows in two lines and ended."""
    path = tmp_path / "out.csv"
    journal = begin(path)
    assert journal.rows == 0
    journal.append([["a", None], ["b", [0.5]], ["c", True]])
    journal.append([])
    journal.append([["d", 1], ["e", 2]])
    journal.close()
    return path


def test_what_was_noted_is_there_again(output: Path) -> None:
    journal = begin(output)
    assert journal.rows == 5
    assert list(journal.values()) == [["a", None], ["b", [0.5]], ["c", True], ["d", 1], ["e", 2]]
    journal.append([["f", 3]])
    assert len(list(journal.values())) == 5, "what this run notes it knows"
    journal.close()
    assert noted(output) == list("abcdef")


def test_a_kill_at_any_byte_loses_at_most_the_last_line(output: Path) -> None:
    whole = journal_file(output).read_bytes()
    header, first, second = whole.splitlines(keepends=True)
    for length in range(len(whole)):
        journal_file(output).write_bytes(whole[:length])
        expected = 3 if length >= len(header + first) else 0
        journal = begin(output)
        assert journal.rows == expected, length
        journal.append([["x", 0]])
        journal.close()
        assert noted(output) == [*"abc"[:expected], "x"]
    assert second


def test_rubbish_after_a_power_cut_is_cut_off(output: Path) -> None:
    with journal_file(output).open("ab") as file:
        file.write(b"\0" * 100 + b"\n" + b'[["z",0]]\n')
    journal = begin(output)
    assert journal.rows == 5
    journal.append([["f", 3]])
    journal.close()
    assert noted(output) == list("abcdef")


def test_another_run_is_not_mixed_in(output: Path) -> None:
    with pytest.raises(
        TableError, match=r"out\.csv\.unfinished holds a run .* with other column, model: .*--overwrite"
    ):
        begin(output, column=3, model=["1", "3"])
    assert noted(output) == list("abcde"), "it stays as it was"


def test_overwriting_lets_another_run_go_but_not_the_same(output: Path) -> None:
    same = begin(output, afresh=True)
    assert same.rows == 5
    same.close()
    other = begin(output, column=3, afresh=True)
    assert (other.rows, list(other.values())) == (0, [])
    other.close()


def test_two_processes_do_not_write_the_same_output(output: Path) -> None:
    journal = begin(output)
    with pytest.raises(TableError, match="another process is writing"):
        begin(output)
    journal.close()
    begin(output).close()


def test_an_output_takes_its_name_whole_and_the_folder_goes(output: Path) -> None:
    journal = begin(output)
    journal.part.write_text("whole", encoding="utf-8")
    assert not journal.is_finished()
    journal.finish(overwrite=False)
    assert output.read_text(encoding="utf-8") == "whole"
    assert [each.name for each in output.parent.iterdir()] == ["out.csv"]


def test_it_does_not_replace_what_came_meanwhile(output: Path) -> None:
    journal = begin(output)
    journal.part.write_text("whole", encoding="utf-8")
    output.write_text("someone else's", encoding="utf-8")
    with pytest.raises(TableError, match="was not there when this run began"):
        journal.finish(overwrite=False)
    assert output.read_text(encoding="utf-8") == "someone else's"
    journal.finish(overwrite=True)
    assert output.read_text(encoding="utf-8") == "whole"


def test_killed_between_naming_and_clearing_it_knows_that_it_is_finished(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = begin(output)
    journal.part.write_text("whole", encoding="utf-8")
    monkeypatch.setattr(journal, "discard", lambda: None)
    journal.finish(overwrite=False)
    journal.close()
    again = begin(output)
    assert again.is_finished()
    again.discard()
    assert [each.name for each in output.parent.iterdir()] == ["out.csv"]


def test_what_is_not_its_own_stays(output: Path) -> None:
    journal = begin(output)
    (journal.folder / "notes.txt").write_text("mine", encoding="utf-8")
    (journal.folder / "openpyxl.abc").write_text("rows", encoding="utf-8")
    journal.part.write_text("half", encoding="utf-8")
    journal.discard()
    assert [each.name for each in journal.folder.iterdir()] == ["notes.txt"]


def test_closing_keeps_the_journal_and_drops_half_an_output(output: Path) -> None:
    journal = begin(output)
    journal.part.write_text("half", encoding="utf-8")
    journal.close()
    assert [each.name for each in journal.folder.iterdir()] == ["journal.jsonl"]
