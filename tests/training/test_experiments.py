"""A fit is logged elsewhere when that is asked for, and only then is anything of it imported."""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.corpus import read_corpus
from data.taxonomy import Taxonomy
from training import experiments
from training.__main__ import main
from training.experiments import LOGS, MissingLog, check_logs, logged_to
from training.fit import fit
from training.recipe import ClassifierRecipe

ROOT = Path(__file__).parents[2]
STAND_IN = '''
"""A stand-in for TensorBoard's writer: keeps what it is told in a file."""
import json, pathlib
class SummaryWriter:
    def __init__(self, log_dir):
        self.path = pathlib.Path(log_dir) / "told.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
    def add_text(self, *args): pass
    def add_scalar(self, name, value, step):
        with self.path.open("a") as out: out.write(json.dumps([name, value, step]) + "\\n")
    def flush(self): pass
    def close(self): pass
'''


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
    """Through transformers' own callback, onto a writer that stands in for TensorBoard's."""
    from transformers.integrations import integration_utils

    (tmp_path / "stand_in_writer.py").write_text(STAND_IN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import stand_in_writer  # type: ignore[import-not-found]

    monkeypatch.setattr(experiments, "check_logs", lambda _: None)
    monkeypatch.setattr(integration_utils, "is_tensorboard_available", lambda: True)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", stand_in_writer)
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    short = recipe.model_copy(update={"epochs": 1, "log": ["tensorboard"]})
    fit(read_corpus(corpus), taxonomy, short, tmp_path / "build")
    told = (tmp_path / "build" / "tensorboard" / "told.jsonl").read_text(encoding="utf-8")
    assert "eval/mean" in told
