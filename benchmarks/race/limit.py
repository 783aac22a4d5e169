"""How far the engine is from what this processor can do, on one thread: work, ceiling, share, and what eats the rest.

`python -m benchmarks.race limit` runs this in a process of its own, in which every library may use one thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper
from pydantic import BaseModel

from benchmarks.race import BUILD, ROOT
from benchmarks.race.machine import idle_share
from benchmarks.race.texts import draw_texts
from models.onnx_engine import OnnxEngine
from models.onnx_runner import open_session, session_options
from models.registry import current_version
from models.runner import own_engine

LIMIT = BUILD / "limit.json"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LARGE = (1024, 1024, 1024)
"""Rows, inner and columns of a product in which a library shows its best."""
MESSAGES = 300


class Work(BaseModel):
    """Floating-point operations (a multiplication and an addition are two) by the shapes of the network."""

    linear: float
    """For a piece: all weights."""
    attention: float
    """For a piece and every piece that it looks at."""
    shapes: list[tuple[int, int]]
    """Of the weights, each once: inner, columns."""


class Ceiling(BaseModel):
    """What a library reaches in matrix products, in 10⁹ operations a second."""

    library: str
    precision: str
    large: float
    """In one large product."""
    ours: float
    """In the network's own shapes, one typical message long."""


class Limit(BaseModel):
    """All that was measured."""

    model: str
    pieces: float
    """Of a message, the mean."""
    work: Work
    ceilings: list[Ceiling]
    precision: str
    """In which the engine computes."""
    network: float
    """Operations a second of the network alone, 10⁹."""
    engine: float
    """The same for a message from text to answer."""
    operators: dict[str, float]
    """Share of the network's time by type of operator, largest first."""
    stages: dict[str, float]
    """Milliseconds of a message by stage."""
    idle: float = 0.0
    """Part of the processor time that was free before."""


def measure_apart() -> None:
    """Measure in a process of its own, one thread a library; writes `build/race/limit.json`."""
    command = [sys.executable, "-m", "benchmarks.race.limit"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **ONE_THREAD}, check=True)


def measure(seed: int) -> Limit:
    """Measure everything, on messages drawn as for the race."""
    idle = idle_share()
    folder = current_version()
    engine = OnnxEngine(folder)
    prepared = [one for one in map(engine.encode_pre, draw_texts(seed)[:MESSAGES]) if one.cost]
    windows = [window for one in prepared for window in one.payload.windows]
    precision = own_engine(engine.manifest)
    weights = folder / engine.manifest.weights[precision]
    work = count_work(onnx.load(weights))
    done = sum(len(window) * (work.linear + work.attention * len(window)) for window in windows)
    seconds, operators = profile(weights, windows)
    stages = time_stages(engine, [one.text for one in prepared])
    pieces = sum(one.cost for one in prepared) / len(prepared)
    return Limit(
        model=engine.model_version,
        pieces=pieces,
        work=work,
        ceilings=list(measure_ceilings(work.shapes, round(pieces))),
        precision="int8" if "int8" in precision else "fp32",
        network=done / seconds / 1e9,
        engine=done / len(prepared) / sum(stages.values()) / 1e6,
        operators=operators,
        stages=stages,
        idle=idle,
    )


def count_work(model: onnx.ModelProto) -> Work:
    """Count the work of a network from its graph: weights of products, and products of two computed matrices."""
    held = {each.name: tuple(each.dims) for each in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type in ("MatMul", "MatMulInteger")]
    shapes = [held[node.input[1]] for node in products if len(held.get(node.input[1], ())) == 2]
    width = next(dims[1] for name, dims in held.items() if "word_embeddings" in name and len(dims) == 2)
    # Attention multiplies two computed matrices twice a layer: queries by keys, and their weights by values.
    computed = sum(node.input[1] not in held for node in products)
    return Work(
        linear=2.0 * sum(inner * columns for inner, columns in shapes),
        attention=2.0 * width * computed,
        shapes=sorted(set(shapes)),
    )


def profile(weights: Path, windows: Sequence[Sequence[int]]) -> tuple[float, dict[str, float]]:
    """Run the network on each window; returns the seconds, and the share of each type of operator.

    The seconds are of a run without the profiler, which costs time itself.
    """
    feeds = [{"ids": np.array([each]), "mask": np.ones((1, len(each)), np.int64)} for each in windows]

    def run(session: onnxruntime.InferenceSession) -> float:
        began = time.perf_counter()
        for feed in feeds:
            session.run(["scores", "shares"], feed)
        return time.perf_counter() - began

    plain = open_session(weights, 1)
    run(plain)
    seconds = run(plain)
    with tempfile.TemporaryDirectory() as folder:
        options = session_options(1)
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        profiled = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        run(profiled)
        events = json.loads(Path(profiled.end_profiling()).read_text(encoding="utf-8"))
    spent: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            spent[event["args"]["op_name"]] += event["dur"]
    return seconds, {name: each / spent.total() for name, each in spent.most_common()}


