"""A classifier on disk: a folder whose manifest, written last, vouches for every file in it by its hash."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from data.taxonomy import Taxonomy, TaxonomyError, read_taxonomy
from data.whole import write_whole
from models.calibration import Calibration
from models.canary import Canary

MANIFEST, TAXONOMY, CALIBRATION, TOKENIZER = "manifest.json", "taxonomy.yaml", "calibration.json", "tokenizer.json"
WIDE = "wide.safetensors"
"""The wide branch; an artifact whose calibration blends none of it in may lack it."""
CONFUSION = "confusion.json"
"""How it errs (`models.confusion`); artifacts that were never asked gold lack it."""
FORMAT = 1


class ArtifactError(RuntimeError):
    """An artifact cannot be used; the message says which file, why, and what to do.

    ArtifactError
    ├── MissingArtifact     no such folder or file
    ├── CorruptArtifact     a file is not what the manifest vouches for
    ├── ForeignArtifact     made for another format of this software
    └── MissingEngine       no weights for the engine that was asked for, or its library is not installed
    """


class MissingArtifact(ArtifactError):
    """The folder, or a file that its manifest names, is not there."""


class CorruptArtifact(ArtifactError):
    """A file is cut, changed or unreadable."""


class ForeignArtifact(ArtifactError):
    """The artifact belongs to another version of this software, or contradicts its own taxonomy."""


class MissingEngine(ArtifactError):
    """The artifact cannot be computed by the run-time engine that was asked for."""


class Manifest(BaseModel):
    """What the artifact is and where it comes from. `files` maps every other file to its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    name: str
    version: str
    created: str
    taxonomy_version: str
    languages: list[str]
    window: int
    """Pieces that the engine reads at once, the two special ones included."""
    weights: dict[str, str]
    """Weights file by engine, such as {"onnxruntime-int8": "model.int8.onnx"}."""
    files: dict[str, str]
    lineage: dict[str, Any]
    metrics: dict[str, Any]
    libraries: dict[str, str]
    canaries: dict[str, list[Canary]] = {}
    """Test messages by language, with labels that it must give them; of a language without any, anything will do."""

    @property
    def model_version(self) -> str:
        """How its answers name it."""
        return f"{self.name}-{self.version}"


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(folder: Path, facts: dict[str, Any]) -> Manifest:
    """Hash every file in the folder and write the manifest, last and all at once."""
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name != MANIFEST)
    manifest = Manifest(format=FORMAT, files={name: file_hash(folder / name) for name in names}, **facts)
    write_whole(folder / MANIFEST, json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=2))
    return manifest


def open_artifact(folder: Path) -> tuple[Manifest, Taxonomy, Calibration]:
    """Verify every hash, then read manifest, taxonomy and calibration; raises an `ArtifactError`."""
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise MissingArtifact(f"{folder} lacks {name}, which its manifest names; fetch or export it anew")
        if (found := file_hash(path)) != expected:
            told = f"{path} has SHA-256 {found[:12]}…, its manifest says {expected[:12]}…"
            raise CorruptArtifact(f"{told}: it was cut or changed; fetch or export it anew")
    for needed in (TAXONOMY, CALIBRATION, TOKENIZER, *manifest.weights.values()):
        if needed not in manifest.files:
            raise MissingArtifact(f"the manifest in {folder} does not vouch for {needed}; export it anew")
    try:
        taxonomy = read_taxonomy(folder / TAXONOMY)
        calibration = Calibration.model_validate_json((folder / CALIBRATION).read_bytes())
    except (TaxonomyError, ValidationError) as error:
        raise CorruptArtifact(f"{folder}: {error}") from error
    if taxonomy.version != manifest.taxonomy_version:
        told = f"taxonomy {taxonomy.version} but a manifest for {manifest.taxonomy_version}"
        raise ForeignArtifact(f"{folder} holds {told}; export it anew")
    if any(calibration.blend.values()) and WIDE not in manifest.files:
        raise MissingArtifact(f"the calibration in {folder} blends in {WIDE}, which is not there; export it anew")
    if problem := calibration.contradicts(taxonomy):
        raise ForeignArtifact(f"{folder}: {problem}; export it anew")
    return manifest, taxonomy, calibration


def read_manifest(folder: Path) -> Manifest:
    """Read what an artifact says of itself, before any of its files is verified; raises an `ArtifactError`."""
    path = folder / MANIFEST
    if not path.is_file():
        raise MissingArtifact(f"there is no classifier in {folder}: {MANIFEST} is missing (a cut export leaves none)")
    try:
        written = json.loads(path.read_bytes())
        if isinstance(written, dict) and written.get("format") != FORMAT:
            told = f"{path} has format {written.get('format')}, this software reads format {FORMAT}"
            raise ForeignArtifact(f"{told}; export the model with this version")
        return Manifest.model_validate(written)
    except (ValueError, RecursionError) as error:
        raise CorruptArtifact(f"{path} is not a readable manifest: {error}") from error
