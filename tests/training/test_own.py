"""A table with a few rows a label becomes a classifier that the service loads."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import pytest
import yaml

from models.artifact import open_artifact
from models.registry import SHIPPED, current_version
from service.app import create_app
from service.loading import current, load
from service.settings import Settings
from tests.service.conftest import wait_until
from training import own as own_command
from training.__main__ import main
from training.recipe import ClassifierRecipe, read_classifier_recipe

SAID = {
    "Lift": "the lift is stuck again between floors",
    "Roof": "water drips through the roof of the stairwell",
    "Noise": "music from the flat above all night long",
}
EXTRA = ["please help", "since monday", "we wrote before", "thank you", "nobody came", "it is cold", "our building"]


def write_table(path: Path, each: int = 20, label: str = "topic") -> Path:
    pairs = list(itertools.permutations(EXTRA, 2))
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(["nr", "message", label])
        for number in range(each):
            for place, (name, said) in enumerate(SAID.items()):
                before, after = pairs[(number * 3 + place * 5) % len(pairs)]
                writer.writerow([number, f"{before} {said[: 20 + number % 9]} {after} {number}", name])
    return path


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory: pytest.TempPathFactory, recipe: ClassifierRecipe) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "own.yaml"
    path.write_text(yaml.safe_dump(recipe.model_copy(update={"head_first": 0.5, "epochs": 6}).model_dump()))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, recipe_file: Path) -> Path:
    folder = tmp_path_factory.mktemp("own")
    table = write_table(folder / "tickets.csv")
    given = ["own", str(table), "--text", "message", "--themes", "topic", "--out", str(folder / "mine"),
             "--recipe", str(recipe_file), "--version", "1"]  # fmt: skip
    assert main(given) == 0
    return folder / "mine"


def test_the_result_is_an_ordinary_artifact(home: Path) -> None:
    manifest, taxonomy, calibration = open_artifact(current_version(home))
    assert manifest.languages == ["en"]
    assert [group.id for group in taxonomy.groups] == ["themes"]
    assert taxonomy.ids("themes") == ["lift", "noise", "roof"]
    assert manifest.lineage["command"] == "python -m training own"
    assert calibration.review.single["themes"] > 0
    card = (current_version(home) / "README.md").read_text(encoding="utf-8")
    assert "license: other" in card
    assert "a company's own" in card


def test_of_too_few_rows_to_fine_tune_with_a_classifier_is_made_as_well(
    tmp_path: Path, recipe: ClassifierRecipe
) -> None:
    few = recipe.model_copy(update={"head_first": 0.5, "tune_from": 1_000})
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(few.model_dump()), encoding="utf-8")
    table = write_table(tmp_path / "tickets.csv")
    given = ["own", str(table), "--text", "message", "--themes", "topic", "--out", str(tmp_path / "mine"),
             "--recipe", str(tmp_path / "own.yaml"), "--version", "1"]  # fmt: skip
    assert main(given) == 0
    manifest, _, calibration = open_artifact(current_version(tmp_path / "mine"))
    assert manifest.metrics["gold"]["en"]["themes_accuracy"] > 0.9
    assert calibration.review.single["themes"] > 0
    assert "set by cross-fitting" in (current_version(tmp_path / "mine") / "README.md").read_text(encoding="utf-8")


def test_it_is_measured_beside_tfidf_and_looked_over(home: Path) -> None:
    report = (home / "evaluation.md").read_text(encoding="utf-8")
    assert "themes_macro_f1" in report
    assert "TF-IDF" in report
    assert "Audit of 60 messages" in (home / "audit.md").read_text(encoding="utf-8")


def test_the_messages_are_not_kept(home: Path) -> None:
    assert not (own_command.BUILD / home.name).exists()
    for path in home.rglob("*"):
        assert not path.is_file() or b"stuck again between" not in path.read_bytes()


def test_the_service_serves_it(home: Path) -> None:
    testclient = pytest.importorskip("starlette.testclient")
    settings = Settings(model=home, workers=1)
    folder = current(settings.model)
    app = create_app(load(folder, settings), settings, folder=folder, load=load)
    with testclient.TestClient(app, base_url="http://localhost") as client:
        wait_until(lambda: client.get("/readyz").status_code == 200, seconds=60)
        right = 0
        for name, said in SAID.items():
            answer = client.post("/v1/classify", json={"text": f"hello, {said}"}).json()
            assert answer["kind"] is None
            assert answer["urgency"] is None
            assert len(answer["themes"]) == 1
            assert 0 < answer["themes"][0]["confidence"] <= 1
            assert answer["themes"][0]["evidence"]
            right += answer["themes"][0]["label"] == name.lower()
        assert right == 3
        refused = client.post("/v1/classify", json={"text": "Das Paket ist seit zwei Wochen unterwegs."}).json()
        assert refused["themes"] == []
        assert refused["review"]["needed"]
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (["--themes", "subject"], "no column 'subject'"),
        (["--encoding", "no-such"], "not a text encoding"),
        (["--version", "../x"], "name of a folder"),
        (["--taxonomy", "nowhere.yaml"], "no taxonomy file"),
    ],
)
def test_what_is_wrong_is_told_and_costs_no_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], told: str
) -> None:
    table = write_table(tmp_path / "a.csv")
    given = ["own", str(table), "--text", "message", "--themes", "topic", "--out", str(tmp_path / "out"), *change]
    assert main(given) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_too_few_rows_are_told_with_the_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_table(tmp_path / "a.csv", each=5)
    assert main(["own", str(table), "--out", str(tmp_path / "out")]) == 2
    assert "themes.lift has 5 usable rows, 8 are needed" in capsys.readouterr().err


def test_a_look_alone_writes_nothing(tmp_path: Path) -> None:
    table = write_table(tmp_path / "a.csv")
    assert main(["own", str(table), "--out", str(tmp_path / "out"), "--check"]) == 0
    assert not (tmp_path / "out").exists()


def test_another_classifier_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_table(tmp_path / "a.csv")
    for out in (SHIPPED, current_version(SHIPPED)):
        assert main(["own", str(table), "--out", str(out)]) == 2
        assert "holds another classifier" in capsys.readouterr().err


def test_a_kind_alone_is_learnt_too(tmp_path: Path, recipe_file: Path) -> None:
    table = write_table(tmp_path / "a.csv", label="kind")
    given = ["own", str(table), "--out", str(tmp_path / "out"), "--recipe", str(recipe_file), "--build",
             str(tmp_path / "kept"), "--peers"]  # fmt: skip
    assert main(given) == 0
    manifest, taxonomy, _ = open_artifact(current_version(tmp_path / "out"))
    assert [(group.id, group.mode) for group in taxonomy.groups] == [("kind", "one")]
    assert manifest.metrics["gold"]["en"]["kind_accuracy"] > 0.5
    assert (tmp_path / "kept" / "corpus" / "en" / "own.jsonl").exists()
    assert "wrong set of themes" not in (tmp_path / "out" / "evaluation.md").read_text(encoding="utf-8")


def test_the_committed_recipe_is_sound() -> None:
    recipe = read_classifier_recipe(own_command.OWN_RECIPE)
    assert recipe.head_first > 0
    assert recipe.epochs_for(50) == recipe.most_epochs
    assert json.loads(recipe.model_dump_json())["log"] == []
