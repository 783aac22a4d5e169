"""Make a network easier to round to 8 bits, which have one scale for all that goes into a product.

Two changes, neither of which changes anything in exact numbers:

- Outliers of channels move to the weights. Each channel that goes into a product is divided by a factor, and the
  weights that it meets are multiplied by the same one (SmoothQuant, Xiao et al. 2022, arXiv 2211.10438).
- Outliers of pieces are taken out. What goes into the second product of a feed-forward block is divided by the largest
  number of its piece, and the result multiplied by it: so each piece has a scale of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

from models.onnx_runner import open_session

SHARE = 0.6
"""How much of the outliers moves to the weights: 0.6 to 0.7 round best (docs/lab-log.md)."""
FEED_FORWARD_OUT = re.compile(r"layer\.\d+/output/dense/MatMul")
_LEAST = 1e-6

Vector = NDArray[np.float32]


def smooth(source: Path, ids: Sequence[Sequence[int]], share: float = SHARE) -> onnx.ModelProto:
    """Return the network in `source` with both changes made; `ids` are texts that show where its outliers are."""
    model = onnx.load(source)
    weights = {each.name: each for each in model.graph.initializer if len(each.dims) == 2}
    met: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            met.setdefault(node.input[0], []).append(node)
    largest = _largest(model, list(met), ids)
    before: dict[str, list[NodeProto]] = {}
    after: dict[str, list[NodeProto]] = {}
    for given, products in met.items():
        names = sorted({node.input[1] for node in products})
        tables = [numpy_helper.to_array(weights[name]) for name in names]
        factor = _factor(largest[given], np.max([np.abs(table).max(axis=1) for table in tables], axis=0), share)
        for name, table in zip(names, tables, strict=True):
            weights[name].CopyFrom(numpy_helper.from_array((table * factor[:, None]).astype(np.float32), name))
        model.graph.initializer.append(numpy_helper.from_array(np.reciprocal(factor), f"{given}/factor"))
        added = [_node("Mul", [given, f"{given}/factor"], f"{given}/smooth")]
        for node in products:
            node.input[0] = f"{given}/smooth"
        if all(FEED_FORWARD_OUT.search(node.name) for node in products):
            model.graph.initializer.append(numpy_helper.from_array(np.array(_LEAST, np.float32), f"{given}/least"))
            added += _by_piece(given)
            for node in products:
                after[node.name] = [_node("Mul", [f"{node.output[0]}/level", f"{given}/most"], node.output[0])]
                node.input[0], node.output[0] = f"{given}/level", f"{node.output[0]}/level"
        before[products[0].name] = added
    _insert(model, lambda node: [*before.get(node.name, []), node, *after.get(node.name, [])])
    return model


def _largest(model: onnx.ModelProto, names: Sequence[str], ids: Sequence[Sequence[int]]) -> Mapping[str, Vector]:
    """Find the largest absolute number in each channel of the named tensors, over all texts and pieces."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    session = open_session(watched.SerializeToString(), threads=2)
    pieces, mask = (each.name for each in session.get_inputs())
    found: dict[str, Vector] = {}
    for text in ids:
        row = np.array([text], np.int64)
        for name, value in zip(names, session.run(names, {pieces: row, mask: np.ones_like(row)}), strict=True):
            most = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            found[name] = np.maximum(found.get(name, most), most)
    return found


def _factor(largest: Vector, weight: Vector, share: float) -> Vector:
    """Largest input to the power of `share` over largest weight to the power of the rest, of each channel."""
    factor = np.maximum(largest, _LEAST) ** share / np.maximum(weight, _LEAST) ** (1 - share)
    return np.asarray(factor / np.exp(np.log(factor).mean()), dtype=np.float32)


def _by_piece(given: str) -> list[NodeProto]:
    smooth, size, most = f"{given}/smooth", f"{given}/size", f"{given}/most"
    return [
        _node("Abs", [smooth], size),
        _node("ReduceMax", [size], f"{size}/most", axes=[-1], keepdims=1),
        _node("Max", [f"{size}/most", f"{given}/least"], most),
        _node("Div", [smooth, most], f"{given}/level"),
    ]


def _node(kind: str, given: Sequence[str], result: str, **more: object) -> NodeProto:
    return helper.make_node(kind, given, [result], name=result, **more)


def _insert(model: onnx.ModelProto, around: Callable[[NodeProto], Sequence[NodeProto]]) -> None:
    def nodes() -> Iterator[NodeProto]:
        for node in model.graph.node:
            yield from around(node)

    found = list(nodes())
    del model.graph.node[:]
    model.graph.node.extend(found)
