"""The calls of people who look at groups of tickets that fit no theme: name, merge, dismiss, or take that back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import Response

from data.store.errors import Missing, Unsettled
from service.body import MOST_FIELDS, JsonRoute
from service.errors import Conflict, FieldError, InvalidFields, NotFound
from service.gate import needs
from service.routes import problems
from service.ticket_routes import CHANGING, READING, TheTickets, as_json, author
from service.ticket_wire import PLAIN, UNNAMED, LabelId
from service.tickets import Tickets

if TYPE_CHECKING:  # a database's driver is loaded only where there is a store
    from data.store.emerging import Emerging, Group

GroupNumber = Annotated[int, Path(ge=1, le=2**53, description="The group, by its number.", examples=[3])]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=PLAIN)]
Lang = Annotated[str, Field(min_length=2, max_length=8, pattern=r"^[a-z]{2,3}(-[A-Za-z]+)?$")]

_LONGEST_ID: Final = 60


def _whole(value: object) -> object:
    """Take 3.0 for 3, as JSON does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DecisionBody(_Strict):
    """Who decides; where there are keys, the key's name counts."""

    author: Annotated[str, Field(min_length=1, max_length=128, pattern=PLAIN)] = UNNAMED


class NameBody(DecisionBody):
    """What a group is called, in one language of the taxonomy or in several."""

    names: Annotated[dict[Lang, Name], Field(min_length=1, max_length=MOST_FIELDS)] = Field(
        examples=[{"en": "Parking fees"}], json_schema_extra={"additionalProperties": False}
    )
    label: LabelId | None = Field(default=None, description="Id of the label to be. Unset: made of the name.")


class MergeBody(DecisionBody):
    """Which group takes the tickets."""

    into: Annotated[int, BeforeValidator(_whole)] = Field(ge=1, le=2**53)


class GroupBody(BaseModel):
    """A group as it stands; it holds no text."""

    id: int
    status: str = Field(description="`open`, `named`, `dismissed` or `merged`.")
    names: Mapping[str, str]
    label: str | None
    into: int | None
    current: bool = Field(description="Whether the newest run found it.")
    messages: int
    first: datetime | None
    last: datetime | None
    weeks: list[tuple[date, int]]
    languages: Mapping[str, int]
    steadiness: float
    near: list[str]


class GroupList(BaseModel):
    """All groups that are not merged into others."""

    groups: list[GroupBody]


def emerging_router() -> APIRouter:
    """Make the routes, which need the scope `label`."""
    router = APIRouter(prefix="/v1/emerging", route_class=JsonRoute, tags=["review"], dependencies=[needs("label")])
    changes = problems(*CHANGING)

    @router.get("", response_model=GroupList, responses=problems(*READING))
    async def list_(tickets: TheTickets) -> Response:
        """List the groups of tickets that fit no theme well, as `python -m training emerging` found them."""
        found = await tickets.ask("read", lambda store: store.emerging.groups())
        return as_json(GroupList(groups=[_shown(each) for each in found]))

    @router.post("/{id}/name", response_model=GroupBody, responses=changes)
    async def name(id: GroupNumber, body: NameBody, request: Request, tickets: TheTickets) -> Response:
        """Name a group: it stands for a theme to be. `python -m training emerging --export` makes it one."""
        label, taxonomy = body.label or make_label(body.names), request.app.state.classifier.engine.taxonomy
        if label in taxonomy.ids("themes"):
            wrong = FieldError(field="label" if body.label else "names", detail="is a theme that there is already",
                               mend="correct the tickets, dismiss the group, or name it otherwise")  # fmt: skip
            raise InvalidFields([wrong])
        if unknown := [lang for lang in body.names if lang not in taxonomy.languages]:
            wrong = FieldError(field=f"names.{unknown[0]}", detail="is no language of the taxonomy",
                               mend=f"use {', '.join(taxonomy.languages)}")  # fmt: skip
            raise InvalidFields([wrong])
        who = author(request, body.author)
        return await _decided(tickets, lambda groups: groups.name(id, body.names, label, who))

    @router.post("/{id}/merge", response_model=GroupBody, responses=changes)
    async def merge(id: GroupNumber, body: MergeBody, request: Request, tickets: TheTickets) -> Response:
        """Put a group's tickets into another group, which is answered."""
        who = author(request, body.author)
        return await _decided(tickets, lambda groups: groups.merge(id, body.into, who))

    @router.post("/{id}/dismiss", response_model=GroupBody, responses=changes)
    async def dismiss(
        id: GroupNumber, request: Request, tickets: TheTickets, body: DecisionBody | None = None
    ) -> Response:
        """Say that a group is nothing; it stays dismissed when it is found again."""
        who = author(request, (body or DecisionBody()).author)
        return await _decided(tickets, lambda groups: groups.dismiss(id, who))

    @router.post("/{id}/reopen", response_model=GroupBody, responses=changes)
    async def reopen(
        id: GroupNumber, request: Request, tickets: TheTickets, body: DecisionBody | None = None
    ) -> Response:
        """Take back what was decided on a group."""
        who = author(request, (body or DecisionBody()).author)
        return await _decided(tickets, lambda groups: groups.reopen(id, who))

    return router


def make_label(names: Mapping[str, str]) -> str:
    """Make an id of plain letters out of a name, the English one where there is one; raises `InvalidFields`."""
    name = names.get("en") or next(iter(names.values()))
    bare = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    label = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:_LONGEST_ID].strip("_")
    if not label[:1].isalpha():
        wrong = FieldError(field="names", detail="has no letters that an id could be made of", mend="send a `label`")
        raise InvalidFields([wrong])
    return label


async def _decided(tickets: Tickets, work: Callable[[Emerging], Group]) -> Response:
    try:
        return as_json(_shown(await tickets.ask("write", lambda store: work(store.emerging))))
    except Missing:
        raise NotFound("There is no such group.") from None
    except Unsettled as error:
        told = str(error)
    raise Conflict(f"{told[0].upper()}{told[1:]}.")


def _shown(group: Group) -> GroupBody:
    return GroupBody(
        id=group.id, status=group.status, names=group.names, label=group.label, into=group.into, current=group.current,
        messages=group.size, first=group.first, last=group.last, weeks=list(group.weeks), languages=group.langs,
        steadiness=group.steadiness, near=list(group.near),
    )  # fmt: skip
