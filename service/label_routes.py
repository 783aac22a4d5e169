"""The calls of people who look at tickets: what waits for them, what they say, and where two models differ."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from data.store.records import Replay, Ticket, TicketKey
from service.body import JsonRoute
from service.gate import needs
from service.routes import problems
from service.ticket_routes import (
    CHANGING,
    ETAG,
    READING,
    OnceHeader,
    TheTickets,
    as_json,
    asked_version,
    author,
    done_once,
)
from service.ticket_wire import (
    Challengers,
    DisagreementPart,
    Disagreements,
    Given,
    LabelsBody,
    Source,
    TicketId,
    TicketList,
    UndoBody,
    Waiting,
    shown,
)

VersionHeader = Annotated[
    Given[str],
    Header(
        alias="If-Match",
        description="`ETag` of the ticket as it was read. Where it has changed since: 409, with how it stands.",
        examples=['"3"'],
    ),
]


def label_router() -> APIRouter:
    """Make the routes that need the scope `label`."""
    router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["review"], dependencies=[needs("label")])
    changes = {200: ETAG, **problems(*CHANGING)}

    @router.post("/tickets/{source}/{id}/labels", response_model=Ticket, responses=changes)
    async def correct(
        source: Source,
        id: TicketId,
        body: LabelsBody,
        request: Request,
        tickets: TheTickets,
        if_match: VersionHeader = None,
        idempotency_key: OnceHeader = None,
    ) -> Response:
        """Say what the labels of some groups are. No model changes them any more, and what was said before is kept.

        Retraining learns from the groups that you send, and from no others: send what the machine said to confirm it.

        What a rule of the taxonomy leaves empty beside a label that you send is emptied with it: in the taxonomy that
        comes with the program, `"kind": "other"` empties themes and motives. What would contradict a label that holds
        is refused (422): send both groups then, such as themes together with `"kind": "complaint"` for a ticket that
        held `other`. `errors` names the group.
        """
        key, version = TicketKey(source=source, id=id), asked_version(request)

        async def say() -> Replay:
            ticket = await tickets.correct(key, body, author(request, body.author), version)
            return Replay(status=200, body=shown(ticket).model_dump_json())

        return await done_once(request, tickets, key, say)

    @router.post("/tickets/{source}/{id}/labels/undo", response_model=Ticket, responses=changes)
    async def undo(
        source: Source,
        id: TicketId,
        request: Request,
        tickets: TheTickets,
        body: UndoBody | None = None,
        if_match: VersionHeader = None,
        idempotency_key: OnceHeader = None,
    ) -> Response:
        """Take back your newest correction of a ticket; what held before it holds again."""
        key, version = TicketKey(source=source, id=id), asked_version(request)

        async def take_back() -> Replay:
            who = author(request, (body or UndoBody()).author)
            return Replay(status=200, body=shown(await tickets.undo(key, who, version)).model_dump_json())

        return await done_once(request, tickets, key, take_back)

    @router.get("/review", response_model=TicketList, responses=problems(*READING))
    async def review(waiting: Annotated[Waiting, Query()], tickets: TheTickets) -> Response:
        """List what a person should look at: the most pressing first, then what the model is least sure of."""
        return as_json(TicketList(tickets=[shown(each) for each in await tickets.queue(waiting.lang, waiting.limit)]))

    @router.get("/disagreements", response_model=Disagreements, responses=problems(*READING))
    async def disagreements(part: Annotated[DisagreementPart, Query()], tickets: TheTickets) -> Response:
        """List tickets that the last challenger (`RECLAMO_SHADOW`) to read them reads otherwise than the answer.

        What an earlier challenger said of a ticket no longer counts once another has read it.
        """
        found = await tickets.disagreements(part)
        told = [each.model_copy(update={"ticket": shown(each.ticket)}) for each in found]
        return as_json(Disagreements(disagreements=told, next=told[-1].shadow.id if len(told) == part.limit else None))

    @router.get("/challengers", response_model=Challengers, responses=problems(*READING))
    async def challengers(tickets: TheTickets) -> Response:
        """Count who was right where a challenger differed from the answer, by group, as people settled it since.

        People had seen the answer and not the challenger's: that favours the answer.
        """
        return as_json(Challengers(challengers=await tickets.challengers()))

    return router
