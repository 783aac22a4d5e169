"""Write the network of `benchmarks.race.network`: read the weights that ship, fit its head, export."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from benchmarks.race import ROOT
from benchmarks.race.forms import PLAIN, column_names
from benchmarks.race.network import PIECES, Network
from models.artifact import CALIBRATION, TAXONOMY, TOKENIZER, open_artifact, seal
from models.layout import evidence_columns
from models.onnx_engine import OnnxEngine
from training.smoothing import smooth

FITTED_ON = 600
"""Messages that the head is fitted on."""
SHOWN = 300
"""Messages that show where its outliers are before it is rounded."""
GENTLE = 0.1
"""The pooler's weight on the diagonal: its tanh stays almost a straight line."""
RIDGE = 1.0
SCALES = "_scale", "_zero_point"
"""What stands beside 8-bit weights."""
_SMOOTHED = re.compile(r"/(smooth|level)(_quantized)?$")
"""Ends what goes into a product once `training.smoothing` has been there; its factors are beside it."""


def export_network(made: Network, texts: Sequence[str], shipped: Path) -> None:
    """Write the network of the artifact `shipped` in all its forms; its head is fitted on the first of `texts`."""
    torch.set_num_threads(1)  # several threads wait for each other for minutes where something else runs
    manifest, taxonomy, _ = open_artifact(shipped)
    config = BertConfig.from_pretrained(
        ROOT / "models" / "encoder",
        id2label=dict(enumerate(column_names(taxonomy))),
        problem_type="multi_label_classification",
        attn_implementation="eager",
    )
    model = BertForSequenceClassification(config)
    weights = onnx.load(shipped / next(iter(manifest.weights.values())))
    missing, foreign = model.bert.load_state_dict(encoder_weights(weights), strict=False)
    if foreign or any(not name.startswith("pooler.") for name in missing):
        raise RuntimeError(f"the encoder in {shipped} is no BERT: it lacks {missing} and also has {foreign}")
    model.eval()
    engine = OnnxEngine(shipped)
    fit_head(model, engine, texts[:FITTED_ON])
    model.save_pretrained(made.hugging_face)
    _write_tokenizer(shipped / TOKENIZER, made.hugging_face)
    full = made.hugging_face / "model.onnx"
    write_onnx(model, full, ["input_ids", "attention_mask"], ["logits"])
    shown = [window for each in map(engine.encode_pre, texts[:SHOWN]) for window in each.payload.windows]
    _quantise(full, made.hugging_face / "model_quantized.onnx", shown)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "model.fp32.onnx"
        write_onnx(_AsArtifact(model, len(evidence_columns(taxonomy))), plain, ["ids", "mask"], ["scores", "shares"])
        _quantise(plain, plain.with_name("model.int8.onnx"), shown)
        _seal(made.full, plain, "onnxruntime-fp32", shipped)
        _seal(made.small, plain.with_name("model.int8.onnx"), "onnxruntime-int8", shipped)


def encoder_weights(model: onnx.ModelProto) -> dict[str, torch.Tensor]:
    """Read the encoder's weights out of an exported network, by the names of transformers, in full precision."""
    held = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}

    def full(name: str) -> Any:  # noqa: ANN401
        if not name.endswith("_quantized"):
            return held[name]
        stem = name.removesuffix("_quantized")
        return (held[name].astype(np.float32) - held[f"{stem}_zero_point"]) * held[f"{stem}_scale"]

    found = {name: full(name) for name in held if name.startswith("encoder.") and not name.endswith(SCALES)}
    for node in model.graph.node:
        if node.op_type in ("MatMul", "MatMulInteger") and node.input[1] in held and "/layer." in node.name:
            factor = held.get(f"{_SMOOTHED.sub('', node.input[0])}/factor", np.ones(1, np.float32))
            found[f"{'.'.join(node.name.split('/')[1:-1])}.weight"] = (full(node.input[1]) * factor[:, None]).T
    named = {name.removeprefix("encoder.").removesuffix("_quantized"): value for name, value in found.items()}
    return {name: torch.tensor(np.ascontiguousarray(value)) for name, value in named.items()}


