"""Two run-time engines on one ONNX file."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models import onnx_runner, runner
from models.artifact import MissingEngine, open_artifact
from models.onnx_engine import OnnxEngine
from models.onnx_runner import open_session
from models.runner import FULL, OPENVINO, Runner, engines, open_runner
from tests.models.tiny import PIECES, WINDOW, table, write_artifact

ROOT = Path(__file__).parents[2]
needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="OpenVINO, an extra, is not installed"
)
ENGINES = [FULL, *(pytest.param(name, marks=needs_openvino) for name in OPENVINO)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_artifact(tmp_path_factory.mktemp("home") / "1", {FULL: table()})


def opened(engine: str, folder: Path) -> Runner:
    return open_runner(engine, folder, open_artifact(folder)[0])


def pieces(length: int) -> NDArray[np.int64]:
    return np.random.default_rng(length).integers(0, len(PIECES), length)


@pytest.mark.parametrize("engine", ENGINES)
def test_scores_are_the_sum_of_all_pieces_and_no_padding(folder: Path, engine: str) -> None:
    ready = opened(engine, folder)
    assert ready.name == engine
    exact = 0.02 if engine == "openvino-bf16" else 1e-5
    rows, places = table(), np.linspace(-0.1, 0.1, WINDOW)
    for length in (1, 2, 15, 16, 17, 33, WINDOW):
        ids = pieces(length)
        scores, shares = ready.run(ids, shares=True)
        expected = (rows[ids] + places[:length, None]).sum(0)
        assert scores.shape == expected.shape
        np.testing.assert_allclose(scores, expected, atol=exact * length)
        assert shares is not None
        assert shares.shape == (length, 4)  # two themes and two signals
        assert ready.run(ids, shares=False)[1] is None


@pytest.mark.parametrize("engine", ENGINES)
def test_calls_side_by_side_do_not_mix(folder: Path, engine: str) -> None:
    ready = opened(engine, folder)
    asked = [pieces(3 + number % 30) for number in range(200)]
    alone = [ready.run(ids, shares=True) for ids in asked]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda ids: ready.run(ids, shares=True), asked))
    for (scores, shares), (again, shares_again) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(scores, again)
        assert shares is not None
        assert shares_again is not None
        np.testing.assert_array_equal(shares, shares_again)


@needs_openvino
def test_an_engine_asked_for_by_name_answers_with_evidence(folder: Path) -> None:
    engine = OnnxEngine(folder, engine="openvino-f32")
    own = OnnxEngine(folder)
    assert (own.name, engine.name) == (FULL, "openvino-f32")
    prepared = own.encode_pre("laskutus toimitus vaara hyvitys " * 30, "fi")  # several windows
    answers = [each.encode_post(prepared, each.encode_core([prepared])[0]) for each in (own, engine)]
    assert answers[0].kind is not None
    assert answers[0] == answers[1]


@pytest.mark.e2e
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_reports_to_nobody(folder: Path, tmp_path: Path, engine: str) -> None:
    """ONNX Runtime and OpenVINO would report to their makers, and keep a number for this user in the home folder."""
    program = """
import sys
from pathlib import Path
from models.onnx_engine import OnnxEngine
engine = OnnxEngine(Path(sys.argv[1]), engine=sys.argv[2])
engine.encode_core([engine.encode_pre("laskutus", "fi")])
print(sorted(name for name, module in sys.modules.items() if name.startswith("openvino_telemetry") and module))
"""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), engine], cwd=ROOT, env={**environment, "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert list(tmp_path.rglob("*")) == []


def test_only_full_precision_is_offered_to_openvino(tmp_path: Path) -> None:
    small = open_artifact(write_artifact(tmp_path / "1", {"onnxruntime-int8": table()}))[0]
    both = open_artifact(write_artifact(tmp_path / "2", {"onnxruntime-int8": table(), FULL: table()}))[0]
    assert engines(small) == ["onnxruntime-int8"]
    assert engines(both) == ["onnxruntime-int8", FULL, "openvino-bf16", "openvino-f32"]


def test_an_engine_without_weights_is_refused_and_the_others_named(folder: Path) -> None:
    with pytest.raises(MissingEngine, match=r"tiny-1 has no weights for .*onnxruntime-int8.* onnxruntime-fp32, open"):
        OnnxEngine(folder, engine="onnxruntime-int8")


def test_a_library_that_is_lacking_is_told_with_its_cure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "installed", lambda engine: False)
    with pytest.raises(MissingEngine, match=r"pip install -c constraints.txt -e '\.\[openvino\]'"):
        opened("openvino-bf16", folder)


@pytest.mark.parametrize(
    ("processor", "guarded"), [((), "1"), (("avx512_bf16",), "1"), (("vnni",), "0"), (("amx",), "0")]
)
def test_8_bit_products_may_not_overflow(
    processor: tuple[str, ...], guarded: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_runner, "cpu_class", lambda: frozenset(processor))
    options = open_session(folder / f"{FULL}.onnx", 1).get_session_options()
    assert options.get_session_config_entry("session.x64quantprecision") == guarded
