"""Which engine is chosen, and why. A clock of our own makes engines fast and slow."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from models import load, selftest
from models.load import AUTO, load_engine
from models.onnx_engine import OnnxEngine
from models.runner import FULL
from models.selftest import Trial, choose, pick, tell, trial_texts
from tests.models.tiny import WORDS, table, write_artifact

OTHER = "onnxruntime-other"
HOUR = 3600.0


class Clock:
    """Stands still until an engine computes; a call takes as many seconds as `pace` says, by engine."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pace: dict[str, float] = {}
        self.calls: list[str] = []

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    compute = OnnxEngine._score

    def score(self: OnnxEngine, *reading: object) -> object:
        clock.now += clock.pace.get(self.name, 0.001)
        clock.calls.append(self.name)
        return compute(self, *reading)  # type: ignore[arg-type]

    monkeypatch.setattr(OnnxEngine, "_score", score)
    monkeypatch.setattr(selftest, "time", SimpleNamespace(perf_counter=clock.perf_counter))
    return clock


@pytest.fixture(autouse=True)
def _nothing_chosen() -> Iterator[None]:
    load._chosen.clear()
    yield
    load._chosen.clear()


def artifact(folder: Path, other: NDArray[np.float32]) -> Path:
    """An artifact with two engines on ONNX Runtime."""
    return write_artifact(folder, {"onnxruntime-own": table(), OTHER: other})


def test_one_that_is_faster_and_agrees_is_taken(tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock.pace = {"onnxruntime-own": 0.010, OTHER: 0.006}
    engine = choose(OnnxEngine(artifact(tmp_path / "1", table())))
    assert engine.name == engine.runner.name == OTHER
    assert "engine onnxruntime-other: 40% faster than onnxruntime-own and of one mind with it" in caplog.text
    assert "onnxruntime-own 10.0 ms, onnxruntime-other 6.0 ms a message on one thread; processor: " in caplog.text


def test_a_little_faster_is_not_enough(tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock.pace = {"onnxruntime-own": 0.0100, OTHER: 0.0092}
    own = OnnxEngine(artifact(tmp_path / "1", table()))
    assert choose(own) is own
    assert "engine onnxruntime-own: the model's own, and no other is 10% faster" in caplog.text


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (table(seed=1), r"it labels [1-4] of 4 test texts otherwise than onnxruntime-own"),
        (table(spread=1.05), r"its scores are 0\.\d+ standard deviations off those of onnxruntime-own \(0.02 may be\)"),
        (table(spread=float("nan")), "it raised ValidationError"),
        (table()[:5], "it raised InvalidArgument"),
    ],
)
def test_one_that_disagrees_or_fails_is_refused_however_fast(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, other: NDArray[np.float32], problem: str
) -> None:
    caplog.set_level(logging.INFO)
    clock.pace = {"onnxruntime-own": 1.0, OTHER: 0.001}
    own = OnnxEngine(artifact(tmp_path / "1", other))
    assert choose(own) is own
    (line,) = [record.getMessage() for record in caplog.records]
    assert "engine onnxruntime-own: the model's own, and no other will do" in line
    told = line.partition("; not onnxruntime-other: ")[2]
    assert re.match(problem, told), line


def test_rounding_alone_is_no_disagreement(tmp_path: Path, clock: Clock) -> None:
    clock.pace = {"onnxruntime-own": 0.010, OTHER: 0.005}
    assert choose(OnnxEngine(artifact(tmp_path / "1", table(spread=1.001)))).name == OTHER


def test_a_slow_processor_makes_the_test_no_longer(tmp_path: Path, clock: Clock) -> None:
    clock.pace = {"onnxruntime-own": HOUR, OTHER: HOUR}
    choose(OnnxEngine(artifact(tmp_path / "1", table())))
    texts = 4
    compared, warmed = 1, 1
    assert clock.calls.count(OTHER) <= (compared + warmed + selftest.LEAST) * texts * 3  # up to three windows a text


def test_where_there_is_no_choice_it_is_measured_all_the_same(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock.pace = {"onnxruntime-int8": 0.005}
    own = OnnxEngine(write_artifact(tmp_path / "1", {"onnxruntime-int8": table()}))
    assert choose(own) is own
    assert "engine onnxruntime-int8: the only one that the model has weights for; onnxruntime-int8 " in caplog.text


def test_openvino_is_passed_over_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    own = OnnxEngine(write_artifact(tmp_path / "1", {FULL: table()}))
    monkeypatch.setattr(selftest, "installed", lambda name: name == FULL)
    choose(own)
    assert "not openvino-bf16: it is not installed" in caplog.text
    monkeypatch.setattr(selftest, "installed", lambda name: True)
    monkeypatch.setattr(selftest, "cpu_class", lambda: frozenset({"vnni"}))
    choose(own)
    assert "processor: vnni; not openvino-bf16: the processor has no bfloat16" in caplog.text
    assert "not openvino-f32: it is no faster than ONNX Runtime" in caplog.text


def test_the_log_holds_no_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    choose(OnnxEngine(artifact(tmp_path / "1", table(seed=1))))
    words = [word for word in WORDS if len(word) > 6 and word.isalpha()]
    assert [word for word in words if word in caplog.text.lower()] == []


def test_texts_are_short_and_long_and_in_every_language(tmp_path: Path) -> None:
    texts = trial_texts(OnnxEngine(artifact(tmp_path / "1", table())))
    assert [len(text.text.split()) for text in texts] == list(selftest.WORDS)
    assert all("Laskutus" in text.text or "Facturación" in text.text or "Billing" in text.text for text in texts[2:])


def test_the_fastest_of_several_is_picked() -> None:
    own = Trial("own", rounds=[1.0, 1.0, 9.0])
    quick, quicker = Trial("quick", rounds=[0.8, 0.8, 0.8]), Trial("quicker", rounds=[0.5, 9.0, 4.0])
    wrong = Trial("wrong", problem="it labels 1 of 4 test texts otherwise than own", rounds=[0.1] * 3)
    assert pick(own, [quick, quicker, wrong]) is quicker
    assert pick(own, [wrong]) is own
    assert tell(quicker, own, [quick, quicker, wrong], 4).startswith("engine quicker: 50% faster than own")


def test_the_choice_of_a_process_is_kept(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.pace = {"onnxruntime-own": 0.010, OTHER: 0.006}
    assert load_engine(artifact(tmp_path / "1", table()), engine=AUTO).name == OTHER
    monkeypatch.setattr(load, "choose", lambda own: pytest.fail("a second self-test"))
    assert load_engine(artifact(tmp_path / "2", table()), engine=AUTO).name == OTHER
    caplog.clear()
    assert load_engine(artifact(tmp_path / "3", table(seed=1)), engine=AUTO).name == "onnxruntime-own"
    assert "engine onnxruntime-own: onnxruntime-other was chosen before, but for this model it labels" in caplog.text


def test_without_being_asked_no_engine_is_tried(tmp_path: Path, clock: Clock) -> None:
    folder = artifact(tmp_path / "1", table())
    assert load_engine(folder).name == "onnxruntime-own"
    assert load_engine(folder, engine=OTHER).name == OTHER
    assert clock.calls == []
