"""Compute one text in the service's spare time: on its own threads, and only while nothing else is computed."""

from __future__ import annotations

import asyncio
from typing import Final

from models.answer import Answer
from models.engine import Engine
from service.classify import Classifier
from service.deadline import Deadline

IDLE_LOOK: Final = 0.05
"""Seconds between looks at whether something else is computed."""

ALLOWED: Final = 120.0
"""Seconds for one text: due after every request, all of which are due far sooner."""


async def answer_idly(classifier: Classifier, engine: Engine, text: str, language: str | None) -> Answer:
    """Wait until nothing is computed, then let `engine`, which need not be the one that answers, read a text.

    Raises `Problem` where there is no room, no time or an end, and what the engine raises, which may quote the text.
    """
    while classifier.scheduler.cost:
        await asyncio.sleep(IDLE_LOOK)
    prepared = await asyncio.to_thread(engine.encode_pre, text, language)
    computed = await classifier.scheduler.compute(
        engine, [prepared], deadline=Deadline.after(ALLOWED), prompt=False, allowed=2 * ALLOWED
    )
    return computed.answers[0]
