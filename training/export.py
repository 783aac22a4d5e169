"""Write the artifact that serving reads: ONNX weights, tokenizer, taxonomy, calibration, card, manifest."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from data.taxonomy import Taxonomy
from models.artifact import CALIBRATION, TAXONOMY, TOKENIZER, Manifest, seal
from models.calibration import Calibration
from models.canary import Canary
from models.onnx_runner import open_session
from training.network import Network
from training.recipe import ClassifierRecipe
from training.smoothing import FEED_FORWARD_OUT, smooth

FULL, MIXED, SMALL = "model.fp32.onnx", "model.mixed.onnx", "model.int8.onnx"
ENGINES = {SMALL: "onnxruntime-int8", MIXED: "onnxruntime-int8-mixed", FULL: "onnxruntime-fp32"}
"""The engine that each file is for, the smallest and fastest first."""
LIBRARIES = ("torch", "transformers", "onnx", "onnxruntime", "tokenizers", "numpy")


def export_onnx(network: Network, path: Path) -> None:
    """Write the network as ONNX with inputs ids, mask and outputs scores, shares; texts and length are free."""
    network.eval()
    ids = torch.tensor([[2, 7, 8, 3], [2, 9, 3, 0]])
    mask = (ids != 0).long()
    axes = {0: "texts", 1: "pieces"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of every Python branch in the encoder's mask code
        torch.onnx.export(
            network,
            (ids, mask),
            str(path),
            input_names=["ids", "mask"],
            output_names=["scores", "shares"],
            dynamic_axes={"ids": axes, "mask": axes, "scores": {0: "texts"}, "shares": axes},
            opset_version=17,
            dynamo=False,
        )


def quantise(full: Path, folder: Path, ids: Sequence[Sequence[int]]) -> None:
    """Write 8-bit copies: weights of matrix products and embeddings, one scale per output channel.

    They are smoothed first, by the texts `ids` (`training.smoothing`). The mixed copy keeps the second product of each
    feed-forward block in full precision: its input has the largest outliers (docs/lab-log.md).
    """
    model = onnx.shape_inference.infer_shapes(smooth(full, ids))
    outliers = [node.name for node in model.graph.node if FEED_FORWARD_OUT.search(node.name)]
    with tempfile.TemporaryDirectory() as staging:
        smoothed = Path(staging) / "smooth.onnx"
        onnx.save(model, smoothed)
        for name, kept in ((SMALL, []), (MIXED, outliers)):
            quantize_dynamic(
                str(smoothed), str(folder / name), weight_type=QuantType.QInt8, per_channel=True, nodes_to_exclude=kept
            )


def onnx_scores(path: Path, ids: Sequence[Sequence[int]], threads: int = 2, batch: int = 1) -> np.ndarray:
    """Scores (texts × columns) of an exported network, in the given order."""
    session = open_session(path, threads)
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    rows: list[Any] = [None] * len(ids)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        width = max(len(ids[i]) for i in chosen)
        block = np.zeros((len(chosen), width), np.int64)
        for row, i in enumerate(chosen):
            block[row, : len(ids[i])] = ids[i]
        mask = np.array([[1] * len(ids[i]) + [0] * (width - len(ids[i])) for i in chosen], np.int64)
        found = session.run(["scores"], {"ids": block, "mask": mask})[0]
        for i, row in zip(chosen, found, strict=True):
            rows[i] = row
    return np.stack(rows)


def write_artifact(
    folder: Path,
    weights: dict[str, Path],
    beside: Sequence[Path],
    tokenizer: Tokenizer,
    taxonomy: Taxonomy,
    taxonomy_file: Path,
    calibration: Calibration,
    recipe: ClassifierRecipe,
    version: str,
    lineage: dict[str, Any],
    metrics: dict[str, Any],
    card: str,
    canaries: Mapping[str, Sequence[Canary]] | None = None,
) -> Manifest:
    """Fill `folder` and seal it; until the manifest stands, nothing will load it. An existing folder is replaced.

    `beside` are files that go in under their own names: the wide branch, the charts of the card.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in (*weights.values(), *beside):
        shutil.copyfile(source, folder / source.name)
    tokenizer.save(str(folder / TOKENIZER))
    shutil.copyfile(taxonomy_file, folder / TAXONOMY)
    (folder / CALIBRATION).write_text(calibration.model_dump_json(indent=1), encoding="utf-8")
    labels = {group.id: group.ids for group in taxonomy.groups}
    (folder / "labels.json").write_text(json.dumps(labels, indent=1), encoding="utf-8")
    (folder / "README.md").write_text(card, encoding="utf-8")
    return seal(
        folder,
        {
            "name": recipe.name,
            "version": version,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "taxonomy_version": taxonomy.version,
            "languages": list(taxonomy.languages),
            "window": recipe.max_tokens,
            "weights": {engine: source.name for engine, source in weights.items()},
            "lineage": lineage,
            "metrics": metrics,
            "canaries": canaries or {},
            "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        },
    )
