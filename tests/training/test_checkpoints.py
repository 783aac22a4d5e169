"""A fit that was killed goes on as if nothing had happened, and only as the fit that it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import Trainer

from data.corpus import read_corpus
from data.message import Message
from data.taxonomy import Taxonomy
from models.artifact import WIDE, file_hash
from training import fit as fitting
from training.__main__ import main
from training.checkpoints import take_up
from training.fit import WEIGHTS, fit, load_network, new_network, save_network
from training.recipe import ClassifierRecipe
from training.stages import LEARNT, STARTED

Fit = Callable[[Path], None]


@pytest.fixture(scope="module")
def messages(corpus: Path) -> list[Message]:
    return read_corpus(corpus)


@pytest.fixture(scope="module")
def careless(recipe: ClassifierRecipe) -> ClassifierRecipe:
    """Texts are shown with typos, and the patience is short, so that what is drawn and counted tells."""
    changes = {
        "epochs": 3,
        "patience": 2,
        "batch": 16,
        "wide": None,
        "typo_share": 0.5,
        "bare_share": 0.5,
        "exchange_share": 0.3,
    }
    return recipe.model_copy(update=changes)


class Killed(BaseException):
    """The process ends here."""


def kill_at(monkeypatch: pytest.MonkeyPatch, checkpoint: int) -> None:
    """Be killed after a checkpoint was written."""
    saved = Trainer._save_checkpoint

    def save(self: Trainer, *given: object) -> None:
        nonlocal checkpoint
        saved(self, *given)
        checkpoint -= 1
        if not checkpoint:
            raise Killed

    monkeypatch.setattr(Trainer, "_save_checkpoint", save)


@pytest.fixture
def cut(messages: Sequence[Message], taxonomy: Taxonomy, careless: ClassifierRecipe, tmp_path: Path) -> Path:
    """A build folder whose fit was killed after its second epoch."""
    with pytest.MonkeyPatch.context() as patched:
        kill_at(patched, 2)
        with pytest.raises(Killed):
            fit(messages, taxonomy, careless, tmp_path / "cut")
    return tmp_path / "cut"


@pytest.fixture
def taken_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the checkpoints that fits go on from; empty where they begin anew."""
    found: list[str] = []
    train = Trainer.train

    def note(self: Trainer, resume_from_checkpoint: str | None = None, **rest: object) -> object:
        found.append(Path(resume_from_checkpoint).name if resume_from_checkpoint else "")
        return train(self, resume_from_checkpoint=resume_from_checkpoint, **rest)

    monkeypatch.setattr(Trainer, "train", note)
    return found


def checkpoints(build: Path) -> list[Path]:
    return sorted((build / "checkpoints").glob("checkpoint-*"), key=lambda each: int(each.name.split("-")[1]))


def test_a_fit_that_was_killed_ends_as_if_it_had_not_been(
    cut: Path, messages: list[Message], taxonomy: Taxonomy, careless: ClassifierRecipe, tmp_path: Path,
    taken_up: list[str],
) -> None:  # fmt: skip
    fit(messages, taxonomy, careless, tmp_path / "whole")
    last = checkpoints(cut)[-1].name
    fit(messages, taxonomy, careless, cut)
    assert taken_up == ["", last]
    one, other = (load_file(folder / WEIGHTS) for folder in (tmp_path / "whole", cut))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not (cut / "checkpoints").exists()


def test_a_checkpoint_that_is_half_written_is_thrown_away(
    cut: Path, messages: list[Message], taxonomy: Taxonomy, careless: ClassifierRecipe, taken_up: list[str]
) -> None:
    before, newest = checkpoints(cut)
    (newest / "trainer_state.json").unlink()
    half = cut / "checkpoints" / "checkpoint-999"
    half.mkdir()
    (half / "trainer_state.json").write_text('{"epoch": 2.', encoding="utf-8")
    fit(messages, taxonomy, careless, cut)
    assert taken_up == [before.name]
    assert (cut / WEIGHTS).is_file()


def test_another_fit_begins_anew(
    cut: Path, messages: list[Message], taxonomy: Taxonomy, careless: ClassifierRecipe, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    asked: list[str] = []

    def note(folder: Path, began: str, *, fresh: bool) -> Path | None:
        asked.append(began)
        if len(asked) == 1:
            assert take_up(folder, began, fresh=fresh) == checkpoints(cut)[-1]
        raise Killed

    monkeypatch.setattr(fitting, "take_up", note)
    start = tmp_path / "start"
    save_network(new_network(taxonomy, careless), start)
    relabelled = [message.model_copy(update={"urgency": "now"}) for message in messages]
    others = taxonomy.model_copy(update={"version": "housing-2"})
    for rows, labels, recipe, begin in (
        (messages, taxonomy, careless.model_copy(update={"log": ["tensorboard"]}), None),
        (relabelled, taxonomy, careless, None),
        (messages, others, careless, None),
        (messages, taxonomy, careless.model_copy(update={"batch": 4}), None),
        (messages, taxonomy, careless, start),
    ):
        with pytest.raises(Killed):
            fit(rows, labels, recipe, cut, start=begin)
    assert len(set(asked)) == 5
    with caplog.at_level("INFO", "training"):
        assert take_up(cut / "checkpoints", asked[1], fresh=False) is None
    assert "begins anew" in caplog.text
    assert checkpoints(cut) == []


def test_a_network_that_does_not_fit_is_told_in_words(
    taxonomy: Taxonomy, recipe: ClassifierRecipe, tmp_path: Path
) -> None:
    save_network(new_network(taxonomy, recipe), tmp_path)
    fewer = taxonomy.model_copy(update={"groups": taxonomy.groups[:1]})
    with pytest.raises(ValueError, match="made for other labels or another encoder"):
        load_network(fewer, recipe, tmp_path)
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:1000])
    with pytest.raises(ValueError, match="is cut"):
        load_network(taxonomy, recipe, tmp_path)


def test_what_lies_beside_a_network_is_always_its_own(
    corpus: Path, taxonomy_file: Path, recipe: ClassifierRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "recipe.yaml"
    written.write_text(json.dumps({**recipe.model_dump(), "epochs": 1}), encoding="utf-8")
    build = tmp_path / "build"
    command = ["fit", "--recipe", str(written), "--corpus", str(corpus), "--taxonomy", str(taxonomy_file)]
    assert main([*command, "--build", str(build)]) == 0
    first = file_hash(build / WEIGHTS)
    kept = {name: (build / name).read_bytes() for name in (LEARNT, WIDE, WEIGHTS)}
    assert not (build / STARTED).exists()
    warm = [*command, "--build", str(build), "--start", str(build)]
    with monkeypatch.context() as patched:
        kill_at(patched, 1)
        with pytest.raises(Killed):
            main(warm)
    assert {name: (build / name).read_bytes() for name in kept} == kept
    assert not (build / STARTED).exists()
    assert main(warm) == 0
    assert (build / STARTED).read_text(encoding="utf-8") == first
    assert hashlib.sha256(kept[WEIGHTS]).hexdigest() == first != file_hash(build / WEIGHTS)
