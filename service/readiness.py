"""Whether the service may be sent work: not before each language was tried, and not once it is told to stop."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum

from models.answer import Answer
from models.canary import Canary
from service.errors import NotReady, ShuttingDown

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """The life of the service. `failed` lasts until another version is activated, or the service started anew."""

    starting = "starting"
    ready = "ready"
    failed = "failed"
    stopping = "stopping"


class Readiness:
    """The phase, and its changes."""

    def __init__(self) -> None:
        self.phase = Phase.starting

    @property
    def stopping(self) -> bool:
        return self.phase is Phase.stopping

    def stop(self) -> None:
        """Say from now on that the service is stopping. Safe in a signal handler."""
        self.phase = Phase.stopping

    def check_ready(self) -> None:
        """Raise `NotReady` or `ShuttingDown` unless a probe may be told yes."""
        if self.phase is Phase.stopping:
            raise ShuttingDown("The service is stopping: ask again, another one may answer.")
        if self.phase is Phase.failed:
            raise NotReady("The model failed on a test message; the log tells more.", retry_after=60)
        if self.phase is Phase.starting:
            raise NotReady("The model is being tried on test messages: ask again in a moment.")

    def check_open(self) -> None:
        """Raise `NotReady` unless work is taken. While stopping it still is: the port closes by itself."""
        if self.phase is not Phase.stopping:
            self.check_ready()

    def passed(self) -> None:
        """Say that the model which is served now has answered its test messages."""
        if not self.stopping:
            self.phase = Phase.ready

    async def try_out(
        self, canaries: Mapping[str, Sequence[Canary]], classify: Callable[[str, str], Awaitable[Answer]]
    ) -> None:
        """Classify the test messages of each language; become ready when all got the labels that they must get."""
        for language, canary in ((language, each) for language, listed in canaries.items() for each in listed):
            try:
                problem = canary.problem(await classify(canary.text, language))
            except Exception as error:  # whatever a model can raise makes the service unfit, not dead
                problem = f"raised {type(error).__name__}"
            if problem:
                log.error("not ready: the test message in %s %s", language, problem)
                if not self.stopping:
                    self.phase = Phase.failed
                return
        self.passed()
        if not self.stopping:
            log.info("ready: test messages in %s were answered", ", ".join(canaries))