def time_stages(engine: OnnxEngine, texts: Sequence[str]) -> dict[str, float]:
    """Time each stage of an answer, in milliseconds a message."""
    spent = dict.fromkeys(
        ("prepare (clean, language, pieces)", "score (network, wide branch)", "decide (chances, evidence)"), 0.0
    )
    for text in texts:
        marks = [time.perf_counter()]
        prepared = engine.encode_pre(text)
        marks.append(time.perf_counter())
        scores = engine.encode_core([prepared])
        marks.append(time.perf_counter())
        engine.encode_post(prepared, scores[0])
        marks.append(time.perf_counter())
        for stage, (began, ended) in zip(spent, pairwise(marks), strict=True):
            spent[stage] += ended - began
    return {stage: 1000 * seconds / len(texts) for stage, seconds in spent.items()}


def measure_ceilings(shapes: Sequence[tuple[int, int]], pieces: int) -> Iterable[Ceiling]:
    """Time matrix products in numpy, torch and ONNX Runtime, large ones and the network's own."""
    import torch

    torch.set_num_threads(1)
    chance = np.random.default_rng(0)

    def floats(*shape: int) -> NDArray[np.float32]:
        return chance.standard_normal(shape, dtype=np.float32)

    def numpy_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
        left, right = floats(rows, inner), floats(inner, columns)
        return lambda: left @ right

    def torch_product(kind: torch.dtype) -> Callable[[int, int, int], Callable[[], object]]:
        def product(rows: int, inner: int, columns: int) -> Callable[[], object]:
            left, right = torch.tensor(floats(rows, inner)).to(kind), torch.tensor(floats(columns, inner)).to(kind)
            return lambda: torch.nn.functional.linear(left, right)

        return product

    def runtime_full(rows: int, inner: int, columns: int) -> Callable[[], object]:
        session = _product("MatMul", TensorProto.FLOAT, TensorProto.FLOAT, floats(inner, columns))
        left = floats(rows, inner)
        return lambda: session.run(None, {"left": left})

    def runtime_small(rows: int, inner: int, columns: int) -> Callable[[], object]:
        right = chance.integers(-127, 127, (inner, columns), dtype=np.int8)
        session = _product("MatMulInteger", TensorProto.UINT8, TensorProto.INT32, right)
        left = chance.integers(0, 255, (rows, inner), dtype=np.uint8)
        return lambda: session.run(None, {"left": left})

    for library, precision, product in (
        ("numpy", "fp32", numpy_product),
        ("torch", "fp32", torch_product(torch.float32)),
        ("torch", "bf16", torch_product(torch.bfloat16)),
        ("ONNX Runtime", "fp32", runtime_full),
        ("ONNX Runtime", "int8", runtime_small),
    ):
        own = [(pieces, inner, columns) for inner, columns in shapes]
        total = sum(2.0 * rows * inner * columns for rows, inner, columns in own)
        seconds = sum(fastest(product(*shape)) for shape in own)
        large = 2.0 * np.prod(LARGE) / fastest(product(*LARGE)) / 1e9
        yield Ceiling(library=library, precision=precision, large=large, ours=total / seconds / 1e9)


def fastest(call: Callable[[], object], seconds: float = 1.0) -> float:
    """Return the seconds of the quickest call within the time: what is least disturbed."""
    call()
    best, until = float("inf"), time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        call()
        best = min(best, time.perf_counter() - began)
    return best


def _product(kind: str, left: int, result: int, right: NDArray[Any]) -> onnxruntime.InferenceSession:
    """Make a session of one product with a fixed right side, so that it may be packed beforehand."""
    graph = helper.make_graph(
        [helper.make_node(kind, ["left", "right"], ["out"])],
        "product",
        [helper.make_tensor_value_info("left", left, ["rows", right.shape[0]])],
        [helper.make_tensor_value_info("out", result, ["rows", right.shape[1]])],
        [onnx.numpy_helper.from_array(right, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    return open_session(model.SerializeToString(), 1)


if __name__ == "__main__":
    from benchmarks.race.run import Race

    BUILD.mkdir(parents=True, exist_ok=True)
    LIMIT.write_text(measure(Race.seed).model_dump_json(indent=1), encoding="utf-8")
