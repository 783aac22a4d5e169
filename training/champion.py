"""The version that answers now: what a challenger starts from, and has to hold its own against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data.taxonomy import Taxonomy, read_taxonomy
from models.artifact import TAXONOMY, Manifest, read_manifest
from models.registry import current_version, is_artifact
from training.fit import WEIGHTS

LEARNT = "learnt_from.sha256"
"""Beside a network: the hash of what it learnt from, which also stands in the manifest of its version."""
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
    def until(self) -> datetime | None:
        """The newest correction that it knows."""
        corrections = self.manifest.lineage.get("corrections")
        told = corrections.get("until") if isinstance(corrections, dict) else None
        return datetime.fromisoformat(told) if isinstance(told, str) else None


def find_champion(home: Path, builds: Sequence[Path]) -> Champion:
    """Find the current version in `home`, and its network among `builds` by the hash of what both learnt from.

    Raises an `ArtifactError`, or `ValueError` where `home` is one classifier and no home of versions.
    """
    if is_artifact(home):
        raise ValueError(f"{home} is one classifier by itself: give the folder of versions that it stands in")
    folder = current_version(home)
    manifest = read_manifest(folder)
    learnt = manifest.lineage.get("learnt_from_sha256")
    beside = [home.parent / CHECKPOINT, *builds]
    checkpoint = next((each for each in beside if learnt and _learnt(each) == learnt), None)
    return Champion(folder, manifest, read_taxonomy(folder / TAXONOMY), checkpoint)


def _learnt(build: Path) -> str | None:
    if not (build / WEIGHTS).is_file():
        return None
    try:
        return (build / LEARNT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
