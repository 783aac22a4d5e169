"""The race: Reclamo and other servers answer the same messages with the same classifier on the same cores."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "race"
