"""The calls under `/v1`, and the probes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from models.answer import Answer
from service.body import JsonRoute
from service.classify import Classifier, Outcome
from service.connection import while_connected
from service.errors import MEDIA
from service.readiness import Readiness
from service.wire import Batch, Message, Results, Status, check_languages

_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?(?:$|[,;\s])", re.IGNORECASE)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for the OpenAPI document; the component `ProblemBody` is added by the application."""
    told = {
        400: "Not JSON, or not UTF-8",
        408: "The body did not arrive in time",
        413: "Body, message or batch over a limit",
        415: "Not `application/json` in UTF-8, or compressed",
        422: "A field cannot be used; `errors` names each and its mend",
        429: "Too much work is waiting; `Retry-After` says for how long",
        500: "The service failed",
        503: "Not ready, shutting down, or too slow; see `Retry-After`",
    }
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": told[status], "content": content} for status in statuses}


def wanted_wait(request: Request) -> float | None:
    """Read the seconds from `Prefer: wait=N` (RFC 7240); None where the client does not say."""
    found = _WAIT.search(request.headers.get("prefer", ""))
    return float(found[1]) if found else None


def api_router(classifier: Classifier, readiness: Readiness) -> APIRouter:
    """Make the routes that classify."""
    router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["classify"])
    refusals = problems(400, 408, 413, 415, 422, 429, 500, 503)

    async def answer(request: Request, messages: Sequence[Message], *, batch: bool) -> Outcome:
        request.state.characters = sum(len(each.text) for each in messages)
        readiness.check_open()
        check_languages(messages, classifier.engine.languages, batch=batch)
        work = classifier.classify(messages, prompt=not batch, wait=wanted_wait(request))
        return await while_connected(request, work)

    @router.post("/classify", response_model=Answer, responses=refusals)
    async def classify(message: Message, request: Request) -> Response:
        """Say what one message is about, how soon someone must act, and why. Nothing is stored."""
        outcome = await answer(request, [message], batch=False)
        return _json(outcome.answers[0], outcome)

    @router.post("/classify/batch", response_model=Results, responses=refusals)
    async def classify_batch(batch: Batch, request: Request) -> Response:
        """Answer several messages at a time, in their order. Nothing is stored."""
        outcome = await answer(request, batch.messages, batch=True)
        return _json(Results(results=outcome.answers), outcome)

    return router


def probe_router(classifier: Classifier, readiness: Readiness) -> APIRouter:
    """Make the probes. They never wait behind messages."""
    router = APIRouter(tags=["operations"])

    @router.get("/livez")
    async def livez() -> Status:
        """Say that the process answers at all."""
        return Status(status="alive")

    @router.get("/readyz", responses=problems(503))
    async def readyz() -> Status:
        """Say whether messages may be sent: the model answered a test message in each language, and nothing stops."""
        readiness.check_ready()
        return Status(status="ready", model_version=classifier.engine.model_version)

    return router


def _json(body: Answer | Results, outcome: Outcome) -> Response:
    headers = {"Server-Timing": outcome.server_timing(), "Cache-Control": "no-store"}
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)
