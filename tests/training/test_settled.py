"""What people left as the machine had it is neither learnt, examined, joined nor disputed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from data.message import Message
from data.store.copies import SNAPSHOT
from data.store.records import Correction, NewTicket, Reading, StoredLabels, TicketKey
from data.store.store import Store
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from models.answer import Answer, Choice, Language, Mention, Review, Urgency
from models.artifact import read_manifest
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, changes
from tests.training.conftest import EXTRA, WORDS
from tests.training.retraining import again, only_state
from tests.training.tickets import open_in
from training.apart import set_apart
from training.corrections import CorrectedMessage, Row, gather
from training.doubts import look_over
from training.gate import MEAN, judge
from training.gate_report import gate_table, in_words
from training.joining import join_messages
from training.measures import asked_of_both
from training.runs import REPORT
from training.snapshots import read_rows
from training.targets import UNLABELLED, targets

GUESS: StoredLabels = {"kind": "fault", "themes": ["lift"], "urgency": "whenever"}


def guessed(store: Store, number: int, settled: StoredLabels, text: str = "", version: str = "housing-1") -> TicketKey:
    """Keep a ticket that the machine read, and of which a person settled a part."""
    key = TicketKey(source="desk", id=str(number))
    text = text or f"message number {number} on something of its own {number * 7} and {number * 13}"
    reading = Reading(model_version="m1", taxonomy_version=version, labels=GUESS, certainty=0.9, answer={})
    store.put(NewTicket(key=key, text=text, mark=store.mark(text), lang=("en", "es")[number % 2]), reading)
    store.correct(key, Correction(author="ann", taxonomy_version=version, labels=settled))
    return key


def rows_of(store: Store, history: TaxonomyHistory) -> list[Row]:
    return gather(store.corrected(), history, None, store.alias).rows


def test_a_correction_of_one_group_teaches_that_group_alone(tmp_path: Path, taxonomy: Taxonomy) -> None:
    store = open_in(tmp_path)
    key = guessed(store, 1, {"urgency": "now"})
    history = TaxonomyHistory(taxonomy)
    (row,) = rows_of(store, history)
    assert row.message.labels == {"urgency": "now"}
    assert {*row.message.open} >= {"kind", "themes"}
    reread: StoredLabels = {"kind": "chat", "themes": ["roof"], "urgency": "soon"}
    store.add_reading(
        key, Reading(model_version="m2", taxonomy_version="housing-1", labels=reread, certainty=0.9, answer={})
    )
    assert [each.message.labels for each in rows_of(store, history)] == [{"urgency": "now"}]
    wanted = targets([row.message], taxonomy)[0]
    assert (wanted[:5] == UNLABELLED).all()
    assert (wanted[5:] != UNLABELLED).all()
    store.correct(key, Correction(author="ben", taxonomy_version="housing-1", labels={"themes": ["roof"]}))
    assert rows_of(store, history)[0].message.labels == {"themes": ["roof"], "urgency": "now"}
    store.close()


def test_the_machine_does_not_fill_in_what_a_split_left_open(tmp_path: Path) -> None:
    store = open_in(tmp_path)
    key = guessed(store, 2, {"kind": "complaint", "themes": ["staff", "delivery"]}, version="1")
    new: StoredLabels = {"kind": "complaint", "themes": ["conduct", "tracking"]}
    store.add_reading(key, Reading(model_version="m2", taxonomy_version="2", labels=new, certainty=0.9, answer={}))
    history = TaxonomyHistory(SECOND, [ONE_TO_TWO], [FIRST])
    found = gather(store.corrected(), history, None, store.alias)
    assert [row.message.labels for row in found.rows] == [{"kind": "complaint"}]
    assert found.dropped == {"themes: to be judged again since the taxonomy changed": 1}
    store.correct(key, Correction(author="ann", taxonomy_version="2", labels={"themes": ["tracking"]}))
    (row,) = rows_of(store, history)
    assert row.message.labels == {"kind": "complaint", "themes": ["tracking"]}
    store.close()


def answer(themes: list[str], urgency: str) -> Answer:
    return Answer(
        kind=Choice(label="fault", confidence=0.9), themes=[Mention(label=each, confidence=0.9) for each in themes],
        urgency=Urgency(label=urgency, confidence=0.9, respond_within_hours=1), signals=[], motives=[], emotion=None,
        language=Language(label="en", confidence=1, supported=True), review=Review(needed=False), model_version="m",
        taxonomy_version="housing-1",
    )  # fmt: skip


def test_a_better_challenger_is_not_stopped_by_the_champions_own_guesses(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """All themes were the champion's, and wrong; people looked at urgency alone."""
    store = open_in(tmp_path)
    for number in range(80):
        guessed(store, number, {"urgency": ("now", "soon", "whenever")[number % 3]})
    newest = set_apart(rows_of(store, TaxonomyHistory(taxonomy)), [], 0.5).newest
    store.close()
    messages = [row.message for row in newest]
    assert len(messages) == 40
    champion = [answer(["lift"], "whenever") for _ in messages]
    better = [answer(["roof"], str(message.urgency)) for message in messages]
    verdict = judge(asked_of_both(["newest"] * 40, messages, champion, better, taxonomy), seed=1, resamples=200)
    assert verdict.passed
    cells = {(cell.language, cell.name): cell for cell in verdict.cells}
    assert cells["all", "themes"].size == 0
    assert not cells["all", "themes"].judged
    assert cells["all", MEAN].challenger == cells["all", "urgency"].challenger == 1.0
    assert cells["all", MEAN].champion == cells["all", "urgency"].champion < 1.0
    assert "**Passed:**" in in_words(verdict)
    assert "| all | themes | – | – | not judged |" in gate_table(verdict)
    worse = judge(asked_of_both(["newest"] * 40, messages, better, champion, taxonomy), seed=1, resamples=200)
    assert {cell.name for cell in worse.stopped} >= {"urgency", MEAN}


