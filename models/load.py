"""Find a classifier on disk and make an engine of it."""

from __future__ import annotations

from pathlib import Path

from models.artifact import MissingArtifact
from models.onnx_engine import OnnxEngine

SHIPPED = Path(__file__).parent / "shipped"
"""The classifier that comes with this software."""
POINTER = "current"


def current_version(home: Path = SHIPPED) -> Path:
    """The folder of the version that the pointer file in `home` names; a folder that is an artifact names itself.

    Raises `MissingArtifact`.
    """
    if (home / "manifest.json").is_file():
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
    if not (home / version / "manifest.json").is_file():
        raise MissingArtifact(f"there is no complete artifact {version!r} in {home}")
    part = home / f".{POINTER}.part"
    part.write_text(version + "\n", encoding="utf-8")
    part.replace(home / POINTER)


def load_engine(path: Path | None = None) -> OnnxEngine:
    """Load the classifier in `path` (an artifact, or a home of versions), by default the shipped one.

    Raises `models.artifact.ArtifactError` with the reason if it cannot be trusted.
    """
    return OnnxEngine(current_version(path or SHIPPED))
