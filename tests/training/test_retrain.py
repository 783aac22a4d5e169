"""Corrections are learnt from, and what was learnt answers only if it is no worse."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.message import Message, Split
from data.store.copies import SNAPSHOT
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from models.artifact import open_artifact, read_manifest
from models.registry import current_version
from tests.data.taxonomies import changes
from tests.training.retraining import Stages, again, only_state
from tests.training.tickets import fill, open_in, put
from training import poisoning_report
from training.apart import set_apart, situations
from training.corrections import CorrectedMessage, Gathered, gather
from training.poisoning import Standing
from training.retrain_stages import STAGES
from training.runs import AUTHORS, REPORT, STATE, read_state, runs_in
from training.snapshots import read_rows
from training.targets import UNLABELLED, targets


def test_right_corrections_are_learnt_and_promoted(
    folder: Path, corpus: Path, taxonomy_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_in(folder)
    fill(store, 120)
    assert again(folder, corpus, taxonomy_file) == 0
    state = only_state(folder)
    run = folder / "runs" / state.run
    assert (state.learnt, state.newest, state.warm, state.outcome) == (96, 24, True, "promoted")
    assert list(state.stages) == ["gather", *STAGES]
    now = current_version(folder / "versions")
    manifest, _, _ = open_artifact(now)
    assert (now.name, manifest.version) == (state.version, state.version)
    lineage = manifest.lineage
    assert lineage["champion"] == "1"
    assert lineage["corrections"]["learnt"] == 96
    assert lineage["corrections"]["snapshot_sha256"] == hashlib.sha256((run / SNAPSHOT).read_bytes()).hexdigest()
    assert manifest.metrics["gate"]["passed"] is True
    assert set(manifest.metrics["newest"]) >= {"en", "es"}
    assert "96 tickets, redacted" in (now / "README.md").read_text(encoding="utf-8")
    report = (run / REPORT).read_text(encoding="utf-8")
    assert "**Passed:**" in report
    assert "newest: champion → challenger" in report
    for private in (SNAPSHOT, STATE):
        assert (run / private).stat().st_mode & 0o077 == 0
    # What the new champion knows is not new any more.
    assert again(folder, corpus, taxonomy_file) == 0
    assert current_version(folder / "versions") == now
    assert len(runs_in(folder / "runs")) == 1
    # What is taken back of it has to be forgotten.
    learnt = next(row.key for row in read_rows(run / SNAPSHOT) if row.use == "learn")
    store.undo(learnt, "ann")
    with caplog.at_level("INFO"):
        assert again(folder, corpus, taxonomy_file, "--dry-run") == 0
    told = f"from the encoder, since 1 tickets that {state.version} learnt from are erased, or not believed any more"
    assert told in caplog.text
    store.close()


@pytest.mark.parametrize(("more", "learnt"), [((), 88), (("--believe-all",), 96)])
def test_who_corrects_blindly_is_named_and_not_learnt_from(
    folder: Path,
    corpus: Path,
    taxonomy_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    more: tuple[str, ...],
    learnt: int,
) -> None:
    """That such people are found is tested with `training.poisoning`; here one is, with ten corrections."""
    store = open_in(folder)
    fill(store, 120)
    blind = tuple(each.id for ticket in store.corrected() for each in ticket.corrections)[:10]
    found = Standing("ann", 120, 30.0, 0.001, suspected=True, judged=True, since=datetime.now(UTC), ids=blind)
    monkeypatch.setattr(poisoning_report, "look", lambda matter, parts: [found])
    assert again(folder, corpus, taxonomy_file, "--no-promote", *more) == 0
    state = only_state(folder)
    assert (state.learnt, state.newest) == (learnt, 22 if learnt == 88 else 24)
    assert "10 corrections by ann are" in caplog.text
    assert "**ann**: 10 corrections" in (folder / "runs" / state.run / AUTHORS).read_text(encoding="utf-8")
    believed = [each for ticket in store.corrected() for each in ticket.corrections]
    assert {each.id for each in believed if each.quarantined} == set()
    assert len(believed) == (110 if learnt == 88 else 120)
    store.close()


def test_flipped_corrections_are_stopped_by_the_gate(folder: Path, corpus: Path, taxonomy_file: Path) -> None:
    store = open_in(folder)
    fill(store, 300, flipped=True)
    store.close()
    assert again(folder, corpus, taxonomy_file, "--recipe", str(folder / "hasty.yaml")) == 1
    state = only_state(folder)
    assert state.outcome == "stopped"
    assert current_version(folder / "versions").name == "1"
    report = (folder / "runs" / state.run / REPORT).read_text(encoding="utf-8")
    assert "**Stopped**" in report
    assert "on gold" in report
    assert read_manifest(folder / "versions" / state.version).metrics["gate"]["passed"] is False


def test_a_dry_run_writes_nothing(
    folder: Path, corpus: Path, taxonomy_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_in(folder)
    fill(store, 20)
    store.close()
    before = sorted(path for path in folder.rglob("*") if "tickets" not in path.name)
    with caplog.at_level("INFO"):
        assert again(folder, corpus, taxonomy_file, "--dry-run") == 0
    assert "16 are learnt from, the newest 4 examined with" in caplog.text
    assert sorted(path for path in folder.rglob("*") if "tickets" not in path.name) == before


def test_without_a_store_it_says_what_to_give(
    folder: Path, corpus: Path, taxonomy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert again(folder, corpus, taxonomy_file) == 2
    assert "there is no store" in capsys.readouterr().err
    assert not (folder / "tickets.db").exists()


def test_a_killed_run_goes_on_where_it_was(
    folder: Path, corpus: Path, taxonomy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages(monkeypatch)
    store = open_in(folder)
    fill(store, 20)
    stages.killed_at = "calibrate"
    with pytest.raises(KeyboardInterrupt):
        again(folder, corpus, taxonomy_file)
    assert stages.ran == ["audit", "fit"]
    fill(store, 5, first=50)  # what comes meanwhile waits for the next run
    stages.killed_at = ""
    assert again(folder, corpus, taxonomy_file) == 0
    assert stages.ran == [*STAGES]
    assert stages.learnt == 16
    assert only_state(folder).outcome == "passed"
    store.close()


def test_a_run_whose_tickets_were_erased_meanwhile_learns_anew_without_them(
    folder: Path, corpus: Path, taxonomy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages(monkeypatch)
    store = open_in(folder)
    keys = fill(store, 20)
    stages.killed_at = "promote"
    with pytest.raises(KeyboardInterrupt):
        again(folder, corpus, taxonomy_file)
    store.erase(keys[0])
    stages.killed_at, stages.ran = "", []
    assert again(folder, corpus, taxonomy_file) == 0
    assert stages.ran == [*STAGES]
    state = only_state(folder)
    snapshot = folder / "runs" / state.run / SNAPSHOT
    assert (stages.learnt, state.learnt, len(read_rows(snapshot))) == (15, 15, 19)
    assert state.snapshot_sha256 == hashlib.sha256(snapshot.read_bytes()).hexdigest()
    store.close()


def test_a_run_is_given_up_where_what_it_began_with_changed(
    folder: Path, corpus: Path, taxonomy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages(monkeypatch)
    store = open_in(folder)
    fill(store, 20)
    store.close()
    stages.killed_at = "fit"
    with pytest.raises(KeyboardInterrupt):
        again(folder, corpus, taxonomy_file, "--version", "a")
    stages.killed_at = ""
    assert again(folder, corpus, taxonomy_file, "--cold", "--version", "b") == 0
    states = [read_state(run) for run in runs_in(folder / "runs")]
    assert [(state.run, state.outcome, state.warm) for state in states if state] == [
        ("a", "given up", True),
        ("b", "passed", False),
    ]


def test_a_stopped_run_ends_with_one(
    folder: Path, corpus: Path, taxonomy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Stages(monkeypatch, outcome="stopped")
    store = open_in(folder)
    fill(store, 20)
    store.close()
    assert again(folder, corpus, taxonomy_file) == 1


def gathered(folder: Path, history: Taxonomy | TaxonomyHistory) -> Gathered:
    store = open_in(folder)
    try:
        known = history if isinstance(history, TaxonomyHistory) else TaxonomyHistory(history)
        return gather(store.corrected(), known, None, store.alias)
    finally:
        store.close()


def test_groups_that_no_longer_fit_are_left_open_and_counted(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    put(store, 1, "the lift again", {"kind": "fault", "themes": ["lift", "cellar"], "urgency": "soon"})
    put(store, 2, "what a day", {"kind": "chat", "emotion": "joy"})
    put(store, 3, "no theme at all", {"kind": "fault", "themes": [], "urgency": "now"})
    put(store, 4, "from elsewhere", {"kind": "poem"})
    put(store, 5, "bonjour", {"kind": "chat"}, lang="fr")
    store.close()
    found = gathered(tmp_path, taxonomy)
    by_text = {row.message.text: row.message for row in found.rows}
    assert set(by_text) == {"the lift again", "what a day", "no theme at all"}
    assert by_text["the lift again"].labels == {"kind": "fault", "urgency": "soon"}
    assert by_text["what a day"].labels == {"kind": "chat"}
    assert by_text["no theme at all"].labels == {"kind": "fault", "urgency": "now"}
    assert found.dropped["themes: no label 'cellar'"] == 1
    assert found.dropped["emotion: no group of this taxonomy"] == 1
    assert found.dropped["themes: against the rule of kind fault"] == 1
    assert found.left_out == {
        "no group of labels fits the taxonomy": 1,
        "in a language that the taxonomy does not have": 1,
    }
    wanted = targets([by_text["the lift again"]], taxonomy)[0]
    assert (wanted[2:5] == UNLABELLED).all()
    assert (wanted[:2] != UNLABELLED).all()


def test_what_was_settled_by_an_older_taxonomy_is_learnt_in_the_words_of_today(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    written = taxonomy.model_dump_json().replace('"id":"lift"', '"id":"elevator"')
    today = Taxonomy.model_validate_json(written).model_copy(update={"version": "housing-2"})
    store = open_in(tmp_path)
    put(store, 1, "the lift again", {"kind": "fault", "themes": ["lift"], "urgency": "soon"})
    store.close()
    way = TaxonomyHistory(
        today, [changes("housing-1", "housing-2", renamed={"themes": {"lift": "elevator"}})], [taxonomy]
    )
    (row,) = gathered(tmp_path, way).rows
    assert row.message.labels == {"kind": "fault", "themes": ["elevator"], "urgency": "soon"}
    found = gathered(tmp_path, TaxonomyHistory(today))  # no map: what fits is taken, what does not is said
    assert found.rows[0].message.labels == {"kind": "fault", "urgency": "soon"}
    assert found.dropped == {"themes: no label 'lift'": 1}


def test_quarantined_and_taken_back_corrections_are_not_learnt(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    keys = fill(store, 3)
    ticket = store.get(keys[0])
    assert ticket is not None
    store.quarantine([ticket.corrections[0].id], "careless")
    store.undo(keys[1], "ann")
    store.close()
    assert [row.key for row in gathered(tmp_path, taxonomy).rows] == [keys[2]]


def test_the_newest_are_held_back_and_nothing_alike_stands_on_both_sides(tmp_path: Path, taxonomy: Taxonomy) -> None:
    def known(split: Split, text: str) -> Message:
        return Message(id=split, text=text, lang="en", group=split, split=split)

    corpus = [
        known("gold", "we are told to wait for the second man"),
        known("train", "who pays for all those new keys then"),
    ]
    store = open_in(tmp_path)
    fill(store, 40)
    twin = "one two three four five six seven eight nine ten"
    for number, text in enumerate([corpus[0].text + "!", corpus[1].text + "!", twin, twin + " eleven"], 100):
        put(store, number, text, {"kind": "chat"})
    store.close()
    rows = gathered(tmp_path, taxonomy).rows
    apart = set_apart(rows, corpus, 0.2)
    assert apart.near_kept == 1
    assert len(apart.newest) == round(0.2 * 43)
    newest = {row.key.id for row in apart.newest}
    assert {"102", "103"} <= newest
    assert "101" not in newest
    assert all(row.message.split == "gold" for row in apart.newest)
    oldest_held = min(row.judged_at for row in apart.newest)
    assert [row.key.id for row in apart.learn if row.judged_at > oldest_held] == ["101"]
    seen = set_apart([row.model_copy(update={"fresh": False}) for row in rows], corpus, 0.2)
    assert seen.newest == []


def test_situations_join_what_is_alike_in_one_language() -> None:
    def message(number: int, text: str, lang: str = "en", group: str = "") -> Message:
        return CorrectedMessage(id=str(number), text=text, lang=lang, group=group or str(number), split="train")

    rows = [
        message(0, "a b c d e f g h"), message(1, "A, b c d e f g h!"), message(2, "something else entirely"),
        message(3, "a b c d e f g h", lang="es"), message(4, "another text", group="2"),
    ]  # fmt: skip
    assert situations(rows) == ["0", "0", "2", "3", "2"]


def test_the_state_of_a_run_is_small_json_with_a_hash_and_names_no_ticket(
    folder: Path, corpus: Path, taxonomy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Stages(monkeypatch)
    store = open_in(folder)
    fill(store, 10)
    store.close()
    assert again(folder, corpus, taxonomy_file, "--since", "2020-01-01") == 0
    run = folder / "runs" / only_state(folder).run
    written = json.loads((run / STATE).read_bytes())
    assert not any(row.message.id in str(written) for row in read_rows(run / SNAPSHOT))
    assert written["snapshot_sha256"] == hashlib.sha256((run / SNAPSHOT).read_bytes()).hexdigest()
    assert written["since"].startswith("2020-01-01")
