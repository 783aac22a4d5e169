"""What people no longer believe, or had erased, is not learnt, and what learnt it is made anew without it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.store.copies import LEARNT, SNAPSHOT
from data.store.records import Correction, NewTicket, Reading, TicketKey
from data.store.store import Store
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from models.artifact import MANIFEST
from models.registry import activate, current_version
from tests.training.retraining import Stages, again, only_state
from tests.training.tickets import fill, open_in, put
from training import poisoning_report
from training.champion import NETWORK, find_champion
from training.corrections import gather
from training.fit import WEIGHTS
from training.forgotten import read_learnt, write_learnt
from training.runs import BUILD, State, read_state, runs_in, tidy, write_state
from training.snapshots import read_rows, write_rows

Train = Callable[..., int]


@pytest.fixture
def train(folder: Path, corpus: Path, taxonomy_file: Path) -> Train:
    return lambda *more: again(folder, corpus, taxonomy_file, *more)


def with_lineage(version: Path, **more: object) -> None:
    """Write something into the lineage of a version."""
    written = json.loads((version / MANIFEST).read_bytes())
    written["lineage"] |= more
    (version / MANIFEST).write_text(json.dumps(written), encoding="utf-8")


@pytest.fixture
def known(folder: Path, taxonomy: Taxonomy) -> list[TicketKey]:
    """Twelve tickets that the champion learnt from."""
    store = open_in(folder)
    keys = fill(store, 12)
    rows = gather(store.corrected(), TaxonomyHistory(taxonomy), None, store.alias).rows
    store.close()
    sha256 = write_rows(folder / "runs" / "1" / SNAPSHOT, rows)
    state = State(
        run="1", version="1", champion="0", inputs="", since=None, until=rows[-1].judged_at, snapshot_sha256=sha256,
        learnt=12, newest=0, fresh=12, left_out={}, dropped={}, warm=True,
        outcome="promoted",
    )  # fmt: skip
    write_learnt(folder / "runs" / "1", rows, [])
    write_state(folder / "runs" / "1", state)
    corrections = {"learnt": 12, "until": state.until.isoformat(), "snapshot_sha256": sha256}
    with_lineage(current_version(folder / "versions"), corrections=corrections)
    return keys


def quarantined(store: Store, key: TicketKey) -> None:
    ticket = store.get(key)
    assert ticket is not None
    store.quarantine([ticket.corrections[0].id], "careless")


def rewritten(store: Store, key: TicketKey) -> None:
    reading = Reading(model_version="m", taxonomy_version="housing-1", labels={}, certainty=0.0, answer={})
    text = "the whole thread again, with a reply"
    store.put(NewTicket(key=key, text=text, mark=store.mark(text), lang="en"), reading)


def purged(store: Store, _: TicketKey) -> None:
    """All of them are."""
    store.purge({}, default=timedelta(days=1), now=datetime.now(UTC) + timedelta(days=2))


def sent_again(store: Store, key: TicketKey) -> None:
    purged(store, key)
    rewritten(store, key)


def newest_state(folder: Path) -> State:
    state = read_state(runs_in(folder / "runs")[-1])
    assert state is not None
    return state


@pytest.mark.parametrize(
    "forget",
    [quarantined, lambda store, key: store.undo(key, "ann"), lambda store, key: store.erase(key)],
    ids=["quarantined", "taken back", "erased"],
)
def test_what_the_champion_should_not_have_learnt_is_a_reason_to_begin_without_it(
    folder: Path, train: Train, known: list[TicketKey], forget: Callable[[Store, TicketKey], None],
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    stages = Stages(monkeypatch)
    with caplog.at_level("INFO"):
        assert train("--version", "2") == 0
    assert stages.ran == []
    assert "nothing to do" in caplog.text
    store = open_in(folder)
    forget(store, known[3])
    store.close()
    assert train("--version", "2") == 0
    state = newest_state(folder)
    assert (state.forgotten, state.warm, state.learnt, state.fresh) == (1, False, 11, 0)
    assert stages.learnt == 11
    assert "1 tickets that 1 learnt from are erased, or not believed any more" in caplog.text


@pytest.mark.parametrize("happened", [rewritten, purged, sent_again])
def test_what_happens_every_day_is_no_reason_to_begin_anew(
    folder: Path, train: Train, known: list[TicketKey], happened: Callable[[Store, TicketKey], None],
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    stages = Stages(monkeypatch)
    store = open_in(folder)
    happened(store, known[3])
    with caplog.at_level("INFO"):
        assert train("--version", "2", "--dry-run") == 0
        assert train("--version", "2") == 0
        assert train("--version", "2") == 0  # now that the earlier text left the snapshot
    assert stages.ran == []
    assert caplog.text.count("nothing to do") == 3
    fill(store, 5, first=50)
    store.close()
    assert train("--version", "2") == 0
    state = newest_state(folder)
    assert (state.forgotten, state.warm, state.fresh) == (0, True, 5)


@pytest.mark.parametrize(
    "forget",
    [lambda store, key, _: store.erase(key), lambda store, _, id_: store.quarantine([id_], "careless")],
    ids=["erased", "quarantined"],
)
def test_an_earlier_text_can_be_forgotten_too(
    folder: Path, train: Train, known: list[TicketKey], forget: Callable[[Store, TicketKey, int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    Stages(monkeypatch)
    store = open_in(folder)
    ticket = store.get(known[3])
    assert ticket is not None
    rewritten(store, known[3])
    assert train("--version", "2") == 0
    forget(store, known[3], ticket.corrections[0].id)
    store.close()
    assert train("--version", "2") == 0
    state = newest_state(folder)
    assert (state.forgotten, state.warm, state.learnt) == (1, False, 11)


@pytest.mark.parametrize("outcome", ["stopped", "passed"])
def test_what_a_run_did_without_is_no_reason_for_another(
    folder: Path, train: Train, known: list[TicketKey], outcome: str, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    stages = Stages(monkeypatch, outcome)
    store = open_in(folder)
    quarantined(store, known[3])
    assert train("--version", "2") == (outcome == "stopped")
    stages.ran = []
    assert train("--version", "3") == 0
    assert stages.ran == []
    assert f"run 2 began without what the champion should forget, and ended as {outcome}" in caplog.text
    store.erase(known[4])
    store.close()
    assert train("--version", "3") == (outcome == "stopped")
    assert (newest_state(folder).forgotten, stages.learnt) == (2, 10)


def test_a_run_that_was_given_up_did_without_nothing(
    folder: Path, train: Train, known: list[TicketKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages(monkeypatch)
    store = open_in(folder)
    quarantined(store, known[3])
    store.close()
    stages.killed_at = "fit"
    with pytest.raises(KeyboardInterrupt):
        train("--version", "2")
    stages.killed_at = ""
    assert train("--version", "3", "--fresh") == 0
    assert newest_state(folder).run == "3"


def test_what_the_champion_had_from_its_own_champion_can_be_forgotten(
    folder: Path, train: Train, known: list[TicketKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    Stages(monkeypatch, "promoted")
    monkeypatch.setattr(poisoning_report, "MOST", 16)  # so that the oldest of 17 is not learnt from again
    store = open_in(folder)
    fill(store, 5, first=50)
    assert train("--version", "2") == 0
    state = newest_state(folder)
    assert (state.warm, state.learnt, state.newest) == (True, 15, 1)
    assert known[0] not in {row.key for row in read_rows(folder / "runs" / "2" / SNAPSHOT)}
    home = folder / "versions"
    exported(home / "2", state)
    activate(home, "2")
    fill(store, 1, first=60)
    assert train("--version", "3", "--dry-run") == 0
    assert find_champion(home, [folder / "build"]).version == "2"
    store.erase(known[0])
    store.close()
    assert train("--version", "3") == 0
    state = newest_state(folder)
    assert (state.forgotten, state.warm, state.champion) == (1, False, "2")


@pytest.mark.usefixtures("known")
def test_a_damaged_list_of_what_is_known_is_not_believed(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    Stages(monkeypatch)
    path = folder / "runs" / "1" / LEARNT
    path.write_bytes(path.read_bytes()[:-20])
    assert train("--version", "2") == 0
    assert (newest_state(folder).forgotten, newest_state(folder).warm) == (1, False)


def test_all_may_be_forgotten(
    folder: Path, train: Train, known: list[TicketKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages(monkeypatch)
    store = open_in(folder)
    for key in known:
        store.erase(key)
    store.close()
    assert train("--version", "2") == 0
    assert (newest_state(folder).forgotten, stages.learnt) == (12, 0)
    assert read_rows(folder / "runs" / "2" / SNAPSHOT) == []


@pytest.mark.usefixtures("known")
def test_where_nobody_can_tell_what_the_champion_learnt_it_is_not_begun_from(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Stages(monkeypatch)
    shutil.rmtree(folder / "runs" / "1")
    store = open_in(folder)
    fill(store, 5, first=50)
    store.close()
    with caplog.at_level("INFO"):
        assert train() == 0
    assert only_state(folder).warm is False
    assert "nothing tells what 1 learnt" in caplog.text


def test_a_ticket_that_was_judged_again_is_learnt_and_not_held_back(
    folder: Path, train: Train, known: list[TicketKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    Stages(monkeypatch)
    store = open_in(folder)
    for key in known[:6]:
        store.correct(key, Correction(author="bob", taxonomy_version="housing-1", labels={"urgency": "now"}))
    store.close()
    assert train("--version", "2", "--newest-share", "0.5") == 0
    state = newest_state(folder)
    assert (state.fresh, state.learnt, state.newest, state.forgotten, state.warm) == (6, 12, 0, 0, True)
    store = open_in(folder)
    fill(store, 4, first=50)
    store.close()
    assert train("--version", "3", "--newest-share", "0.5", "--since", "2020-01-01") == 0
    state = newest_state(folder)
    assert (state.fresh, state.learnt, state.newest) == (16, 14, 2)


def cut_run(folder: Path, train: Train, stages: Stages, at: str) -> list[TicketKey]:
    store = open_in(folder)
    keys = fill(store, 10)
    store.close()
    stages.killed_at = at
    with pytest.raises(KeyboardInterrupt):
        train("--version", "2")
    stages.killed_at, stages.ran = "", []
    return keys


def test_a_cut_run_with_nothing_left_to_learn_from_is_given_up(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stages = Stages(monkeypatch)
    keys = cut_run(folder, train, stages, "examine")
    exported(folder / "versions" / "2", only_state(folder))
    (folder / "runs" / "2" / BUILD).mkdir()
    store = open_in(folder)
    for key in keys:
        store.erase(key)
    store.close()
    with caplog.at_level("INFO"):
        assert train() == 0
    assert stages.ran == []
    assert only_state(folder).outcome == "given up"
    assert "nothing to do" in caplog.text
    assert not (folder / "versions" / "2").exists()
    assert not (folder / "runs" / "2" / BUILD).exists()


def test_a_cut_run_goes_on_without_what_is_not_believed_any_more(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages(monkeypatch)
    keys = cut_run(folder, train, stages, "examine")
    store = open_in(folder)
    quarantined(store, keys[0])
    store.close()
    assert train() == 0
    state = only_state(folder)
    assert (stages.learnt, state.learnt, state.newest, state.outcome) == (7, 7, 2, "passed")
    assert len(read_learnt(folder / "runs" / "2") or []) == 7


def exported(version: Path, state: State) -> None:
    """Write a version as the run of this state would."""
    shutil.copytree(version.parent / "1", version)
    told = {"snapshot_sha256": state.snapshot_sha256, "learnt": state.learnt, "until": state.until.isoformat()}
    with_lineage(version, corrections=told)
    written = json.loads((version / MANIFEST).read_bytes()) | {"version": version.name}
    (version / MANIFEST).write_text(json.dumps(written), encoding="utf-8")


def test_versions_of_runs_that_were_given_up_are_removed(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages(monkeypatch)
    cut_run(folder, train, stages, "examine")
    home = folder / "versions"
    exported(home / "2", only_state(folder))
    assert train("--fresh", "--version", "3") == 0
    assert not (home / "2").exists()
    shutil.copytree(home / "1", home / "2")  # somebody else's, of the same name
    tidy(folder / "runs", home, {"1"})
    assert (home / "2").exists()


def test_the_network_of_a_champion_is_told_by_its_own_hash(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home, build = folder / "versions", folder / "build"
    assert find_champion(home, [build]).checkpoint == build
    shutil.copytree(build, folder / "refitted")  # from the same messages
    with (folder / "refitted" / WEIGHTS).open("ab") as file:
        file.write(b" ")
    assert find_champion(home, [folder / "refitted"]).checkpoint is None
    with_lineage(current_version(home), **{NETWORK: None})
    assert find_champion(home, [build]).checkpoint is None
    Stages(monkeypatch)
    store = open_in(folder)
    put(store, 1, "the lift again", {"kind": "fault", "themes": ["lift"], "urgency": "soon"})
    store.close()
    with caplog.at_level("INFO"):
        assert train() == 0
    assert "from the encoder, since the manifest of 1 does not tell its network" in caplog.text


def test_only_what_was_looked_over_is_learnt_from(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    fill(store, 3)
    ids = [each.id for ticket in store.corrected() for each in ticket.corrections]
    found = gather(
        store.corrected(), TaxonomyHistory(taxonomy), None, store.alias, known=datetime(2020, 1, 1, tzinfo=UTC),
        looked_over=frozenset(ids[1:]),
    )  # fmt: skip
    store.close()
    assert [row.given for row in found.rows] == [(ids[1],), (ids[2],)]
    assert not any(row.seen for row in found.rows)
    assert list(found.left_out.values()) == [1]
