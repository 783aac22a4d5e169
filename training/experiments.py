"""Where a fit is logged besides the terminal: MLflow or TensorBoard, by one setting. Nothing is imported unasked."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, get_args

LogTo = Literal["tensorboard", "mlflow"]
LOGS: Final[tuple[LogTo, ...]] = get_args(LogTo)
FOLDER: Final[dict[str, tuple[str, str]]] = {
    "tensorboard": ("TENSORBOARD_LOGGING_DIR", "{}/tensorboard"),
    "mlflow": ("MLFLOW_TRACKING_URI", "sqlite:///{}/mlflow.db"),
}
"""Per log, the variable that says where it goes, and where it goes in the build folder while that is unset."""
PACKAGE: Final[dict[LogTo, str]] = {"tensorboard": "tensorboard", "mlflow": "mlflow-skinny"}
"""What brings each, the extra `logs`; the whole of mlflow does as well."""


class MissingLog(ValueError):
    """A log was asked for whose package is not installed."""


def check_logs(names: Sequence[LogTo]) -> None:
    """See that what the logs need is installed; raises `MissingLog` that names the package."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise MissingLog(f"logging to {name} needs a package: pip install {PACKAGE[name]}; or leave --log out")


@contextmanager
def logged_to(names: Sequence[LogTo], build: Path) -> Iterator[None]:
    """Have the logs write into `build`, unless their own variables say where; the environment is as before after it."""
    check_logs(names)
    given: dict[str, str] = {}
    if "mlflow" in names and "MLFLOW_DISABLE_TELEMETRY" not in os.environ:
        given["MLFLOW_DISABLE_TELEMETRY"] = "true"  # it tells its makers of its use by default
    for name in names:
        variable, place = FOLDER[name]
        if variable not in os.environ:
            given[variable] = place.format(build.absolute())
    if given:
        build.mkdir(parents=True, exist_ok=True)
    os.environ.update(given)
    try:
        yield
    finally:
        for variable in given:
            os.environ.pop(variable, None)
