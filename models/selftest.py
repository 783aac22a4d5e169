"""Choose the run-time engine by a short self-test on this processor.

The artifact's own engine is the reference, since its calibration was fitted on it. Another one is taken only where it
is clearly faster and of one mind with it: the same labels for the test texts, and scores off by next to nothing.
"""

from __future__ import annotations

import itertools
import logging
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.answer import Answer
from models.cpu import BFLOAT16, cpu_class
from models.engine import Prepared
from models.onnx_engine import OnnxEngine
from models.runner import engines, installed

log = logging.getLogger(__name__)

WORDS: Final = (5, 20, 40, 80)
"""Lengths of the test texts, those of short and of long messages: some 12, 30, 60 and 120 pieces."""
ROUNDS: Final = 9
LEAST: Final = 2
"""Rounds in any case, where there is a choice; one where there is none."""
SECONDS: Final = 0.2
"""After as long no further round is begun."""
GAIN: Final = 0.9
"""Share of the own engine's time within which another must stay to be taken."""
TOLERANCE: Final = 0.02
"""Mean difference of the network's scores, as a share of their standard deviation: between bfloat16 and full precision
it is 0.003, between 8 bits and full precision 0.044 (docs/lab-log.md)."""
BY_NAME: Final = {"openvino-f32": "it is no faster than ONNX Runtime"}
"""Engines that are computed with only when they are asked for, and why."""


@dataclass(slots=True)
class Trial:
    """What was found out of an engine: the seconds of each round (one call a text), or what speaks against it."""

    name: str
    engine: OnnxEngine | None = None
    problem: str | None = None
    rounds: list[float] = field(default_factory=list)

    def share(self, other: Trial) -> float:
        """Its time over the other's. Round by round, so that a busy moment slows both."""
        return statistics.median(own / its for own, its in zip(self.rounds, other.rounds, strict=True))


def choose(own: OnnxEngine) -> OnnxEngine:
    """Try what else can compute the artifact of `own`, which runs on its own engine; log and return the best."""
    began = time.perf_counter()
    texts = trial_texts(own)
    reference = Trial(own.name, own)
    others = [_try_out(own, name, texts) for name in engines(own.manifest) if name != own.name]
    _time([reference, *others], texts)
    best = pick(reference, others)
    told = tell(best, reference, others, len(texts))
    log.info("%s (self-test %.2f s)", told, time.perf_counter() - began)
    return best.engine or own


def trial_texts(engine: OnnxEngine) -> list[Prepared]:
    """Make a text of each length ready, in one language after the other, of the taxonomy's examples or names."""
    labels = [label for group in engine.taxonomy.groups for label in group.labels]
    found = []
    for length, language in zip(WORDS, itertools.cycle(engine.languages), strict=False):
        said = [label.example.get(language) or label.name.get(language) or label.id for label in labels]
        words = itertools.islice(itertools.cycle(" ".join(said).split()), length)
        found.append(engine.encode_pre(" ".join(words), language))
    return [one for one in found if one.cost]


def difference(own: OnnxEngine, other: OnnxEngine, texts: Sequence[Prepared]) -> str | None:
    """Say how another engine's answers to the texts differ, or None."""
    if not texts:
        return "there is no text to compare it on"
    expected, found = own.encode_core(texts), other.encode_core(texts)
    pairs = list(zip(texts, expected, found, strict=True))
    changed = sum(_labels(own.encode_post(text, a)) != _labels(own.encode_post(text, b)) for text, a, b in pairs)
    if changed:
        return f"it labels {changed} of {len(texts)} test texts otherwise than {own.name}"
    scores, others = (np.stack([row.network for row in rows if row]) for rows in (expected, found))
    apart = float(np.abs(scores - others).mean() / scores.std())
    if apart > TOLERANCE:
        return f"its scores are {apart:.3f} standard deviations off those of {own.name} ({TOLERANCE} may be)"
    return None


def pick(own: Trial, others: Sequence[Trial]) -> Trial:
    """Pick the fastest of those clearly faster than the own engine, else that."""
    faster = [trial for trial in others if not trial.problem and trial.share(own) <= GAIN]
    return min(faster, key=lambda trial: trial.share(own), default=own)


def tell(best: Trial, own: Trial, others: Sequence[Trial], texts: int) -> str:
    """Say in a line which engine was picked and why, how long each takes, and what the processor is."""
    tried = [own, *(trial for trial in others if not trial.problem)]
    if best is not own:
        reason = f"{1 - best.share(own):.0%} faster than {own.name} and of one mind with it"
    elif len(tried) == 1:
        reason = "the model's own, and no other will do" if others else "the only one that the model has weights for"
    else:
        reason = f"the model's own, and no other is {1 - GAIN:.0%} faster"
    times = [f"{each.name} {1000 * statistics.median(each.rounds) / max(1, texts):.1f} ms" for each in tried]
    problems = [f"; not {trial.name}: {trial.problem}" for trial in others if trial.problem]
    processor = " ".join(sorted(cpu_class())) or "neither vnni, avx512_bf16 nor amx"
    told = f"{', '.join(times)} a message on one thread; processor: {processor}"
    return f"engine {best.name}: {reason}; {told}{''.join(problems)}"


def _try_out(own: OnnxEngine, name: str, texts: Sequence[Prepared]) -> Trial:
    """Open another engine and compare its answers, unless something speaks against it at sight."""
    if name in BY_NAME:
        return Trial(name, problem=BY_NAME[name])
    if not installed(name):
        return Trial(name, problem="it is not installed")
    if name == "openvino-bf16" and not cpu_class() & BFLOAT16:
        return Trial(name, problem="the processor has no bfloat16")
    try:
        other = own.on(name)
        return Trial(name, other, difference(own, other, texts))
    except Exception as error:  # whatever a library makes of a processor or a file that it does not know
        return Trial(name, problem=f"it raised {type(error).__name__}")


def _time(trials: Sequence[Trial], texts: Sequence[Prepared]) -> None:
    """Time the engines in turn, text by text, on one thread as they are served."""
    running = [(trial, trial.engine) for trial in trials if trial.engine and not trial.problem]
    for _, engine in running:
        engine.encode_core(texts)  # every length once beforehand
    began = time.perf_counter()
    for number in range(ROUNDS if len(running) > 1 else 1):
        if number >= LEAST and time.perf_counter() - began > SECONDS:
            break
        for trial, _ in running:
            trial.rounds.append(0.0)
        for text in texts:
            for trial, engine in running:
                started = time.perf_counter()
                engine.encode_core([text])
                trial.rounds[-1] += time.perf_counter() - started


def _labels(answer: Answer) -> list[object]:
    one = [choice and choice.label for choice in (answer.kind, answer.urgency, answer.emotion)]
    return [*one, *({each.label for each in many} for many in (answer.themes, answer.signals, answer.motives))]
