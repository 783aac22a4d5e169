"""The calls of systems that have tickets: keep, read, list and erase."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from data.store.records import Replay, Ticket, TicketKey
from models.answer import Answer
from service.body import ComputingRoute
from service.classify import Classifier
from service.connection import while_connected
from service.errors import BadRequest, NoStore
from service.gate import charge, needs
from service.idempotency import HEADER, Once, canonical, once, read_key
from service.keys import Key
from service.readiness import Readiness
from service.routes import deadline_of, problems
from service.ticket_wire import Filters, Given, Kept, Source, SubjectKey, TicketBody, TicketId, TicketPage, shown
from service.tickets import Tickets
from service.wire import Message, check_languages

_VERSION: Final = re.compile(r'(?:W/)?"([0-9]{1,9})"')

ETAG: Final[dict[str, Any]] = {
    "headers": {"ETag": {"required": True, "schema": {"type": "string"}, "description": "The ticket's version."}}
}
CHANGING: Final = (400, 401, 403, 404, 408, 409, 413, 415, 421, 422, 429, 500, 503, 504)
READING: Final = (400, 401, 403, 404, 413, 415, 421, 422, 429, 500, 503, 504)

OnceHeader = Annotated[
    Given[str],
    Header(
        alias=HEADER,
        description="A request with the same key is done once, and answered again as the first time for a day.",
        examples=['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    ),
]


async def the_tickets(request: Request) -> Tickets:
    """Find the tickets of the service; raises `NoStore` where it keeps none."""
    tickets: Tickets | None = request.app.state.tickets
    if tickets is None:
        raise NoStore("This service keeps no tickets. It does when started with RECLAMO_STORE=sqlite:///tickets.db")
    return tickets


async def tickets_in_time(request: Request) -> Tickets:
    """Find them for a request whose time is limited; raises `NoStore`, and `BadRequest` for a time that is none."""
    return (await the_tickets(request)).within(deadline_of(request))


TheTickets = Annotated[Tickets, Depends(tickets_in_time)]


def ticket_router(classifier: Classifier, readiness: Readiness) -> APIRouter:
    """Make the routes that need the scope `tickets`.

    Erasing a person is among them: the system that the person is a customer of knows the key, and who holds the scope
    can erase ticket by ticket anyhow. Whoever runs the service need not be let near tickets.
    """
    router = APIRouter(prefix="/v1", route_class=ComputingRoute, tags=["tickets"], dependencies=[needs("tickets")])
    created = {"model": Kept, "description": "It was not known before", **ETAG}

    @router.put(
        "/tickets/{source}/{id}",
        response_model=Kept,
        responses={200: ETAG, 201: created, **problems(*CHANGING, 410)},
    )
    async def put(
        source: Source,
        id: TicketId,
        body: TicketBody,
        request: Request,
        tickets: TheTickets,
        idempotency_key: OnceHeader = None,
    ) -> Response:
        """Classify a ticket and keep it, redacted. The same text again changes nothing but what is known beside it.

        With another `language` than it was read in, it is read anew by that, and what people said of it holds; a text
        that is plainly in another language than the one given stays as it was.
        """
        request.state.characters = len(body.text)
        readiness.check_open()
        message = Message(text=body.text, language=body.language)
        check_languages([message], classifier.engine.languages, batch=False)
        charge(request, request.state.characters)

        async def classify() -> Answer:
            work = classifier.classify([message], prompt=True, deadline=deadline_of(request))
            request.state.outcome = outcome = await while_connected(request, work)
            return outcome.answers[0]

        async def keep() -> Replay:
            done = await tickets.put(key, body, classify)
            assert done.ticket
            kept = Kept.model_validate({"outcome": done.outcome, "ticket": shown(done.ticket)})
            return Replay(status=201 if done.outcome == "created" else 200, body=kept.model_dump_json())

        key = TicketKey(source=source, id=id)
        return await done_once(request, tickets, key, keep)

    @router.get("/tickets/{source}/{id}", response_model=Ticket, responses={200: ETAG, **problems(*READING)})
    async def get(source: Source, id: TicketId, tickets: TheTickets) -> Response:
        """Read a ticket: what the model and people said of it, and which labels hold."""
        ticket = shown(await tickets.get(TicketKey(source=source, id=id)))
        return reply(Replay(status=200, body=ticket.model_dump_json()))

    @router.get("/tickets", response_model=TicketPage, responses=problems(*READING))
    async def list_(filters: Annotated[Filters, Query()], tickets: TheTickets) -> Response:
        """List tickets, the newest received first, by the labels that hold and by what is known beside them.

        A label of today's taxonomy is found under its older ids too, where a map tells of them (`RECLAMO_TAXONOMIES`):
        those that were renamed to it, merged into it, or split into it and others. An id that only an older taxonomy
        has finds what still stands under it.
        """
        page = await tickets.page(filters.query(), filters.limit, filters.after)
        return as_json(TicketPage(tickets=[shown(each) for each in page.tickets], next=page.next))

    @router.delete("/tickets/{source}/{id}", status_code=204, responses=problems(*READING))
    async def erase(source: Source, id: TicketId, tickets: TheTickets) -> Response:
        """Erase a ticket for good, with everything said of it. It is not kept again, were it sent again."""
        await tickets.erase(TicketKey(source=source, id=id))
        return Response(status_code=204)

    @router.delete("/subjects/{key:path}", status_code=204, responses=problems(*READING))
    async def erase_subject(key: SubjectKey, tickets: TheTickets) -> Response:
        """Erase every ticket of a person for good, whatever system it came from, and keep none that comes later."""
        await tickets.erase_subject(key)
        return Response(status_code=204)

    return router


async def done_once(
    request: Request, tickets: Tickets, key: TicketKey, work: Callable[[], Awaitable[Replay]]
) -> Response:
    """Do what a request asks for, once for its idempotency key if it has one."""
    given, asked = read_key(request.headers), None
    if given is not None:
        body = await request.json() if await request.body() else None
        shown_key: Key | None = getattr(request.state, "key", None)
        asked = Once(given, shown_key.id if shown_key else "", canonical(request.method, request.url.path, body))
    return reply(await once(tickets.calls, asked, key, work, deadline_of(request)))


def asked_version(request: Request) -> int | None:
    """Read `If-Match`: the version that the client changes, or None where any will do. Raises `BadRequest`."""
    given = ", ".join(request.headers.getlist("If-Match")).strip()
    if given in ("", "*"):
        return None
    if not (found := _VERSION.fullmatch(given)):
        raise BadRequest('Give If-Match the ETag of the ticket as you read it, such as "3", or leave it out.')
    return int(found[1])


def author(request: Request, named: str) -> str:
    """Name who changes something: the key where there are keys, else who the body names."""
    key: Key | None = getattr(request.state, "key", None)
    return key.name if key else named


def reply(made: Replay) -> Response:
    """Make the response about one ticket, with its version as `ETag`."""
    told = json.loads(made.body)
    version = told.get("ticket", told)["version"]
    headers = {"ETag": f'"{version}"', "Cache-Control": "no-store"}
    return Response(made.body, made.status, headers=headers, media_type="application/json")


def as_json(body: BaseModel) -> Response:
    """Make the response of what is not one ticket."""
    return Response(body.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