def fit_head(model: BertForSequenceClassification, engine: OnnxEngine, texts: Sequence[str]) -> None:
    """Fit pooler and classifier to what the engine says of the texts."""
    width = model.config.hidden_size
    prepared = [one for one in map(engine.encode_pre, texts) if one.cost]
    wanted = np.stack([scores.scores for scores in engine.encode_core(prepared) if scores]).clip(-8, 8)
    with torch.no_grad():
        assert model.bert.pooler is not None
        model.bert.pooler.dense.weight.copy_(GENTLE * torch.eye(width))
        model.bert.pooler.dense.bias.zero_()
        ids = [torch.tensor([one.payload.windows[0]]) for one in prepared]
        seen = torch.cat([model.bert(input_ids=each).pooler_output for each in ids]).double()
        target = torch.tensor(wanted).double()
        middle, offset = seen.mean(0), target.mean(0)
        spread = (seen - middle).T @ (seen - middle) + RIDGE * torch.eye(width)
        weight = torch.linalg.solve(spread, (seen - middle).T @ (target - offset))
        model.classifier.weight.copy_(weight.T)
        model.classifier.bias.copy_(offset - middle @ weight)


class _AsArtifact(nn.Module):
    """The inputs and outputs that Reclamo expects; no piece has a share in anything."""

    def __init__(self, model: nn.Module, evidence: int) -> None:
        super().__init__()
        self.model = model
        self.evidence = evidence

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores = self.model(ids, mask).logits
        return scores, torch.zeros(1).expand(ids.shape[0], ids.shape[1], self.evidence)


def write_onnx(model: nn.Module, path: Path, inputs: list[str], outputs: list[str]) -> None:
    """Write a network of ids and mask as ONNX; texts and length are free."""
    ids = torch.tensor([[2, 7, 8, 3], [2, 9, 3, 0]])
    free = {0: "texts", 1: "pieces"}
    shapes = {name: free if name in (*inputs, "shares") else {0: "texts"} for name in (*inputs, *outputs)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of every Python branch in the encoder's mask code
        torch.onnx.export(
            model, (ids, (ids != 0).long()), str(path), input_names=inputs, output_names=outputs,
            dynamic_axes=shapes, opset_version=17, dynamo=False,
        )  # fmt: skip


def _quantise(full: Path, small: Path, shown: Sequence[Sequence[int]]) -> None:
    """Write the 8-bit copy as `training.export` writes the one that ships."""
    with tempfile.TemporaryDirectory() as folder:
        inferred = Path(folder) / "inferred.onnx"
        onnx.save(onnx.shape_inference.infer_shapes(smooth(full, shown)), inferred)
        quantize_dynamic(str(inferred), str(small), weight_type=QuantType.QInt8, per_channel=True)


def _write_tokenizer(file: Path, folder: Path) -> None:
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("cls", "sep", "pad", "unk", "mask")}
    PreTrainedTokenizerFast(tokenizer_file=str(file), model_max_length=PIECES, **special).save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    written["tokenizer_class"] = "PreTrainedTokenizerFast"  # transformers 4, under infinity, knows no newer name
    path.write_text(json.dumps(written, indent=1), encoding="utf-8")


def _seal(folder: Path, weights: Path, engine: str, shipped: Path) -> None:
    """Make an artifact of the weights, with a calibration that changes nothing."""
    manifest, _, _ = open_artifact(shipped)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(weights, folder / weights.name)
    for name in (TOKENIZER, TAXONOMY):
        shutil.copyfile(shipped / name, folder / name)
    (folder / CALIBRATION).write_text(PLAIN.model_dump_json(), encoding="utf-8")
    kept = manifest.model_dump(include={"created", "languages", "taxonomy_version", "libraries"})
    made_for = {"name": "race", "version": folder.name, "window": PIECES, "weights": {engine: weights.name}}
    seal(folder, {**kept, **made_for, "lineage": {"network of": manifest.version}, "metrics": {}})
