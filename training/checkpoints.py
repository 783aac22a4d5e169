"""Checkpoints of a fit that was cut: whether they are of this very fit, and which of them is whole."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from data.whole import write_whole

_log = logging.getLogger("training")
BEGAN = "began_with.sha256"
"""Beside the checkpoints: the hash of all that their fit began with."""
_STATE = "trainer_state.json"
_PARTS = ("model.safetensors", "optimizer.pt", "scheduler.pt", _STATE)


def hash_parts(parts: Iterable[str | bytes]) -> str:
    """Hash what a fit begins with, part by part."""
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return found.hexdigest()


def take_up(folder: Path, began: str, *, fresh: bool) -> Path | None:
    """Find the last whole checkpoint in `folder` of a fit that began with the hash `began`; None where there is none.

    Throws away what a kill left half written, and everything where the fit is another one or `fresh`.
    """
    try:
        known = (folder / BEGAN).read_text(encoding="utf-8") == began
    except (OSError, UnicodeDecodeError):
        known = False
    if fresh or not known:
        if not fresh and any(folder.glob("checkpoint-*")):
            _log.info("the interrupted fit had other messages, labels, recipe or start: it begins anew")
        discard(folder)
        write_whole(folder / BEGAN, began)
        return None
    whole = []
    for each in folder.glob("checkpoint-*"):
        if _is_whole(each):
            whole.append(each)
        else:
            _log.info("%s is half written: it is thrown away", each.name)
            shutil.rmtree(each)
    return max(whole, key=lambda each: int(each.name.rpartition("-")[2]), default=None)


def discard(folder: Path) -> None:
    """Throw all checkpoints away; what a kill leaves of them is not taken up again."""
    (folder / BEGAN).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _is_whole(checkpoint: Path) -> bool:
    """Say whether all parts are there, and the state, which is written last, is whole."""
    try:
        json.loads((checkpoint / _STATE).read_bytes())
    except (OSError, ValueError):
        return False
    return all((checkpoint / part).is_file() for part in _PARTS)