def corrected(number: int, text: str, **labels: object) -> CorrectedMessage:
    open_ = [group for group in ("kind", "themes", "urgency") if group not in labels]
    return CorrectedMessage.model_validate(
        {"id": str(number), "text": text, "lang": "en", "group": str(number), "split": "train", "open": open_, **labels}
    )


def test_what_is_open_in_one_part_is_open_in_the_whole(taxonomy: Taxonomy) -> None:
    rows = [corrected(i, f"text {i}", kind="fault", themes=["lift"], urgency="soon") for i in range(2)]
    rows += [corrected(9, "text 9", kind="fault", themes=["roof"])]
    joined = list(join_messages(rows, taxonomy, 10.0, seed=1))
    assert {one.urgency for one in joined if "text 9" in one.text} == {None}
    assert {one.urgency for one in joined if "text 9" not in one.text} == {"soon"}


def test_open_groups_are_neither_findings_nor_disputed(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Half of those about lifts leave the theme open; were that read as no theme, it would be a contradiction."""
    texts = {"lift": "lift stuck between floors", "roof": "water drips through the roof"}
    corpus = [
        Message(id=f"c{i}", text=f"{texts[theme]} {i}", lang="en", kind="fault", themes=[theme], urgency="soon",
                group=f"c{i}", split="train")
        for i in range(60) for theme in [("lift", "roof")[i % 2]]
    ]  # fmt: skip
    store = open_in(tmp_path)
    for number in range(0, 60, 2):
        guessed(store, number, {"urgency": "now"}, text=f"{texts['lift']} once more {number}")
    rows = rows_of(store, TaxonomyHistory(taxonomy))
    store.close()
    report, found = look_over(rows, corpus, taxonomy, seed=1)
    assert {each.group for each in found} <= {"urgency"}
    assert "needs exactly one label" not in report
    assert "other kind" not in report
    assert "other themes" not in report


@pytest.mark.parametrize("version", ["housing-0", "housing-1"])
def test_labels_of_a_taxonomy_that_no_map_leads_from_stay_as_given(
    tmp_path: Path, taxonomy: Taxonomy, version: str
) -> None:
    store = open_in(tmp_path)
    guessed(store, 1, {"kind": "chat", "themes": []}, version=version)
    history = TaxonomyHistory(
        taxonomy, [changes("other", "housing-1")], [taxonomy.model_copy(update={"version": "other"})]
    )
    assert rows_of(store, history)[0].message.labels == {"kind": "chat", "themes": []}
    store.close()


def test_a_retraining_whose_newest_corrections_are_of_one_group_is_judged_and_reported(
    folder: Path, corpus: Path, taxonomy_file: Path
) -> None:
    store = open_in(folder)
    dice = random.Random(1)
    for number in range(120):
        words = " ".join(dice.sample([*EXTRA, *WORDS.values()], 4))
        guessed(store, number, {"urgency": ("now", "soon", "whenever")[number % 3]}, text=f"{words} {number * 7}")
    store.close()
    assert again(folder, corpus, taxonomy_file) in (0, 1)  # what is learnt here is noise
    state = only_state(folder)
    assert (state.learnt, state.newest) == (96, 24)
    rows = read_rows(folder / "runs" / state.run / SNAPSHOT)
    assert {tuple(row.message.labels) for row in rows} == {("urgency",)}
    report = (folder / "runs" / state.run / REPORT).read_text(encoding="utf-8")
    assert "Only what people gave or confirmed counts" in report
    assert [line for line in report.splitlines() if line.startswith("| all | themes |") and line.count("– | –") == 1]
    newest = read_manifest(folder / "versions" / state.version).metrics["newest"]["all"]
    assert "urgency" in newest
    assert "themes" not in newest
