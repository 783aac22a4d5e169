"""A fit is logged elsewhere when that is asked for, and only then is anything of it imported."""

from __future__ import annotations

import ast
import importlib.util
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.corpus import read_corpus
from data.taxonomy import Taxonomy
from tests.training.retraining import Stages, again
from tests.training.tickets import fill, open_in
from training import experiments, retrain_stages
from training.__main__ import main
from training.experiments import FOLDER, LOGS, MissingLog, check_logs, logged_to
from training.fit import fit
from training.recipe import ClassifierRecipe
from training.retrain_stages import STAGES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", LOGS)
def test_a_log_whose_package_is_missing_is_told(name: experiments.LogTo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingLog, match=f"pip install {name}"):
        check_logs([name])
    check_logs([])


def test_the_command_says_so_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    given = ["own", str(tmp_path / "none.csv"), "--out", str(tmp_path / "out"), "--log", "mlflow"]
    assert main(given) == 2
    assert "pip install mlflow" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_logs_go_into_the_build_folder_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(experiments, "check_logs", lambda _: None)
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example")
    with logged_to(["tensorboard", "mlflow"], tmp_path / "b"):
        assert os.environ["TENSORBOARD_LOGGING_DIR"] == str(tmp_path / "b" / "tensorboard")
        assert os.environ["MLFLOW_TRACKING_URI"] == "https://mlflow.example"
    assert "TENSORBOARD_LOGGING_DIR" not in os.environ


def test_an_unknown_log_is_refused_by_the_recipe(recipe: ClassifierRecipe) -> None:
    with pytest.raises(ValidationError, match="tensorboard"):
        ClassifierRecipe.model_validate({**recipe.model_dump(), "log": ["paper"]})


def test_nothing_of_a_log_is_imported_by_us() -> None:
    """transformers imports what it needs once it is asked to report there."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "training").glob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    assert names
    assert not {name.split(".")[0] for name in names} & {"mlflow", "tensorboard", "tensorboardX"}


def test_the_figures_of_a_fit_are_sent(
    corpus: Path, recipe: ClassifierRecipe, taxonomy: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into real event files and a real database, which are then read."""
    pytest.importorskip("mlflow")
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for variable, _ in FOLDER.values():
        monkeypatch.delenv(variable, raising=False)
    short = recipe.model_copy(update={"epochs": 1, "log": list(LOGS)})
    fit(read_corpus(corpus), taxonomy, short, tmp_path / "build")
    told = events.EventAccumulator(str(tmp_path / "build" / "tensorboard")).Reload()
    (mean,) = told.Scalars("eval/mean")
    with closing(sqlite3.connect(tmp_path / "build" / "mlflow.db")) as database:
        kept = database.execute("SELECT value FROM metrics WHERE key = 'eval_mean'").fetchall()
    assert [value for (value,) in kept] == [pytest.approx(mean.value)]
    assert 0 < mean.value <= 1


def test_mlflow_is_kept_from_telling_of_its_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(experiments, "check_logs", lambda _: None)
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    with logged_to(["mlflow"], tmp_path):
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert "MLFLOW_DISABLE_TELEMETRY" not in os.environ


def test_a_retraining_is_logged_where_it_is_told(
    folder: Path, corpus: Path, taxonomy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Sequence[str]] = []
    own = STAGES["fit"]
    Stages(monkeypatch)
    monkeypatch.setitem(STAGES, "fit", own)
    monkeypatch.setattr(retrain_stages, "fit", lambda _rows, _labels, recipe, _build, **_: seen.append(recipe.log))
    with closing(open_in(folder)) as store:
        fill(store, 40)
    with monkeypatch.context() as missing:
        missing.setattr(importlib.util, "find_spec", lambda _: None)
        assert again(folder, corpus, taxonomy_file, "--log", "mlflow") == 2
    assert not (folder / "runs").exists()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    assert again(folder, corpus, taxonomy_file, "--log", "mlflow", "--log", "tensorboard") == 0
    assert seen == [["mlflow", "tensorboard"]]
