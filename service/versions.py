"""The versions in a home folder: what each is, and whether it can be served."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from data.taxonomy import Taxonomy
from models.artifact import ArtifactError, open_artifact, read_manifest
from models.registry import check_name, previous_version, versions
from service.loading import difference


class Version(BaseModel):
    """One version on disk. What a broken one does not tell is null."""

    version: str
    model_version: str | None = Field(default=None, description="How its answers name it.")
    taxonomy_version: str | None = None
    languages: list[str] = []
    created: str | None = None
    current: bool = Field(default=False, description="Whether it answers now.")
    previous: bool = Field(default=False, description="Whether a rollback leads to it.")
    servable: bool = True
    reason: str | None = Field(default=None, description="Why it cannot be served.")


class Refused(BaseModel):
    """What the pointer file asks for, and why it is not done."""

    version: str | None = Field(description="The version that it names; null where it names none.")
    reason: str


class Current(BaseModel):
    """The version that answers."""

    version: str
    model_version: str = Field(description="How its answers name it.")
    taxonomy_version: str


class Versions(BaseModel):
    """The versions on disk, and which of them answers."""

    current: Current
    refused: Refused | None = Field(description="Set where the pointer file names another version, which cannot be.")
    versions: list[Version]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a version while its files stay as they are: name, bytes and time of change of each."""

    files: tuple[tuple[str, int, int], ...]
    version: Version
    taxonomy: Taxonomy | None


class Catalogue:
    """What was found out about each version. Files are read again when one of them changed, and not before."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def look(self, current: str | None, served: Taxonomy | None) -> list[Version]:
        """List all versions; `current` answers now, by the taxonomy `served`. Reads files; raises nothing."""
        with self._lock:
            self._known = {folder.name: self._look(folder) for folder in versions(self.home)}
            previous = previous_version(self.home)
            back = previous.name if previous else None
            return [
                _beside(known, served).model_copy(update={"current": name == current, "previous": name == back})
                for name, known in self._known.items()
            ]

    def refuse(self, folder: Path, reason: str) -> None:
        """Remember why a version could not be served, until one of its files changes."""
        with self._lock:
            known = self._look(folder)
            if known.version.servable:  # else its files say more exactly why
                known = _Known(known.files, _unservable(known.version, reason), known.taxonomy)
            self._known[folder.name] = known

    def forget(self, folder: Path) -> None:
        """Forget what was known of a version; its files are read again."""
        with self._lock:
            self._known.pop(folder.name, None)

    def told(self, error: Exception) -> str:
        """Say a reason without where on this machine the home is."""
        return str(error).replace(f"{self.home}{os.sep}", "").replace(str(self.home), "the folder of versions")

    def _look(self, folder: Path) -> _Known:
        files = _files(folder)
        known = self._known.get(folder.name)
        if known and files and known.files == files:
            return known
        version = Version(version=folder.name)
        try:
            if folder != self.home:
                check_name(folder)
            manifest = read_manifest(folder)
            version = version.model_copy(
                update={
                    "model_version": manifest.model_version,
                    "taxonomy_version": manifest.taxonomy_version,
                    "languages": manifest.languages,
                    "created": manifest.created,
                }
            )
            return _Known(files, version, open_artifact(folder)[1])
        except (ArtifactError, OSError) as error:
            return _Known(files, _unservable(version, self.told(error)), None)
        except Exception as error:  # whatever a library makes of a file that is not what it should be
            return _Known(files, _unservable(version, f"it cannot be read: {type(error).__name__}"), None)


def _beside(known: _Known, served: Taxonomy | None) -> Version:
    """Say also of a whole version when its taxonomy is not the one that is served."""
    if served and known.taxonomy and known.version.servable and (problem := difference(known.taxonomy, served)):
        return _unservable(known.version, problem)
    return known.version


def _unservable(version: Version, reason: str) -> Version:
    return version.model_copy(update={"servable": False, "reason": reason})


def _files(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, bytes and time of change of every file; empty where they cannot be listed, or there are none."""
    try:
        found = [(each.name, each.stat()) for each in os.scandir(folder)]
    except OSError:
        return ()
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))
