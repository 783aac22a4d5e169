"""The sets of words that the rules for names look at, from `words.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml


@cache
def _given() -> dict[str, str]:
    text = files("data.redaction.names").joinpath("words.yaml").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in yaml.safe_load(text).items()}


def word_set(name: str) -> frozenset[str]:
    """Give one set by its name in the file. Raises `KeyError` for one that is not there."""
    return frozenset(entry for part in _given()[name].split("|") if (entry := part.strip()))
