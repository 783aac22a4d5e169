"""Which version of the model is served, and the one way in which that changes.

A version is loaded and examined beside the one that answers. Only when it has passed is the pointer file written and
the engine replaced, in one assignment: requests under way keep the engine that they began with. Whatever goes wrong
before leaves all as it was. A pointer that someone else changes (a command, a training, another service on the same
folder) is followed in the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from models import registry
from models.answer import Answer
from models.artifact import ArtifactError
from models.engine import Engine
from models.registry import SHIPPED, Pointer, find_version, is_artifact, read_pointer
from service.aside import aside, give_back_memory
from service.classify import Classifier
from service.errors import ActivationUnderWay, NotFound, ShuttingDown, VersionRefused
from service.loading import Load, ModelError, OtherTaxonomy, examine
from service.readiness import Phase, Readiness
from service.versions import Catalogue, Current, Refused, Versions
from service.wire import Message

log = logging.getLogger(__name__)

Way = Literal["call", "pointer"]
"""How a version was to become the one that answers: by a call, or by the pointer file."""

LONGEST: Final = 300.0
"""Seconds that loading and examining a version may take."""

SETTLED: Final = 5.0
"""Seconds after a change until hardly any request holds the old engine."""


class Activation:
    """Changes the engine of a classifier, one change at a time."""

    def __init__(
        self,
        classifier: Classifier,
        readiness: Readiness,
        *,
        load: Load,
        folder: Path,
        refused: Callable[[Way], None] = lambda _: None,
    ) -> None:
        """`folder` is where the engine of the classifier was loaded from: a version, or an artifact by itself.

        `refused` is called for each version, or pointer, that is not taken.
        """
        self.classifier = classifier
        self.readiness = readiness
        self.load = load
        self.settings = classifier.settings
        self.home = (self.settings.model or SHIPPED).absolute()
        self.serving = folder.name
        self.refused: Refused | None = None
        self._told_refused = refused
        self._catalogue = Catalogue(self.home)
        self._looking = asyncio.Lock()
        self._lock = asyncio.Lock()
        self._activations = 0

    @property
    def current(self) -> Current:
        """The version that answers now."""
        engine = self.classifier.engine
        return Current(
            version=self.serving, model_version=engine.model_version, taxonomy_version=engine.taxonomy.version
        )

    async def look(self) -> Versions:
        """List the versions. Those whose files have changed are verified anew, which takes a moment."""
        async with self._looking:  # however many ask, it takes one thread
            current, taxonomy = self.current, self.classifier.engine.taxonomy
            listed = await asyncio.to_thread(self._catalogue.look, current.version, taxonomy)
        return Versions(current=current, refused=self.refused, versions=listed)

    async def activate(self, version: str, *, accepts_taxonomy: bool) -> Current:
        """Serve `version` from now on and after the next start. Where it is served already, nothing changes.

        Raises `NotFound` where there is none, `VersionRefused` where it cannot be served, `ActivationUnderWay`.
        """
        if self.readiness.stopping:
            raise ShuttingDown("The service is stopping: ask again, another one may answer.")
        if self._lock.locked():
            raise ActivationUnderWay("Another version is being loaded: ask again in a few seconds.")
        async with self._lock:
            try:
                folder = await asyncio.to_thread(find_version, self.home, version)
            except ArtifactError:
                raise NotFound("There is no such version: GET /v1/models lists those that there are.") from None
            try:
                engine = await self._examined(folder, accepts_taxonomy)
                if not is_artifact(self.home):
                    await asyncio.to_thread(
                        registry.activate, self.home, version, replaces=self.serving, accepts_taxonomy=accepts_taxonomy
                    )
            except (ModelError, ArtifactError, OSError) as error:
                reason = self._catalogue.told(error)
                log.error("%s goes on, %s is refused: %s", self.serving, version, reason)
                self._told_refused("call")
                raise VersionRefused(f"{reason}. Version {self.serving} goes on.") from None
            self._replace(folder, engine)
            return self.current

    async def run(self) -> None:
        """Try the model that is there out, then follow the pointer file until cancelled."""
        async with self._lock:
            await self._try_out()
        if self.settings.pointer_poll and not is_artifact(self.home):
            await self._follow()

    async def _try_out(self) -> None:
        async def classify(text: str, language: str) -> Answer:
            outcome = await self.classifier.classify([Message(text=text, language=language)], prompt=True)
            return outcome.answers[0]

        await self.readiness.try_out(self.classifier.engine.canaries, classify)

    async def _follow(self) -> None:
        seen: Pointer | str | None = None
        while True:
            await asyncio.sleep(self.settings.pointer_poll)
            before = self._activations
            found = await asyncio.to_thread(self._read_pointer)
            if found == seen:
                continue
            async with self._lock:
                if self._activations == before:  # else what was read may be old: look again
                    seen = found
                    await self._go_to(found)

    def _read_pointer(self) -> Pointer | str:
        """Read the pointer file, or say why it cannot be read."""
        try:
            return read_pointer(self.home)
        except ArtifactError as error:
            return self._catalogue.told(error)

    async def _go_to(self, pointer: Pointer | str) -> None:
        """Serve what the pointer names; where that cannot be, say why and go on."""
        if isinstance(pointer, str):
            self._refuse(None, pointer)
            return
        if self._answers(pointer.version):
            self.refused = None
            return
        try:
            folder = await asyncio.to_thread(find_version, self.home, pointer.version)
            engine = await self._examined(folder, pointer.accepts_taxonomy)
        except Exception as error:  # the next change of the pointer must be seen all the same
            self._refuse(pointer.version, self._catalogue.told(error))
        else:
            self._replace(folder, engine)

    def _refuse(self, version: str | None, reason: str) -> None:
        log.error("%s goes on, the pointer to %s is not followed: %s", self.serving, version or "nothing", reason)
        self.refused = Refused(version=version, reason=reason)
        self._told_refused("pointer")

    async def _examined(self, folder: Path, accepts_taxonomy: bool) -> Engine | None:
        """Load and examine a version; None where it is the one that answers. Raises `ModelError`."""
        if self._answers(folder.name):
            return None
        beside = None if accepts_taxonomy else self.classifier.engine.taxonomy
        try:
            engine = await aside(lambda: examine(folder, self.load, self.settings, beside), LONGEST)
        except TimeoutError:
            raise ModelError(f"{folder} was not loaded in {LONGEST:.0f} seconds") from None
        except OtherTaxonomy:
            raise
        except ModelError as error:
            await asyncio.to_thread(self._catalogue.refuse, folder, self._catalogue.told(error))
            raise
        await asyncio.to_thread(self._catalogue.forget, folder)
        return engine

    def _answers(self, version: str) -> bool:
        """Say whether a version is the one that answers, and fit to."""
        return version == self.serving and self.readiness.phase is not Phase.failed

    def _replace(self, folder: Path, engine: Engine | None) -> None:
        """Let `engine`, loaded from `folder`, answer from now on; None leaves the one that does."""
        self.refused = None
        self._activations += 1
        if engine is None:
            return
        log.info("%s answers from now on, before it %s", folder.name, self.serving)
        self.classifier.engine, self.serving = engine, folder.name
        self.readiness.passed()
        loop = asyncio.get_running_loop()
        loop.call_later(SETTLED, loop.run_in_executor, None, give_back_memory)
