"""Versions of a classifier on disk: folders beside each other, and a pointer file that names the current one."""

from __future__ import annotations

from pathlib import Path

from models.artifact import MANIFEST, MissingArtifact

SHIPPED = Path(__file__).parent / "shipped"
"""Home of the classifier that comes with this software."""
POINTER = "current"


def current_version(home: Path = SHIPPED) -> Path:
    """Find the version that the pointer file in `home` names; a folder that is an artifact names itself.

    Raises `MissingArtifact`.
    """
    if (home / MANIFEST).is_file():
        return home
    pointer = home / POINTER
    if not pointer.is_file():
        raise MissingArtifact(f"{home} holds neither an artifact nor a pointer file {POINTER!r} to one")
    name = pointer.read_text(encoding="utf-8").strip()
    if not name or Path(name).name != name:
        raise MissingArtifact(f"{pointer} should hold the name of a folder beside it, not {name!r}")
    return home / name


def activate(home: Path, version: str) -> None:
    """Make `version` the current one, all at once; raises `MissingArtifact` if it is not there."""
    if not (home / version / MANIFEST).is_file():
        raise MissingArtifact(f"there is no complete artifact {version!r} in {home}")
    part = home / f".{POINTER}.part"
    part.write_text(version + "\n", encoding="utf-8")
    part.replace(home / POINTER)
