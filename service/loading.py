"""Load a classifier, and see that it may be served, before it is sent any message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data.taxonomy import Taxonomy
from models.artifact import ArtifactError
from models.engine import Engine
from models.registry import SHIPPED, check_name, current_version
from service.settings import Settings

Load = Callable[[Path, Settings], Engine]
"""Verifies and loads the artifact in a folder; raises `ModelError`."""


class ModelError(RuntimeError):
    """The model cannot be used; the message says why."""


class OtherTaxonomy(ModelError):
    """The model is sound, but its labels are not those that clients know."""


def current(model: Path | None) -> Path:
    """Find the folder of the version that the setting `model` means; raises `ModelError`."""
    try:
        return current_version((model or SHIPPED).absolute())
    except (ArtifactError, OSError) as error:
        raise ModelError(str(error)) from error


def load(folder: Path, settings: Settings) -> Engine:
    """Load the engine that ships; raises `ModelError`. Imported here, because a service under test brings its own."""
    from models.load import load_engine

    try:
        return load_engine(folder, settings.error_rate, settings.engine)
    except ArtifactError as error:
        problem = str(error)
    except Exception as error:  # whatever the libraries that read the files can raise
        problem = f"{folder} cannot be loaded: {type(error).__name__}: {error}"
    raise ModelError(problem)  # out here it holds no half-loaded engine in memory


def examine(folder: Path, load: Load, settings: Settings, beside: Taxonomy | None = None) -> Engine:
    """Load a version, and see that its answers are such as clients expect.

    `beside` is the taxonomy that it must share; None takes any. Raises `ModelError` with the reason.
    """
    try:
        check_name(folder)
    except (ArtifactError, OSError) as error:
        raise ModelError(str(error)) from error
    engine = load(folder, settings)
    if beside and (problem := difference(engine.taxonomy, beside)):
        raise OtherTaxonomy(problem)
    for language, canaries in engine.canaries.items():
        for canary in canaries:
            try:
                prepared = engine.encode_pre(canary.text, language)
                problem = canary.problem(engine.encode_post(prepared, engine.encode_core([prepared])[0]))
            except Exception as error:  # its message may quote the text
                problem = f"raised {type(error).__name__}"
            if problem:
                raise ModelError(f"the test message in {language} {problem}")
    return engine


def difference(taxonomy: Taxonomy, served: Taxonomy) -> str | None:
    """Say how a taxonomy differs from the one that is served, or None."""
    if taxonomy.version != served.version:
        return f"it is for taxonomy {taxonomy.version}, {served.version} is served; to activate it, accept that"
    if [(group.id, group.ids) for group in taxonomy.groups] != [(group.id, group.ids) for group in served.groups]:
        return f"its taxonomy {taxonomy.version} has other labels than the one served; to activate it, accept that"
    return None
