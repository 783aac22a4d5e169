"""Erasure reaches the snapshots of retrainings, down to the bytes."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.store.records import NewTicket, Reading
from data.store.store import Store
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from tests.training.tickets import fill, open_in, place, put
from training.__main__ import main
from training.corrections import gather, row_id
from training.forgotten import Learnt, read_learnt, write_learnt
from training.runs import alone, runs_in
from training.snapshots import DISPUTES, SNAPSHOT, forget, read_rows, write_rows

CANARY = "my neighbour Canaryberg keeps a cockatoo"


def snapshot(store: Store, taxonomy: Taxonomy, run: Path) -> None:
    run.mkdir(parents=True)
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
        (runs / run / (SNAPSHOT + ".part")).write_text(CANARY)
    assert b"Canaryberg" in bytes_below(runs)
    assert name.encode() in (runs / "1" / SNAPSHOT).read_bytes()
    assert store.erase(key)
    found = forget(runs, store)
    assert (found.rows, found.runs) == (2, ["1", "2"])
    assert b"Canaryberg" not in bytes_below(runs)
    assert name.encode() not in bytes_below(runs)
    assert [len(read_rows(run / SNAPSHOT)) for run in runs_in(runs)] == [6, 6]
    assert forget(runs, store).rows == 0
    store.close()


def test_the_list_of_what_is_known_loses_the_names_of_who_is_gone(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    keys = [put(store, number, "the lift again", {"kind": "fault"}) for number in (12345, 67890)]
    run = tmp_path / "runs" / "1"
    snapshot(store, taxonomy, run)
    assert [each.key for each in read_learnt(run) or []] == keys
    store.erase(keys[0])
    store.purge({}, default=timedelta(days=1), now=datetime.now(UTC) + timedelta(days=2))
    forget(tmp_path / "runs", store)
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
    assert forget(tmp_path / "runs", store).rows == 1
    assert b"Canaryberg" not in bytes_below(tmp_path / "runs")
    store.close()


def test_damaged_lines_are_taken_out_since_nobody_knows_whose_they_are(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    fill(store, 3)
    run = tmp_path / "runs" / "1"
    snapshot(store, taxonomy, run)
    path = run / SNAPSHOT
    path.write_bytes(path.read_bytes() + b'{"key": {"source": "desk"\n\xff\xfe\x00' + CANARY.encode() + b"\n")
    with pytest.raises(ValueError, match="line 4 is damaged") as refused:
        read_rows(path)
    assert "Canaryberg" not in str(refused.value)
    assert forget(tmp_path / "runs", store).rows == 2
    assert len(read_rows(path)) == 3
    store.close()


def test_only_its_user_can_read_a_snapshot(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    run = tmp_path / "runs" / "1"
    snapshot(store, taxonomy, run)
    store.erase(keys[0])
    forget(tmp_path / "runs", store)
    assert stat.S_IMODE((run / SNAPSHOT).stat().st_mode) == 0o600
    store.close()


def test_the_command_forgets_and_waits_for_nobody(
    tmp_path: Path, taxonomy: Taxonomy, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    runs = tmp_path / "runs"
    snapshot(store, taxonomy, runs / "1")
    store.erase(keys[1])
    store.close()
    command = ["forget", *place(tmp_path), "--runs", str(runs)]
    with alone(runs):
        assert main(command) == 2
    assert "another retraining is at work" in capsys.readouterr().err
    assert main(command) == 0
    assert [row.key for row in read_rows(runs / "1" / SNAPSHOT)] == [keys[0], keys[2]]


def test_a_full_disk_loses_nothing(tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    run = tmp_path / "runs" / "1"
    snapshot(store, taxonomy, run)
    before = (run / SNAPSHOT).read_bytes()
    store.erase(keys[0])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("data.whole.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            forget(tmp_path / "runs", store)
    assert (run / SNAPSHOT).read_bytes() == before
    assert list(run.glob("*.part")) == []
    assert forget(tmp_path / "runs", store).rows == 1
    store.close()
