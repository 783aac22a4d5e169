"""One request, once it is over: all that logs, metrics and traces may know of it, and no more than that.

What a message said is not in here, nor is the query; the path only where no route took it, because the paths of routes
may carry what customers are called by.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from starlette.types import Scope

from service.classify import Outcome

LONGEST_PATH: Final = 120


@dataclass(frozen=True, slots=True)
class Served:
    """Times are in seconds of the monotonic clock. `problem` is the code of a refusal, or `client-gone`."""

    request_id: str
    method: str
    route: str | None
    """The template of the route, such as `/v1/tickets/{source}/{id}`; None where the request reached none."""
    path: str
    status: int
    began: float
    ended: float
    problem: str | None = None
    characters: int | None = None
    key: str | None = None
    outcome: Outcome | None = None
    parent: dict[str, str] = field(default_factory=dict)
    """The headers of W3C Trace Context that came with it."""

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def place(self) -> str:
        return self.route or self.path


def route_of(scope: Scope) -> str | None:
    """Name the route that took a request: its template, or the folder that files come from."""
    path = getattr(scope.get("route"), "path", None)
    return path or scope.get("root_path") or None


def served(scope: Scope, *, request_id: str, status: int, began: float, ended: float, problem: str | None) -> Served:
    """Gather what there is to tell from a request's scope and state."""
    state: dict[str, Any] = scope.get("state", {})
    parent = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"traceparent", b"tracestate")
    }
    return Served(
        request_id=request_id,
        method=scope["method"],
        route=route_of(scope),
        path=_harmless(scope["path"]),
        status=status,
        began=began,
        ended=ended,
        problem=problem,
        characters=state.get("characters"),
        key=getattr(state.get("key"), "name", None),
        outcome=state.get("outcome"),
        parent=parent,
    )


def _harmless(path: str) -> str:
    """Quote a path as far as nobody's name can stand in it: below `/v1/tickets` and `/v1/subjects` are customers."""
    shown = "/".join(path.split("/")[:3])
    return quote(shown)[:LONGEST_PATH] + ("/…" if shown != path else "")
