"""`python -m service classify` as a real process: killed midway, it goes on where it was."""

from __future__ import annotations

import csv
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.tables.files import open_table
from tests.service.tables import FORMATS, write_table

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
ROWS = 600


def command(table: Path, out: Path, seconds: float = 0.0) -> list[str]:
    module = ["-m", "tests.service.classify_dummy", str(seconds)]
    return [sys.executable, *module, str(table), "--output", str(out), "--workers", "2"]


def run(table: Path, out: Path) -> str:
    """Run to the end; returns the log."""
    done = subprocess.run(command(table, out), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def kill_after(table: Path, out: Path, lines: int) -> None:
    """Run until the journal has so many more lines, then kill without a warning."""
    journal = out.with_name(out.name + ".unfinished") / "journal.jsonl"

    def written() -> int:
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    before = written()
    with subprocess.Popen(command(table, out, 0.002), cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while written() < before + lines:
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.kill()
        assert process.wait(20) == -signal.SIGKILL
    assert not out.exists(), "no half-written output under the name of a whole one"


def rows(path: Path) -> list[list[object]]:
    with open_table(path) as table:
        columns = range(len(table.columns))
        return [
            list(row)
            for chunk in table.chunks(100)
            for row in zip(*(chunk.cells(each) for each in columns), strict=True)
        ]


@pytest.mark.parametrize("ending", FORMATS)
def test_killed_midway_and_begun_again_it_loses_and_doubles_no_row(tmp_path: Path, ending: str) -> None:
    texts = [f"parcel {i} was charged twice" if i % 5 else "" for i in range(ROWS)]
    table = write_table(tmp_path / f"in{ending}", texts)
    whole, out = tmp_path / f"whole{ending}", tmp_path / f"out{ending}"
    run(table, whole)
    for lines in (3, 1, 5):
        kill_after(table, out, lines)
    log = run(table, out)
    noted = re.search(r"going on after row (\d+)", log)
    assert noted is not None
    assert int(noted[1]) >= 7 * 32
    assert f"computed {sum(bool(text) for text in texts[int(noted[1]) :])}\n" in log, "nothing is answered twice"
    found = rows(out)
    assert found == rows(whole)
    assert [int(str(row[0])) for row in found] == [*range(ROWS)]
    if ending in (".csv", ".jsonl"):
        assert out.read_bytes() == whole.read_bytes()
    left = {each.name for each in tmp_path.iterdir()}
    assert left == {table.name, whole.name, out.name}, "nothing half-done is left behind"


@pytest.mark.parametrize("ending", FORMATS)
def test_where_no_more_can_be_written_it_says_so_and_goes_on_later(tmp_path: Path, ending: str) -> None:
    """A limit on the size of files stands for a full disk."""
    table = write_table(tmp_path / f"in{ending}", [f"parcel {i} was charged" for i in range(ROWS)])
    out = tmp_path / f"out{ending}"

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    stopped = subprocess.run(
        command(table, out), cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, timeout=120, check=False
    )
    assert stopped.returncode == 1, stopped.stderr
    assert f"{out} cannot be written: [Errno 27] File too large; mend that and run the same again" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not out.exists()
    assert "going on after row" in run(table, out)
    assert len(rows(out)) == ROWS


def test_the_word_and_the_shipped_model_on_a_semicolon_file(tmp_path: Path) -> None:
    table = tmp_path / "valitukset.csv"
    table.write_text(
        "id;viesti\n1;Huele a gas en el portal desde esta mañana, hay una señora mayor.\n"
        "2;Das Paket ist seit zwei Wochen unterwegs und niemand antwortet mir.\n3;\n",
        encoding="utf-8",
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECLAMO_")}
    done = subprocess.run(
        [sys.executable, "-m", "service", "classify", str(table)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "valitukset.classified.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter=";"))
    assert [row["reclamo_kind"] for row in found] == ["complaint", "", ""]
    assert [row["reclamo_language"] for row in found] == ["es", "de", ""]
    assert found[0]["reclamo_urgency"] == "critical"
    assert found[1]["reclamo_review_reasons"] == "unsupported_language"
    assert found[2]["reclamo_note"] == "the text is empty"
    assert "señora" not in done.stderr
