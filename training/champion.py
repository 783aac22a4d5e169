"""The version that answers now: what a challenger starts from, and has to hold its own against."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from data.taxonomy import Taxonomy, read_taxonomy
from models.artifact import TAXONOMY, Manifest, file_hash, read_manifest
from models.registry import current_version, is_artifact
from training.fit import WEIGHTS

NETWORK = "network_sha256"
"""In a manifest's lineage: the hash of the network that the version was exported from."""
CHECKPOINT = "checkpoint"
"""Folder beside the home of the versions that may hold the champion's network."""


@dataclass(frozen=True)
class Champion:
    """The current version, and the folder of its network where that is still there."""

    folder: Path
    manifest: Manifest
    taxonomy: Taxonomy
    checkpoint: Path | None

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def recipe(self) -> dict[str, Any]:
        """Its recipe, as its manifest tells; empty where it does not."""
        found = self.manifest.lineage.get("recipe")
        return found if isinstance(found, dict) else {}

    @property
    def network(self) -> str | None:
        """The hash of its network; None where its manifest does not tell."""
        found = self.manifest.lineage.get(NETWORK)
        return found if isinstance(found, str) else None

    @property
    def until(self) -> datetime | None:
        """The newest correction that it knows."""
        told = self._corrections.get("until")
        return datetime.fromisoformat(told) if isinstance(told, str) else None

    @property
    def learnt(self) -> int:
        """How many corrected tickets it learnt from."""
        told = self._corrections.get("learnt")
        return told if isinstance(told, int) else 0

    @property
    def _corrections(self) -> dict[str, Any]:
        found = self.manifest.lineage.get("corrections")
        return found if isinstance(found, dict) else {}


def keep_network(build: Path, home: Path) -> None:
    """Lay the network in `build` beside the versions in `home`, for warm starts on machines that never made it."""
    (home.parent / CHECKPOINT).mkdir(exist_ok=True)
    part = home.parent / CHECKPOINT / f".{WEIGHTS}.part"
    shutil.copyfile(build / WEIGHTS, part)
    part.replace(home.parent / CHECKPOINT / WEIGHTS)


def find_champion(home: Path, builds: Sequence[Path]) -> Champion:
    """Find the current version in `home`, and its network among `builds` by the network's hash.

    Raises an `ArtifactError`, or `ValueError` where `home` is one classifier and no home of versions.
    """
    if is_artifact(home):
        raise ValueError(f"{home} is one classifier by itself: give the folder of versions that it stands in")
    folder = current_version(home)
    champion = Champion(folder, read_manifest(folder), read_taxonomy(folder / TAXONOMY), None)
    there = [each for each in (home.parent / CHECKPOINT, *builds) if (each / WEIGHTS).is_file()]
    found = next((each for each in there if champion.network and file_hash(each / WEIGHTS) == champion.network), None)
    return replace(champion, checkpoint=found)
