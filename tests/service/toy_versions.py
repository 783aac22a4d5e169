"""Versions on disk in miniature: whole artifacts, but their weights are a line of JSON that the engine here obeys.

{"mark": 0.5}              every answer's kind is given with this confidence, so that it tells whose answer it is
{"kind": "other"}          what every message is taken for
{"fails": "parcel"}        messages with this raise an error
{"breaks": true}           it cannot be loaded
{"seconds": 0.1}           it takes so long to load
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.taxonomy import Taxonomy, read_taxonomy
from models.answer import Answer, Choice
from models.artifact import ArtifactError, open_artifact, seal
from models.calibration import Calibration
from models.canary import canaries_for
from models.engine import Prepared
from service.loading import ModelError
from service.settings import Settings
from tests.service.dummy_engine import CANARIES, DummyEngine

TAXONOMY = Path(__file__).with_name("taxonomy.yaml")
LANGUAGES = ["fi", "vi", "es", "en"]


def make_version(home: Path, version: str, *, taxonomy: Path = TAXONOMY, **weights: Any) -> Path:
    """Write a version that is whole."""
    folder = home / version
    folder.mkdir(parents=True)
    shutil.copyfile(taxonomy, folder / "taxonomy.yaml")
    (folder / "calibration.json").write_text(Calibration(scales={}, thresholds={}).model_dump_json(), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "weights.json").write_text(json.dumps(weights), encoding="utf-8")
    labels = read_taxonomy(taxonomy)
    facts = {
        "name": "toy", "version": version, "created": "2026-01-01T00:00:00+00:00", "languages": LANGUAGES, "window": 64,
        "taxonomy_version": labels.version,
        "canaries": {language: [canary.within(labels)] for language, canary in CANARIES.items()},
        "weights": {"any": "weights.json"}, "lineage": {}, "metrics": {}, "libraries": {},
    }  # fmt: skip
    seal(folder, facts)
    return folder


def other_taxonomy(path: Path, **changes: str) -> Path:
    """Write the tests' taxonomy with parts of its text replaced."""
    text = TAXONOMY.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


class ToyEngine(DummyEngine):
    """Answers as its weights say. Scores are of use only to the engine that computed them."""

    def __init__(self, model_version: str, taxonomy: Taxonomy, weights: dict[str, Any]) -> None:
        super().__init__(taxonomy=taxonomy)
        self.model_version = model_version
        self.weights = weights

    def encode_core(self, prepared: Sequence[Prepared]) -> list[Any]:
        if any(self.weights.get("fails", "\0") in each.text for each in prepared):
            raise RuntimeError(prepared[0].text)
        return [(self.model_version, scores) for scores in super().encode_core(prepared)]

    def encode_post(self, prepared: Prepared, scores: Any) -> Answer:
        assert scores[0] == self.model_version
        answer = super().encode_post(prepared, scores[1])
        if answer.kind is None:
            return answer
        kind = Choice(label=self.weights.get("kind", answer.kind.label), confidence=self.weights.get("mark", 0.9))
        return answer.model_copy(update={"kind": kind})


def ask(engine: DummyEngine, text: str) -> Answer:
    """Answer one message, seam by seam."""
    prepared = engine.encode_pre(text)
    return engine.encode_post(prepared, engine.encode_core([prepared])[0])


def load(folder: Path, settings: Settings) -> ToyEngine:
    """Verify an artifact as the real loader does, and obey its weights."""
    try:
        manifest, taxonomy, _ = open_artifact(folder)
    except ArtifactError as error:
        raise ModelError(str(error)) from error
    weights = json.loads((folder / "weights.json").read_bytes())
    time.sleep(weights.get("seconds", 0))
    if weights.get("breaks"):
        raise ModelError(f"{folder} cannot be loaded: it breaks")
    engine = ToyEngine(manifest.model_version, taxonomy, weights)
    engine.canaries = canaries_for(manifest.languages, taxonomy, manifest.canaries)
    return engine
