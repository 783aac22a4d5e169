"""Erasure reaches the snapshots of retrainings, down to the bytes, while one runs too."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.store.copies import AUDIT, DISPUTES, LEARNT, SEAL, SNAPSHOT, Learnt, claim, clean
from data.store.records import NewTicket, Reading
from data.store.store import Store
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from tests.training.tickets import fill, open_in, place, put
from training.__main__ import main
from training.corrections import gather, row_id
from training.forgotten import read_learnt, write_learnt
from training.runs import alone, runs_in
from training.snapshots import read_rows, write_rows

CANARY = "my neighbour Canaryberg keeps a cockatoo"


def snapshot(store: Store, taxonomy: Taxonomy, run: Path) -> None:
    run.mkdir(parents=True)
    claim(run.parent, store)
    rows = gather(store.corrected(), TaxonomyHistory(taxonomy), None, store.alias).rows
    write_rows(run / SNAPSHOT, rows)
    write_learnt(run, rows, [])


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_erased_tickets_leave_every_snapshot(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    fill(store, 6)
    key = put(store, 50, CANARY, {"kind": "chat"})
    name = row_id(store.alias(key))
    runs = tmp_path / "runs"
    for run in ("1", "2"):
        snapshot(store, taxonomy, runs / run)
        (runs / run / DISPUTES).write_text(f'{{"id": "{name}"}}\n{{"id": "{name[:-1]}"}}\n')
        (runs / run / AUDIT).write_text(f"{name} is disputed")
        (runs / run / (SNAPSHOT + ".part")).write_text(CANARY)
    assert b"Canaryberg" in bytes_below(runs)
    assert name.encode() in (runs / "1" / SNAPSHOT).read_bytes()
    assert store.erase(key)
    found = clean(runs, store)
    assert (found.rows, found.places) == (2, ["1", "2"])
    assert b"Canaryberg" not in bytes_below(runs)
    assert name.encode() not in bytes_below(runs)
    assert [len(read_rows(run / SNAPSHOT)) for run in runs_in(runs)] == [6, 6]
    assert clean(runs, store).rows == 0
    store.close()


def test_names_that_a_stage_wrote_after_the_cleaning_go_with_the_next(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    runs = tmp_path / "runs"
    snapshot(store, taxonomy, runs / "1")
    store.erase(keys[0])
    clean(runs, store)
    name = row_id(store.alias(keys[0]))
    (runs / "1" / DISPUTES).write_text(f'{{"id": "{name}"}}\n')
    (runs / "1" / AUDIT).write_text(name)
    clean(runs, store)
    assert name.encode() not in bytes_below(runs)
    store.close()


def test_the_list_of_what_is_known_loses_the_names_of_who_is_gone(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    keys = [put(store, number, "the lift again", {"kind": "fault"}) for number in (12345, 67890)]
    run = tmp_path / "runs" / "1"
    snapshot(store, taxonomy, run)
    assert [each.key for each in read_learnt(run) or []] == keys
    store.erase(keys[0])
    store.purge({}, default=timedelta(days=1), now=datetime.now(UTC) + timedelta(days=2))
    clean(tmp_path / "runs", store)
    assert read_learnt(run) == [Learnt(given=(1,))]
    assert b"12345" not in bytes_below(run)
    assert b"67890" not in bytes_below(run)
    store.close()


def test_a_text_that_the_store_replaced_goes_too(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    key = put(store, 1, CANARY, {"kind": "chat"})
    put(store, 2, "another", {"kind": "chat"})
    snapshot(store, taxonomy, tmp_path / "runs" / "1")
    reading = Reading(model_version="m", taxonomy_version="housing-1", labels={}, certainty=0.0, answer={})
    store.put(NewTicket(key=key, text="never mind", mark=store.mark("never mind"), lang="en"), reading)
    assert clean(tmp_path / "runs", store).rows == 1
    assert b"Canaryberg" not in bytes_below(tmp_path / "runs")
    store.close()


def test_damaged_lines_are_taken_out_since_nobody_knows_whose_they_are(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    fill(store, 3)
    run = tmp_path / "runs" / "1"
    snapshot(store, taxonomy, run)
    path = run / SNAPSHOT
    path.write_bytes(path.read_bytes() + b'{"key": {"source": "desk"\n\xff\xfe\x00' + CANARY.encode() + b"\n")
    (run / LEARNT).write_bytes((run / LEARNT).read_bytes() + b"\xff{\n")
    with pytest.raises(ValueError, match="line 4 is damaged") as refused:
        read_rows(path)
    assert "Canaryberg" not in str(refused.value)
    assert clean(tmp_path / "runs", store).rows == 2
    assert len(read_rows(path)) == 3
    assert (run / LEARNT).read_bytes().count(b"\n") == 4
    assert b"\xff" not in (run / LEARNT).read_bytes()
    store.close()


def test_only_its_user_can_read_a_snapshot(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    run = tmp_path / "runs" / "1"
    snapshot(store, taxonomy, run)
    store.erase(keys[0])
    clean(tmp_path / "runs", store)
    assert stat.S_IMODE((run / SNAPSHOT).stat().st_mode) == 0o600
    store.close()


def test_the_command_forgets_while_a_retraining_runs(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    runs = tmp_path / "runs"
    snapshot(store, taxonomy, runs / "1")
    store.erase(keys[1])
    store.close()
    with alone(runs):
        assert main(["forget", *place(tmp_path), "--runs", str(runs)]) == 0
    assert [row.key for row in read_rows(runs / "1" / SNAPSHOT)] == [keys[0], keys[2]]


def test_what_is_another_stores_is_left_alone(
    tmp_path: Path, taxonomy: Taxonomy, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the service of a demonstration, say, is not told of another folder."""
    store = open_in(tmp_path)
    fill(store, 3)
    runs = tmp_path / "runs"
    snapshot(store, taxonomy, runs / "1")
    store.close()
    (tmp_path / "other").mkdir()
    other = open_in(tmp_path / "other")
    assert clean(runs, other).rows == 0
    other.close()
    assert main(["forget", *place(tmp_path / "other"), "--runs", str(runs)]) == 2
    assert "another store" in capsys.readouterr().err
    assert len(read_rows(runs / "1" / SNAPSHOT)) == 3
    (runs / SEAL).unlink()
    store = open_in(tmp_path)
    assert clean(runs, store).rows == 0, "nobody has said whose it is"
    store.close()


def test_a_full_disk_loses_nothing_and_keeps_nothing_from_others(
    tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    runs = tmp_path / "runs"
    for name in ("1", "2"):
        snapshot(store, taxonomy, runs / name)
    before = (runs / "1" / SNAPSHOT).read_bytes()
    store.erase(keys[0])
    asked: list[int] = []

    def full(_: int) -> None:
        asked.append(1)
        if len(asked) == 1:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("data.whole.os.fsync", full)
        found = clean(runs, store)
    assert (found.failed, found.places) == ({"1": "OSError"}, ["2"])
    assert (runs / "1" / SNAPSHOT).read_bytes() == before
    assert list((runs / "1").glob("*.part")) == []
    assert clean(runs, store).rows == 1
    store.close()
