"""Versions of a classifier on disk: folders beside each other, and a pointer file that names the current one.

A second file, `previous`, names the version that was current before, so that one step leads back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.whole import write_whole
from models.artifact import MANIFEST, ForeignArtifact, MissingArtifact, read_manifest

SHIPPED = Path(__file__).parent / "shipped"
"""Home of the classifier that comes with this software."""
POINTER, PREVIOUS = "current", "previous"
ACCEPTS = "accepts another taxonomy"
"""Second line of a pointer whose writer means it although the taxonomy changes."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What the pointer file says: a version, and whether it is meant even where the taxonomy changes.

    `written` is when, in nanoseconds, so that writing the same again is noticed.
    """

    version: str
    accepts_taxonomy: bool
    written: int


def read_pointer(home: Path) -> Pointer:
    """Read which version is current; raises `MissingArtifact`."""
    path = home / POINTER
    try:
        written = path.stat().st_mtime_ns
        name, *rest = path.read_text(encoding="utf-8").splitlines() or [""]
    except (OSError, UnicodeDecodeError) as error:
        raise MissingArtifact(f"{home} holds neither an artifact nor a pointer file {POINTER!r} to one") from error
    if not _is_plain(name.strip()):
        raise MissingArtifact(f"{path} should hold the name of a folder beside it, not {name.strip()[:80]!r}")
    return Pointer(name.strip(), ACCEPTS in rest, written)


def is_artifact(folder: Path) -> bool:
    """Say whether a folder is an artifact itself, and no home of versions."""
    return (folder / MANIFEST).is_file()


def current_version(home: Path = SHIPPED) -> Path:
    """Find the version that the pointer file in `home` names; a folder that is an artifact names itself.

    Raises `MissingArtifact`.
    """
    return home if is_artifact(home) else home / read_pointer(home).version


def versions(home: Path) -> list[Path]:
    """List the versions in `home`, whole or broken, by name; empty where nothing can be listed."""
    if is_artifact(home):
        return [home]
    try:
        return sorted(each for each in home.iterdir() if each.is_dir() and _is_plain(each.name))
    except OSError:
        return []


def find_version(home: Path, version: str) -> Path:
    """Find the folder of a version by its name; raises `MissingArtifact`."""
    for folder in versions(home):
        if folder.name == version:
            return folder
    raise MissingArtifact(f"there is no version {version!r} in {home}")


def check_name(folder: Path) -> None:
    """See that a folder bears the name of the version in it, so that no two give the same name to their answers.

    Raises an `ArtifactError`.
    """
    if (version := read_manifest(folder).version) != folder.name:
        raise ForeignArtifact(f"{folder} holds version {version}; name the folder after it")


def activate(home: Path, version: str, *, replaces: str | None = None, accepts_taxonomy: bool = False) -> None:
    """Make `version` the current one: all at once, and for good when this returns.

    `replaces` is the version to go back to, by default the one that is current now. Raises `MissingArtifact` if
    `version` is not there, and `OSError` where the files cannot be written.
    """
    if is_artifact(home) or not is_artifact(find_version(home, version)):
        raise MissingArtifact(f"there is no complete artifact {version!r} in {home}")
    replaces = replaces or _named(home / POINTER)
    if replaces not in (None, version):
        write_whole(home / PREVIOUS, f"{replaces}\n")  # first: cut between the two, nothing is lost but the way back
    write_whole(home / POINTER, f"{version}\n{ACCEPTS}\n" if accepts_taxonomy else f"{version}\n")


def previous_version(home: Path) -> Path | None:
    """Find the version that was current before; None where there was none."""
    name = _named(home / PREVIOUS)
    return home / name if name and name != _named(home / POINTER) else None


def _named(path: Path) -> str | None:
    """Read the version that a file names; None where it names none."""
    try:
        name = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if _is_plain(name) else None


def _is_plain(name: str) -> bool:
    """Say whether it names something in this folder, and nothing hidden."""
    return bool(name) and Path(name).name == name and not name.startswith(".")
