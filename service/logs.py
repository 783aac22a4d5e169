"""The log: lines to read, or one JSON object a line (`RECLAMO_LOG=json`). Never what a message said.

Of an exception it tells the type and the places that it went through, in either form: what it says may quote its input.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal

from service.served import Served

LINE: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
FIELDS: Final = "fields"
"""The attribute of a log record that holds what a JSON line tells in place of its message."""

_Exception = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class TextFormatter(logging.Formatter):
    """Lines to read."""

    def __init__(self) -> None:
        super().__init__(LINE)

    def formatException(self, ei: _Exception) -> str:
        return "" if ei[1] is None else f"{type(ei[1]).__name__} at {places(ei[1])}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, and the fields of an event or else its message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **(getattr(record, FIELDS, None) or {"message": record.getMessage()}),
        }
        if record.exc_info and (error := record.exc_info[1]):
            told |= {"error": type(error).__name__, "at": places(error)}
        return json.dumps(told, ensure_ascii=False, default=str)


def set_up(form: Literal["text", "json"] = "text") -> None:
    """Log to standard error in this form, from `INFO` on; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.root.setLevel(logging.INFO)
    logging.root.handlers[:] = [handler]
    logging.getLogger("alembic").setLevel(logging.WARNING)  # tells of its own parts at every start


def line(request: Served) -> str:
    """Tell of a request in one line."""
    characters = "" if request.characters is None else f" {request.characters} characters"
    key = "" if request.key is None else f" key {request.key}"
    took = f"{request.seconds * 1000:.1f} ms"
    return f"{request.method} {request.place} {request.status} {took}{characters}{key} {request.request_id}"


def fields(request: Served) -> dict[str, str | int | float]:
    """Tell of a request by name; what there is nothing to say of is left out. Times are in milliseconds."""
    told: dict[str, str | int | float | None] = {
        "event": "request",
        "method": request.method,
        "route": request.route,
        "path": None if request.route else request.path,
        "status": request.status,
        "problem": request.problem,
        "ms": round(request.seconds * 1000, 1),
        "characters": request.characters,
        "key": request.key,
        "request_id": request.request_id,
    }
    if outcome := request.outcome:
        told |= {
            "messages": len(outcome.answers),
            "cached": outcome.cached,
            "queue_ms": round(outcome.waited * 1000, 1),
            "infer_ms": round(outcome.computed * 1000, 1),
            "model_version": outcome.answers[0].model_version,
        }
    return {name: value for name, value in told.items() if value is not None}


def places(error: BaseException) -> str:
    """Name the functions and lines that an exception went through, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames[-8:])
