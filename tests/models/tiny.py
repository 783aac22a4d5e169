"""A network of a few kilobytes in a real artifact: every piece adds its row of a table to the scores."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from data.taxonomy import read_taxonomy
from models.artifact import CALIBRATION, TAXONOMY, TOKENIZER, seal
from models.calibration import Calibration
from models.canary import Canary
from models.layout import evidence_columns, layout

TAXONOMY_FILE = Path(__file__).parents[1] / "service" / "taxonomy.yaml"
WINDOW = 40
"""No multiple of a bucket, and the network has no more positions than that."""
WORDS = sorted(set(TAXONOMY_FILE.read_text(encoding="utf-8").lower().replace(",", " ").replace("}", " ").split()))
PIECES = ["<pad>", "<unk>", "<s>", "</s>", *WORDS]


def table(seed: int = 0, spread: float = 1.0) -> NDArray[np.float32]:
    """Rows (pieces × columns) that decide firmly, but nothing was learnt in them; `spread` stretches them all."""
    columns = layout(read_taxonomy(TAXONOMY_FILE))[-1].stop
    dice = np.random.default_rng(seed)
    rows = dice.normal(size=(len(PIECES), columns)) + dice.choice([-1.0, 1.0], columns)
    stretched: NDArray[np.float32] = (rows * spread).astype(np.float32)
    return stretched


def write_network(path: Path, rows: NDArray[np.float32]) -> None:
    """Write inputs ids, mask → scores, shares: a share is the piece's row and its position's, where the mask is 1."""
    places = np.linspace(-0.1, 0.1, WINDOW, dtype=np.float32)[:, None].repeat(rows.shape[1], axis=1)
    evidence = evidence_columns(read_taxonomy(TAXONOMY_FILE))
    constants: dict[str, NDArray[Any]] = {
        "rows": rows,
        "places": places,
        "evidence": np.array(evidence, np.int64),
        "zero": np.array([0], np.int64),
        "one": np.array([1], np.int64),
        "last": np.array([-1], np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["rows", "ids"], ["looked_up"]),
        helper.make_node("Shape", ["ids"], ["length"], start=1, end=2),
        helper.make_node("Slice", ["places", "zero", "length", "zero"], ["placed"]),
        helper.make_node("Add", ["looked_up", "placed"], ["each"]),
        helper.make_node("Cast", ["mask"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["real", "last"], ["column"]),
        helper.make_node("Mul", ["each", "column"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "one"], ["scores"], keepdims=0),
        helper.make_node("Gather", ["counted", "evidence"], ["shares"], axis=2),
    ]
    ids, mask = (helper.make_tensor_value_info(name, TensorProto.INT64, ["t", "n"]) for name in ("ids", "mask"))
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["t", rows.shape[1]])
    shares = helper.make_tensor_value_info("shares", TensorProto.FLOAT, ["t", "n", len(evidence)])
    parts = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", [ids, mask], [scores, shares], parts)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def write_artifact(
    folder: Path, networks: Mapping[str, NDArray[np.float32]], canaries: Mapping[str, Sequence[Canary]] | None = None
) -> Path:
    """Seal an artifact whose weights, by engine, are these tables; the first engine is its own."""
    folder.mkdir(parents=True)
    for engine, rows in networks.items():
        write_network(folder / f"{engine}.onnx", rows)
    shutil.copyfile(TAXONOMY_FILE, folder / TAXONOMY)
    (folder / CALIBRATION).write_text(Calibration(scales={}, thresholds={}).model_dump_json(), encoding="utf-8")
    _tokenizer().save(str(folder / TOKENIZER))
    seal(
        folder,
        {
            "name": "tiny", "version": folder.name, "created": "2026-01-01T00:00:00+00:00",
            "taxonomy_version": "test-1", "languages": ["fi", "vi", "es", "en"], "window": WINDOW,
            "weights": {engine: f"{engine}.onnx" for engine in networks}, "lineage": {}, "metrics": {}, "libraries": {},
            "canaries": canaries or {},
        },
    )  # fmt: skip
    return folder


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(PIECES)}, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", PIECES.index("<s>")), ("</s>", PIECES.index("</s>"))]
    )
    return tokenizer
