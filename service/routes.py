"""The calls under `/v1`, and the probes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from models.answer import Answer
from service.body import BatchRoute, ComputingRoute
from service.classify import Classifier, Outcome
from service.connection import while_connected
from service.deadline import Deadline, asked_wait
from service.errors import MEDIA, NotReady
from service.gate import charge, needs
from service.readiness import Readiness
from service.wire import Batch, Message, Results, Status, check_languages

if TYPE_CHECKING:
    from service.storing import Health


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for the OpenAPI document; the component `ProblemBody` is added by the application."""
    told = {
        400: "Not JSON, not UTF-8, or a header that cannot be read",
        401: "No key, or one that opens nothing",
        403: "The key lacks the scope, or a page of another site asked",
        404: "There is nothing of that name",
        408: "The body did not arrive in time",
        409: "It does not go together with how things stand; `detail` says why",
        410: "It was erased for good, and is not kept again",
        413: "Body, message or batch over a limit",
        415: "Not `application/json` in UTF-8, or compressed",
        421: "`Host` is not a name of this service",
        422: "A field cannot be used; `errors` names each and its mend",
        429: "Too much work is waiting, or the key has used up its minute; `Retry-After` says for how long",
        500: "The service failed",
        501: "Software is missing that only this needs; `detail` says how to install it",
        503: "Not ready, shutting down, or too slow; see `Retry-After`",
        504: "The answer cannot be there by the deadline that the client set",
    }
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    seconds = {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}}
    challenge = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    headers = {401: challenge, 429: seconds, 503: seconds, 504: seconds}
    return {
        status: {"description": told[status], "content": content, "headers": headers.get(status, {})}
        for status in statuses
    }


def deadline_of(request: Request) -> Deadline:
    """Until when the answer to a request is of use, counted from its arrival; raises `BadRequest`."""
    allowed = request.app.state.settings.request_timeout
    return Deadline.after(allowed, asked_wait(request.headers), since=request.state.arrived)


def api_router(classifier: Classifier, readiness: Readiness) -> APIRouter:
    """Make the routes that classify."""
    router = APIRouter(prefix="/v1", route_class=ComputingRoute, tags=["classify"], dependencies=[needs("classify")])
    refusals = problems(400, 401, 403, 408, 413, 415, 421, 422, 429, 500, 503, 504)

    async def answer(request: Request, messages: Sequence[Message], *, batch: bool) -> Outcome:
        request.state.characters = sum(len(each.text) for each in messages)
        deadline = deadline_of(request)
        readiness.check_open()
        check_languages(messages, classifier.engine.languages, batch=batch)
        charge(request, request.state.characters)
        work = classifier.classify(messages, prompt=not batch, deadline=deadline)
        request.state.outcome = outcome = await while_connected(request, work)
        return outcome

    @router.post("/classify", response_model=Answer, responses=refusals)
    async def classify(message: Message, request: Request) -> Response:
        """Say what one message is about, how soon someone must act, and why. Nothing is stored."""
        outcome = await answer(request, [message], batch=False)
        return _json(outcome.answers[0], outcome)

    async def classify_batch(batch: Batch, request: Request) -> Response:
        """Answer several messages at a time, in their order. Nothing is stored."""
        outcome = await answer(request, batch.messages, batch=True)
        return _json(Results(results=outcome.answers), outcome)

    router.add_api_route(
        "/classify/batch",
        classify_batch,
        methods=["POST"],
        response_model=Results,
        responses=refusals,
        route_class_override=BatchRoute,
    )
    return router


def probe_router(classifier: Classifier, readiness: Readiness, health: Health | None = None) -> APIRouter:
    """Make the probes. They never wait behind messages. `health` is that of the ticket store, where there is one."""
    router = APIRouter(tags=["operations"])

    @router.head("/livez", include_in_schema=False)
    @router.get("/livez", responses=problems(400, 413, 415, 500))
    async def livez() -> Status:
        """Say that the process answers at all."""
        return Status(status="alive")

    @router.head("/readyz", include_in_schema=False)
    @router.get("/readyz", responses=problems(400, 413, 415, 500, 503))
    async def readyz() -> Status:
        """Say whether messages may be sent: the model answered a test message in each language, and nothing stops."""
        readiness.check_ready()
        if classifier.scheduler.stalled(classifier.settings.request_timeout):
            raise NotReady("No computing thread has finished anything for too long: if it lasts, start anew.")
        if health and not await health.writable():
            raise NotReady("The ticket store cannot be written: see whether its disk is full or its server away.")
        engine = classifier.engine
        return Status(status="ready", model_version=engine.model_version, engine=engine.name)

    return router


def _json(body: Answer | Results, outcome: Outcome) -> Response:
    headers = {"Server-Timing": outcome.server_timing(), "Cache-Control": "no-store"}
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)
