"""A foreign taxonomy goes through fit, calibrate, export and evaluate, and the artifact answers by it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from data.corpus import read_corpus
from data.taxonomy import Taxonomy
from models.artifact import open_artifact
from models.canary import Canary
from models.confusion import read_confusion
from models.cpu import cpu_class
from models.load import load_engine
from models.registry import current_version
from training.__main__ import main
from training.evaluate import engine_answers
from training.evaluate_evidence import measure_evidence
from training.recipe import ClassifierRecipe

STUCK = "the lift is stuck again between floors since monday"
CANARIES = {
    "stuck": {"labels": {"kind": "fault", "themes": "lift", "emotion": "anger"}, "text": {"en": STUCK}},
    "wrong": {"labels": {"kind": "chat"}, "text": {"en": STUCK, "fi": "Hissi on jumissa"}},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, corpus: Path, taxonomy_file: Path, recipe: ClassifierRecipe) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipe_file = folder / "recipe.yaml"
    recipe_file.write_text(yaml.safe_dump(recipe.model_dump()), encoding="utf-8")
    canaries = folder / "canaries.yaml"
    canaries.write_text(yaml.safe_dump(CANARIES), encoding="utf-8")
    status = main(
        [
            "all", "--recipe", str(recipe_file), "--corpus", str(corpus), "--taxonomy", str(taxonomy_file),
            "--build", str(folder / "build"), "--home", str(folder / "versions"), "--version", "1",
            "--report", str(folder / "report.md"), "--canaries", str(canaries),
        ]
    )  # fmt: skip
    assert status == 0
    return folder


def test_artifact_is_sealed_and_current(home: Path, taxonomy: Taxonomy) -> None:
    manifest, served, _ = open_artifact(current_version(home / "versions"))
    assert manifest.version == "1"
    assert manifest.taxonomy_version == "housing-1"
    assert served == taxonomy
    assert set(manifest.metrics["gold"]) == {"en", "es"}


def test_card_and_manifest_tell_the_weights_and_what_they_lose(home: Path) -> None:
    folder = current_version(home / "versions")
    manifest, _, _ = open_artifact(folder)
    told = manifest.metrics["weights"]
    assert list(manifest.weights.values()) == [told["weights"]]
    assert {name: set(lost) for name, lost in told["lost_on_calibration"].items()} == {
        "model.int8.onnx": {"en", "es"},
        "model.mixed.onnx": {"en", "es"},
    }
    assert set(told["lost_on_gold"]) == (set() if told["weights"] == "model.fp32.onnx" else {"en", "es"})
    assert told["processor"] == sorted(cpu_class())
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"## Weights\n\n`{told['weights']}`: " in card


def test_test_messages_go_in_as_far_as_the_model_answers_them(home: Path) -> None:
    folder = current_version(home / "versions")
    manifest, _, _ = open_artifact(folder)
    assert manifest.canaries == {"en": [Canary(text=STUCK, labels={"kind": "fault", "themes": "lift"})]}
    assert f"| en | {STUCK} | kind: fault, themes: lift |" in (folder / "README.md").read_text(encoding="utf-8")
    canaries = load_engine(home / "versions").canaries
    assert {language: len(listed) for language, listed in canaries.items()} == {"en": 1, "es": 1}


def test_the_artifact_says_how_it_errs_on_gold(home: Path, corpus: Path) -> None:
    folder = current_version(home / "versions")
    gold = [message for message in read_corpus(corpus) if message.split == "gold"]
    answers = engine_answers(load_engine(home / "versions"), [m.text for m in gold], [None] * len(gold))
    counted = read_confusion(folder)
    assert counted is not None
    assert sum(sum(map(sum, rows)) for rows in counted.single["kind"].values()) + sum(counted.unread.values()) == len(
        gold
    )
    right = sum(row[i] for rows in counted.single["kind"].values() for i, row in enumerate(rows))
    assert right == sum(a.kind is not None and a.kind.label == m.kind for a, m in zip(answers, gold, strict=True))


def test_foreign_taxonomy_is_learnt_and_served(home: Path, corpus: Path) -> None:
    engine = load_engine(home / "versions")
    gold = [message for message in read_corpus(corpus) if message.split == "gold"]
    answers = engine_answers(engine, [message.text for message in gold], [message.lang for message in gold])
    right = [
        answer.kind is not None
        and answer.kind.label == message.kind
        and {mention.label for mention in answer.themes} == set(message.themes)
        for answer, message in zip(answers, gold, strict=True)
    ]
    assert sum(right) / len(right) > 0.8
    assert all(answer.signals == [] and answer.emotion is None for answer in answers)


def test_evidence_points_at_words_of_the_text(home: Path) -> None:
    text = "hello, the lift is stuck again between floors since monday"
    answer = engine_answers(load_engine(home / "versions"), [text], ["en"])[0]
    mention = next(mention for mention in answer.themes if mention.label == "lift")
    assert mention.evidence
    for span in mention.evidence:
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""


def test_evidence_carries_its_label(home: Path, corpus: Path) -> None:
    gold = [message for message in read_corpus(corpus) if message.split == "gold"]
    words = {"lift": "lift", "roof": "water", "noise": "music"}
    marks = {(m.id, "themes", theme): [words[theme]] for m in gold for theme in m.themes}
    found = measure_evidence(load_engine(home / "versions"), gold, marks)
    assert set(found) == {"en", "es"}
    assert sum(one.tried for one in found.values()) > 10
    for one in found.values():
        assert one.ahead > 0.7
        assert 0 < one.token_f1 <= 1


def test_report_names_its_command_and_compares_with_the_baseline(home: Path) -> None:
    report = (home / "report.md").read_text(encoding="utf-8")
    assert "python -m training evaluate" in report
    assert "TF-IDF" in report


def test_missing_corpus_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--corpus", str(tmp_path), "--build", str(tmp_path / "b")]) == 2
    assert "no messages" in capsys.readouterr().err
