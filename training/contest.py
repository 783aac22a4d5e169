"""Champion and challenger answer the same messages, as the service would, and the gate compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tqdm import tqdm

from data.message import Message
from data.taxonomy_history import TaxonomyHistory
from models.answer import Answer
from models.onnx_engine import OnnxEngine
from training.canaries import failures
from training.gate import Verdict, judge
from training.gold import Gold
from training.measures import asked_of_both
from training.unlike import Unlike

GOLD, NEWEST = "gold", "newest"


def hold_against(
    champion: OnnxEngine,
    challenger: OnnxEngine,
    gold: Sequence[Message],
    newest: Sequence[Message],
    history: TaxonomyHistory,
    seed: int,
) -> tuple[Verdict, Gold]:
    """Ask both, and judge; returns the challenger's answers to gold beside the verdict.

    Neither model may have learnt from `gold` or `newest`. The language is not told. The champion's test messages must
    be answered rightly as well: a service would refuse the challenger otherwise, or lose a test. A champion of another
    taxonomy is judged in the words of today (`training.unlike`).
    """
    messages = [*gold, *newest]
    if not messages:
        raise ValueError("there is nothing to examine with: the corpus needs messages in the split 'gold'")
    sets = [GOLD] * len(gold) + [NEWEST] * len(newest)
    (theirs, _), (ours, certainty) = (
        _ask(engine, messages, name) for name, engine in (("champion", champion), ("challenger", challenger))
    )
    unlike = Unlike.between(champion.taxonomy, history)
    compared, theirs, lost = unlike.bring(messages, theirs)
    verdict = judge(asked_of_both(sets, compared, theirs, ours, history.current), seed=seed)
    failed = failures(challenger, unlike.canaries(champion.canaries))
    verdict = replace(verdict, failures=failed, unlike=unlike.told(lost))
    return verdict, Gold(gold, ours[: len(gold)], certainty[: len(gold)], history.current)


def _ask(engine: OnnxEngine, messages: Sequence[Message], name: str) -> tuple[list[Answer], list[float]]:
    answers, certainty = [], []
    for message in tqdm(messages, desc=name, unit="message", disable=None):
        prepared = engine.encode_pre(message.text, evidence=False)
        scores = engine.encode_core([prepared])[0]
        answers.append(engine.encode_post(prepared, scores))
        certainty.append(engine.theme_certainty(scores))
    return answers, certainty
