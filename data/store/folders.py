"""Folders of the store: this user's alone."""

from __future__ import annotations

from pathlib import Path


def make_folder(path: Path) -> None:
    """Make a folder that only this user can look into; one that is there stays as it is."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
