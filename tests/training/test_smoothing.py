"""Smoothing changes no figure, and rounding to 8 bits costs less after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.onnx_runner import open_session
from training.smoothing import smooth

PIECES, WIDTH = 40, 32
TEXTS = [[2, 7, 8, 3], [2, 9, 11, 12, 39, 3], list(range(PIECES))]
PLAIN, OUT = "encoder/layer.0/intermediate/dense/MatMul", "encoder/layer.0/output/dense/MatMul"


def network(path: Path, name: str) -> Path:
    """Write a network of one product of rows with an outlying channel and, where pieces count, an outlying piece."""
    chance = np.random.default_rng(5)
    rows = chance.normal(size=(PIECES, WIDTH)).astype(np.float32)
    rows[:, 3] *= 40
    if name == OUT:
        rows[2] *= 10
    table = chance.normal(size=(WIDTH, WIDTH)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["rows", "ids"], ["hidden"]),
            helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
            helper.make_node("Cast", ["wide"], ["real"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["hidden", "real"], ["read"]),
            helper.make_node("MatMul", ["read", "table"], ["scores"], name=name),
        ],
        "network",
        [helper.make_tensor_value_info(each, TensorProto.INT64, ["texts", "pieces"]) for each in ("ids", "mask")],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["texts", "pieces", WIDTH])],
        [
            numpy_helper.from_array(rows, "rows"),
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([-1]), "last"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def said(model: onnx.ModelProto | Path, text: list[int]) -> NDArray[np.float32]:
    source = model if isinstance(model, Path) else model.SerializeToString()
    row = np.array([text], np.int64)
    found: NDArray[np.float32] = open_session(source, 1).run(["scores"], {"ids": row, "mask": np.ones_like(row)})[0]
    return found


def rounded(model: onnx.ModelProto, path: Path) -> Path:
    onnx.save(onnx.shape_inference.infer_shapes(model), path.with_suffix(".full"))
    quantize_dynamic(
        str(path.with_suffix(".full")), str(path), ["MatMul"], weight_type=QuantType.QInt8, per_channel=True
    )
    return path


@pytest.mark.parametrize("name", [PLAIN, OUT])
def test_a_smoothed_network_says_the_same(tmp_path: Path, name: str) -> None:
    full = network(tmp_path / "full.onnx", name)
    model = smooth(full, TEXTS)
    onnx.checker.check_model(model)
    for text in TEXTS:
        np.testing.assert_allclose(said(model, text), said(full, text), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", [PLAIN, OUT])
def test_it_loses_less_by_rounding(tmp_path: Path, name: str) -> None:
    full = network(tmp_path / "full.onnx", name)
    plain = rounded(onnx.load(full), tmp_path / "plain.onnx")
    smoothed = rounded(smooth(full, TEXTS), tmp_path / "smooth.onnx")
    text = TEXTS[-1]
    lost = {path: np.abs(said(path, text) - said(full, text)).mean() for path in (plain, smoothed)}
    assert lost[smoothed] < 0.4 * lost[plain]


def test_a_piece_of_nothing_but_zeros_stays_one(tmp_path: Path) -> None:
    """Beside others in a padded block, what is masked may be all zeros: it is not divided by zero."""
    model = smooth(network(tmp_path / "full.onnx", OUT), TEXTS)
    session = open_session(model.SerializeToString(), 1)
    found = session.run(["scores"], {"ids": np.array([[2, 7]]), "mask": np.array([[1, 0]])})[0]
    assert np.isfinite(found).all()
    assert not found[0, 1].any()
