"""`python -m service classify`, around the engine without weights."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest

from data.tables.files import open_table
from models.artifact import MissingArtifact
from models.engine import Prepared
from service import bulk
from service.bulk_columns import COLUMNS, EVIDENCE, PREFIX
from tests.service.conftest import wait_until
from tests.service.dummy_engine import DummyEngine
from tests.service.tables import FORMATS, write_table

README = (Path(__file__).parents[2] / "service/README.md").read_text(encoding="utf-8")
TEXTS = ["My parcel was charged twice!", "", "I smell gas, cancel it", "hello; world"]

Run = Callable[..., int]


@pytest.fixture
def engine() -> DummyEngine:
    return DummyEngine()


@pytest.fixture
def run(engine: DummyEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Run:
    """Run the command with flags."""
    monkeypatch.setattr(bulk, "load", lambda settings: engine)
    caplog.set_level("INFO")

    def begin(*arguments: Any) -> int:
        caplog.clear()
        return bulk.main([*map(str, arguments)])

    return begin


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of an output, whatever its format."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".parquet":
        return list(pyarrow.parquet.read_table(path).to_pylist())
    header, *found = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in found]


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gets_its_answers_beside_its_columns(tmp_path: Path, run: Run, ending: str) -> None:
    table = write_table(tmp_path / f"in{ending}", TEXTS)
    assert run(table) == 0
    out = tmp_path / f"in.classified{ending}"
    with open_table(table) as before, open_table(out) as after:
        assert after.columns == [*before.columns, *(PREFIX + name for name in COLUMNS)]
    found = rows(out)
    lists = ending in (".jsonl", ".parquet")
    assert [row["text"] or "" for row in found] == TEXTS
    assert [str(row["id"]) for row in found] == ["0", "1", "2", "3"]
    assert [row["reclamo_kind"] or None for row in found] == ["complaint", None, "complaint", "other"]
    assert found[0]["reclamo_themes"] == (["billing", "delivery"] if lists else "billing;delivery")
    assert found[0]["reclamo_themes_confidence"] == ([0.88, 0.88] if lists else "0.88;0.88")
    assert str(found[0]["reclamo_review"]).lower() == "false"
    assert [row["reclamo_note"] or None for row in found] == [None, "the text is empty", None, None]
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"in.classified{ending}", f"in{ending}"]


@pytest.mark.parametrize("ending", FORMATS)
def test_evidence_points_into_the_text_as_it_was_given(tmp_path: Path, run: Run, ending: str) -> None:
    table = write_table(tmp_path / f"in{ending}", ["I was charged for gas"])
    out = tmp_path / f"out{ending}"
    assert run(table, "--evidence", "--output", out) == 0
    expected: Any = "harm:18-21"
    if ending in (".jsonl", ".parquet"):
        expected = [{"label": "harm", "start": 18, "end": 21}]
    assert rows(out)[0]["reclamo_signals_evidence"] == expected


def test_it_says_what_it_read_and_how_many_rows_were_answered(
    tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_table(tmp_path / "in.csv", TEXTS)
    assert run(table) == 0
    assert "the text is in column 'text'" in caplog.text
    assert "3 of 4 rows answered" in caplog.text
    assert "column reclamo_note says" in caplog.text
    assert re.search(r"100%.*4/4", capsys.readouterr().err), "the progress bar"
    assert not any(text in caplog.text for text in TEXTS if text)


def test_the_columns_that_were_asked_for_are_read(tmp_path: Path, run: Run) -> None:
    table = tmp_path / "in.csv"
    table.write_text("text;body;lang\nno;charged;fi-FI\nno;gas;\nno;x;sv\n", encoding="utf-8")
    assert run(table, "--column", "body", "--language-column", "lang") == 0
    with (tmp_path / "in.classified.csv").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file, delimiter=";"))
    assert [row["reclamo_language"] for row in found] == ["fi", "en", ""]
    assert found[0]["reclamo_themes"] == "billing"
    assert "none of fi, vi, es, en" in found[2]["reclamo_note"]


def test_one_language_for_all(tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    table = write_table(tmp_path / "in.jsonl", ["a"])
    assert run(table, "--language", "sv") == 2
    assert "'sv' is no language of this model: use one of fi, vi, es, en" in caplog.text
    assert run(table, "--language", "es") == 0
    assert rows(tmp_path / "in.classified.jsonl")[0]["reclamo_language"] == "es"


def test_a_sheet_and_an_encoding_can_be_named(tmp_path: Path, run: Run) -> None:
    book = openpyxl.Workbook()
    book.active.append(["nothing", "here"])
    book.create_sheet("Tickets").append(["text"])
    book["Tickets"].append(["charged"])
    book.save(tmp_path / "in.xlsx")
    assert run(tmp_path / "in.xlsx", "--sheet", "Tickets") == 0
    assert rows(tmp_path / "in.classified.xlsx")[0]["reclamo_themes"] == "billing"
    (tmp_path / "in.csv").write_bytes("text\nEi mitään\n".encode("latin-1"))
    assert run(tmp_path / "in.csv") == 2
    assert run(tmp_path / "in.csv", "--encoding", "latin-1") == 0
    assert "Ei mitään" in (tmp_path / "in.classified.csv").read_text("latin-1")


def test_an_output_that_is_there_is_kept_unless_it_may_go(
    tmp_path: Path, run: Run, engine: DummyEngine, caplog: pytest.LogCaptureFixture
) -> None:
    table = write_table(tmp_path / "in.csv", TEXTS)
    out = tmp_path / "in.classified.csv"
    out.write_text("mine", encoding="utf-8")
    assert run(table) == 2
    assert "is there already: add --overwrite" in caplog.text
    assert out.read_text(encoding="utf-8") == "mine"
    assert engine.computed == []
    assert run(table, "--overwrite") == 0
    assert len(rows(out)) == 4


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("in.csv", "is the input"),
        ("out.xlsx", "the output has the format of in.csv"),
        ("out.pdf", "should end in one of"),
        ("no/out.csv", "there is no folder"),
        ("folder.csv", "is a folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_computed(
    tmp_path: Path, run: Run, engine: DummyEngine, caplog: pytest.LogCaptureFixture, output: str, told: str
) -> None:
    table = write_table(tmp_path / "in.csv", TEXTS)
    (tmp_path / "folder.csv").mkdir()
    before = table.read_bytes()
    assert run(table, "--output", tmp_path / output, "--overwrite") == 2
    assert told in caplog.text
    assert (table.read_bytes(), engine.computed) == (before, [])


def test_an_output_is_not_classified_again(tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    table = write_table(tmp_path / "in.jsonl", TEXTS)
    assert run(table) == 0
    assert run(tmp_path / "in.classified.jsonl") == 2
    assert "has a column 'reclamo_kind', as if it were an output itself" in caplog.text


@pytest.mark.parametrize("ending", FORMATS)
def test_stopped_and_begun_again_it_gives_the_same_and_computes_nothing_twice(
    tmp_path: Path, run: Run, engine: DummyEngine, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    texts = [f"parcel {i} was charged" if i % 7 else "" for i in range(400)]
    table = write_table(tmp_path / f"in{ending}", texts)
    whole, out = tmp_path / f"whole{ending}", tmp_path / f"out{ending}"
    assert run(table, "--output", whole) == 0
    noted = out.with_name(out.name + ".unfinished") / "journal.jsonl"

    def stop(group: Sequence[Prepared]) -> None:
        if group[0].text.startswith("parcel 201 "):
            wait_until(lambda: noted.read_bytes().count(b"\n") > 128 // bulk.CHUNK, seconds=60)
            os.kill(os.getpid(), signal.SIGTERM)

    engine.before = stop
    assert run(table, "--output", out, "--workers", "1") == 130
    assert "stopped; run the same again" in caplog.text
    assert not out.exists()
    assert [each.name for each in noted.parent.iterdir()] == ["journal.jsonl"]
    assert "parcel" not in noted.read_text(encoding="utf-8"), "the journal holds no text"
    engine.before = None
    engine.groups.clear()
    assert run(table, "--output", out) == 0
    going_on = re.search(r"going on after row (\d+)", caplog.text)
    assert going_on is not None
    assert 128 <= int(going_on[1]) < 400
    assert sorted(engine.computed) == sorted(text for text in texts[int(going_on[1]) :] if text)
    if ending in (".csv", ".jsonl"):
        assert out.read_bytes() == whole.read_bytes()
    assert rows(out) == rows(whole)
    assert not noted.parent.exists()


def test_another_run_of_the_same_name_is_not_mixed_in(
    tmp_path: Path, run: Run, engine: DummyEngine, caplog: pytest.LogCaptureFixture
) -> None:
    table = write_table(tmp_path / "in.csv", [f"charged {i}" for i in range(100)])

    def stop(group: Sequence[Prepared]) -> None:
        if group[0].text == "charged 80":
            os.kill(os.getpid(), signal.SIGTERM)

    engine.before = stop
    assert run(table, "--workers", "1") == 130
    engine.before = None
    assert run(table, "--language", "fi") == 2
    assert "with other language: repeat that run, or add --overwrite" in caplog.text
    engine.model_version = "dummy-2"
    assert run(table) == 2
    assert "with other model" in caplog.text
    assert run(table, "--overwrite") == 0
    assert {row["reclamo_model_version"] for row in rows(tmp_path / "in.classified.csv")} == {"dummy-2"}


def test_a_table_that_changes_while_it_is_read_gives_nothing(
    tmp_path: Path, run: Run, engine: DummyEngine, caplog: pytest.LogCaptureFixture
) -> None:
    table = write_table(tmp_path / "in.csv", TEXTS)

    def change(_: Sequence[Prepared]) -> None:
        table.write_text(table.read_text(encoding="utf-8").replace("parcel", "packet"), encoding="utf-8")

    engine.before = change
    assert run(table, "--workers", "1") == 2  # one thread at a time changes it
    assert "was changed while it was read: run this again" in caplog.text
    assert [each.name for each in tmp_path.iterdir()] == ["in.csv"]
    engine.before = None
    assert run(table) == 0


def test_a_full_disk_is_told_and_loses_nothing(
    tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = write_table(tmp_path / "in.csv", [f"charged {i}" for i in range(200)])
    written = 0

    def full(self: Any, chunk: Any, values: Any) -> None:
        nonlocal written
        written += 1
        if written == 4:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("data.tables.delimited._DelimitedWriter.write", full)
        assert run(table) == 1
    assert "cannot be written: [Errno 28] No space left on device; mend that and run the same again" in caplog.text
    assert not (tmp_path / "in.classified.csv").exists()
    assert run(table) == 0
    assert "going on after row 128" in caplog.text
    assert len(rows(tmp_path / "in.classified.csv")) == 200


def test_a_table_without_rows_is_no_fault(tmp_path: Path, run: Run) -> None:
    (tmp_path / "in.csv").write_text("id,text\n", encoding="utf-8")
    assert run(tmp_path / "in.csv") == 0
    assert (tmp_path / "in.classified.csv").read_text(encoding="utf-8").startswith("id,text,reclamo_kind,")


def test_broken_lines_are_rows_that_say_why(tmp_path: Path, run: Run) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "charged"}\n{"text": "half\n{"text": 7}\n', encoding="utf-8")
    assert run(tmp_path / "in.jsonl") == 0
    found = rows(tmp_path / "in.classified.jsonl")
    assert [row["reclamo_kind"] for row in found] == ["complaint", None, None]
    assert found[1]["unreadable_line"] == '{"text": "half'
    assert "line 2 is not JSON" in found[1]["reclamo_note"]
    assert found[2]["reclamo_note"] == "the text is no text but a number"


def test_a_model_that_cannot_be_used_is_code_3(
    tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(settings: object) -> object:
        raise MissingArtifact("there is no model here")

    monkeypatch.setattr(bulk, "load", load)
    assert run(write_table(tmp_path / "in.csv", TEXTS)) == 3
    assert "there is no model here" in caplog.text


def test_a_bad_number_of_workers_is_named(tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    assert run(write_table(tmp_path / "in.csv", TEXTS), "--workers", "none") == 2
    assert "RECLAMO_WORKERS=none" in caplog.text


def test_the_limit_of_the_service_holds_here_too(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECLAMO_MAX_CHARACTERS", "10")
    assert run(write_table(tmp_path / "in.csv", ["charged", "charged and more"])) == 0
    found = rows(tmp_path / "in.classified.csv")
    assert [row["reclamo_note"] for row in found] == ["", "the text has 16 characters, the limit is 10"]


def test_nothing_of_ours_reads_as_a_formula(tmp_path: Path, run: Run, engine: DummyEngine) -> None:
    engine.model_version = "=cmd|' /C calc'!A0"
    assert run(write_table(tmp_path / "in.csv", TEXTS)) == 0
    for row in rows(tmp_path / "in.classified.csv"):
        ours = [value for name, value in row.items() if name.startswith(PREFIX)]
        assert not [value for value in ours if value[:1] in {"=", "+", "-", "@", "\t", "\r"}]


@pytest.mark.parametrize("flag", [each for action in bulk.parser()._actions for each in action.option_strings])
def test_every_flag_is_documented(flag: str) -> None:
    assert flag in ("-h", "--help") or f"`{flag}" in README


def test_every_column_is_documented() -> None:
    assert {name for name in [*COLUMNS, *EVIDENCE] if f"`{name}`" not in README} == set()
