"""A champion of an older taxonomy is compared in the words of today, or not at all: never word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from data.__main__ import main as data_main
from data.corpus import read_corpus
from data.message import Message
from data.taxonomy import Taxonomy
from data.taxonomy_history import TaxonomyHistory
from models.answer import Answer, Choice, Language, Mention, Review
from models.canary import Canary
from models.engine import Prepared
from models.onnx_engine import OnnxEngine
from models.registry import current_version
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, changes, taxonomy
from training.contest import hold_against
from training.gate import Verdict
from training.gate_report import in_words
from training.unlike import Unlike

OLD = taxonomy("1", kind=["complaint", "other"], themes=["delivery", "price"])
NEW = taxonomy("2", kind=["complaint", "other"], themes=["shipping", "price"])
RENAMED = changes("1", "2", renamed={"themes": {"delivery": "shipping"}})


def answer(kind: str, themes: Sequence[str], **more: Any) -> Answer:
    return Answer(
        kind=Choice(label=kind, confidence=0.9), themes=[Mention(label=each, confidence=0.8) for each in themes],
        urgency=None, signals=[], motives=[], language=Language(label="en", confidence=1, supported=True),
        review=Review(needed=False), model_version="m", taxonomy_version="1", **{"emotion": None, **more},
    )  # fmt: skip


def message(number: int, kind: str = "complaint", themes: Sequence[str] = ()) -> Message:
    return Message(
        id=str(number), text=f"message {number}", lang="en", kind=kind, themes=[*themes], group=str(number),
        split="gold",
    )  # fmt: skip


class Says:
    """An engine that gives known answers."""

    model_version = "m"
    canaries: Mapping[str, Sequence[Canary]]

    def __init__(self, taxonomy: Taxonomy, answers: Mapping[str, Answer], canaries: Sequence[Canary] = ()) -> None:
        self.taxonomy, self.answers, self.canaries = taxonomy, answers, {"en": [*canaries]}

    def encode_pre(self, text: str, language: str | None = None, *, evidence: bool = True) -> Prepared:
        return Prepared(text, 1)

    def encode_core(self, prepared: Sequence[Prepared]) -> list[None]:
        return [None for _ in prepared]

    def encode_post(self, prepared: Prepared, scores: None) -> Answer:
        return self.answers.get(prepared.text) or next(iter(self.answers.values()))

    def theme_certainty(self, scores: None) -> float:
        return 0.5


def contest(
    champion: Taxonomy, history: TaxonomyHistory, gold: Sequence[Message], theirs: Sequence[Answer],
    ours: Sequence[Answer], canary: Canary | None = None,
) -> Verdict:  # fmt: skip
    engines = [
        Says(own, dict(zip([each.text for each in gold], said, strict=True)), [canary] if canary else [])
        for own, said in ((champion, theirs), (history.current, ours))
    ]
    one, other = (cast(OnnxEngine, engine) for engine in engines)
    return hold_against(one, other, gold, [], history, seed=1)[0]


GOLD = [message(i, themes=[("shipping", "price")[i % 2]]) for i in range(60)]
RIGHT_THEN = [answer("complaint", ["delivery" if each.themes == ["shipping"] else "price"]) for each in GOLD]
RIGHT_NOW = [answer("complaint", each.themes) for each in GOLD]
WRONG_NOW = [answer("complaint", ["price"] if i % 5 < 2 else each.themes) for i, each in enumerate(GOLD)]


def test_a_perfect_champion_of_old_words_is_held_to_be_perfect() -> None:
    history = TaxonomyHistory(NEW, [RENAMED], [OLD])
    same = contest(OLD, history, GOLD, RIGHT_THEN, RIGHT_NOW)
    assert same.passed
    assert {(cell.name, cell.champion) for cell in same.cells if cell.name == "themes"} == {("themes", 1.0)}
    worse = contest(OLD, history, GOLD, RIGHT_THEN, WRONG_NOW)
    assert "themes" in {cell.name for cell in worse.stopped}
    assert "brought to 2" in in_words(worse)


def test_the_champions_test_messages_are_asked_in_the_words_of_today() -> None:
    history = TaxonomyHistory(NEW, [RENAMED], [OLD])
    canary = Canary(text=GOLD[0].text, labels={"kind": "complaint", "themes": "delivery"})
    assert contest(OLD, history, GOLD, RIGHT_THEN, RIGHT_NOW, canary).failures == []
    failed = contest(OLD, history, GOLD, RIGHT_THEN, WRONG_NOW, canary).failures
    assert failed == ["the test message in en got themes price instead of shipping"]


def test_without_a_map_only_groups_of_the_same_labels_are_compared() -> None:
    verdict = contest(OLD, TaxonomyHistory(NEW), GOLD, RIGHT_THEN, RIGHT_NOW)
    sizes = {cell.name: cell.size for cell in verdict.cells}
    assert (sizes["kind"], sizes["themes"]) == (60, 0)
    assert verdict.passed
    assert "no map leads from there to 2. Not compared, of so many messages: themes of 60" in in_words(verdict)
    strange = taxonomy("0", kind=["yes", "no"])
    nothing = contest(strange, TaxonomyHistory(NEW), GOLD, RIGHT_THEN, RIGHT_NOW)
    assert not nothing.passed
    assert "no map leads from there" in in_words(nothing)


def test_the_same_taxonomy_is_compared_as_it_is() -> None:
    verdict = contest(NEW, TaxonomyHistory(NEW), GOLD, RIGHT_NOW, RIGHT_NOW)
    assert verdict.unlike == ""
    assert {cell.size for cell in verdict.cells if cell.name == "themes"} == {60}


def test_what_the_champion_could_not_say_is_left_unjudged() -> None:
    unlike = Unlike.between(FIRST, TaxonomyHistory(SECOND, [ONE_TO_TWO], [FIRST]))
    gold = [
        message(0, themes=["conduct"]),  # renamed
        message(1, themes=["tracking"]),  # a part of what was split: the champion was wrong, and could not be right
        message(2, themes=["price"]),  # the champion says what was split
        message(3, themes=["price"]).model_copy(update={"signals": ["leaving"], "emotion": "upset"}),  # a new label
    ]
    said = [
        answer("complaint", ["staff"]), answer("complaint", ["price"]), answer("complaint", ["delivery"]),
        answer("complaint", ["price"], emotion=Choice(label="gloom", confidence=0.7)),
    ]  # fmt: skip
    messages, answers, lost = unlike.bring(gold, said)
    assert lost == {"themes": 2, "signals": 1}
    assert ["themes" in each.labels for each in messages] == [True, False, False, True]
    assert "signals" not in messages[3].labels
    assert [mention.label for mention in answers[0].themes] == ["conduct"]
    assert answers[3].emotion == Choice(label="upset", confidence=0.7)
    assert gold[1].themes == ["tracking"]


def test_two_labels_that_became_one_are_said_once_with_the_surer() -> None:
    new = taxonomy("2", kind=["complaint", "other"], themes=["goods", "staff"])
    merged = changes("1", "2", merged={"themes": {"goods": ["delivery", "price"]}}, added={"themes": ["staff"]})
    unlike = Unlike.between(OLD, TaxonomyHistory(new, [merged], [OLD]))
    both = answer("complaint", []).model_copy(
        update={"themes": [Mention(label="delivery", confidence=0.6), Mention(label="price", confidence=0.8)]}
    )
    _, (said,), _ = unlike.bring([message(1, themes=["goods"])], [both])
    assert said.themes == [Mention(label="goods", confidence=0.8)]


def test_who_abstained_is_still_wrong() -> None:
    unlike = Unlike.between(OLD, TaxonomyHistory(NEW, [RENAMED], [OLD]))
    silent = answer("complaint", []).model_copy(update={"kind": None})
    (kept,), (said,), lost = unlike.bring([message(1)], [silent])
    assert said.kind is None
    assert "kind" in kept.labels
    assert not lost


def test_a_real_champion_of_old_words_is_compared_label_by_label(
    folder: Path, corpus: Path, taxonomy_file: Path
) -> None:
    """The corpus is rewritten by the command; the challenger gives the champion's answers, left in the old words."""
    home = folder / "tax"
    (home / "taxonomies").mkdir(parents=True)
    old, new, way = home / "taxonomies" / "1.yaml", home / "housing.yaml", home / "taxonomies" / "map.yaml"
    written = taxonomy_file.read_text("utf-8")
    old.write_text(written, encoding="utf-8")
    renamed = written.replace("id: lift", "id: elevator").replace("housing-1", "housing-2")
    new.write_text(renamed, encoding="utf-8")
    way.write_text("from: housing-1\nto: housing-2\nrenamed: {themes: {lift: elevator}}\n", encoding="utf-8")
    asked = ["taxonomy", str(old), str(new), str(way), "--corpus", str(corpus), "--write", str(home / "corpus")]
    assert data_main(asked) == 0
    messages = read_corpus(home / "corpus")
    assert {theme for each in messages for theme in each.themes} == {"elevator", "roof", "noise"}
    gold = [each for each in messages if each.split == "gold"]
    champion = OnnxEngine(current_version(folder / "versions"))
    history = TaxonomyHistory.beside(new)
    prepared = [champion.encode_pre(each.text) for each in gold]
    said = [champion.encode_post(each, champion.encode_core([each])[0]) for each in prepared]
    found, _, lost = Unlike.between(champion.taxonomy, history).bring(gold, said)
    assert found == gold
    assert not lost
    itself = cast(OnnxEngine, Says(history.current, dict(zip([m.text for m in gold], said, strict=True))))
    verdict = hold_against(champion, itself, gold, [], history, seed=1)[0]
    themes = next(cell for cell in verdict.cells if (cell.language, cell.name) == ("all", "themes"))
    assert themes.champion > themes.challenger + 0.2
