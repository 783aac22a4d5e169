"""The calls under `/v1/reports`: the figures behind the pages, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from service.body import JsonRoute
from service.errors import NotFound
from service.gate import needs
from service.interface import read_interface
from service.reports.pages import Page
from service.reports.registry import PAGES, find_page
from service.reports.web.asked import Asked
from service.reports.web.desk import Desk
from service.reports.web.serving import MEDIA, page_as_json, send_complaints, send_figure
from service.routes import problems
from service.ticket_routes import the_tickets

REFUSALS: Final = (400, 401, 403, 404, 413, 415, 421, 422, 429, 500, 503)

Form = Literal["csv", "xlsx", "svg", "png", "json"]
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]
AskedFor = Annotated[Asked, Query()]


class ReportName(BaseModel):
    """A report that there is."""

    id: str
    title: str


class Reports(BaseModel):
    """The reports that there are."""

    reports: list[ReportName]


class ColumnBody(BaseModel):
    """A column; `kind` says what its values are: text, number, share of 1, hours, date or month."""

    id: str
    title: str
    kind: str


class FigureBody(BaseModel):
    """A table. A cell is a value, or an estimate: `{"mid", "low", "high", "counted"}`."""

    id: str
    title: str
    told: str
    note: str
    columns: list[ColumnBody]
    rows: list[list[Any]]


class Report(BaseModel):
    """The figures of a report, for the tickets that `filter` asks for."""

    page: str
    title: str
    filter: dict[str, str]
    language: str
    messages: int
    figures: list[FigureBody]


def report_router(desk: Desk) -> APIRouter:
    """Make the routes that need the scope `reports`."""
    router = APIRouter(prefix="/v1/reports", route_class=JsonRoute, tags=["reports"], dependencies=[needs("reports")])
    files = {media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()}
    files["application/json"] = {"schema": {"$ref": "#/components/schemas/FigureBody"}}

    def language(request: Request, asked: Asked) -> str:
        return read_interface().choose(asked.ui, request.headers.get("accept-language"))

    @router.get("", response_model=Reports, responses=problems(*REFUSALS))
    async def reports(request: Request, asked: AskedFor) -> Reports:
        """List the reports."""
        tongue = desk.tongue(language(request, asked))
        return Reports(reports=[ReportName(id=each.id, title=each.title(tongue)) for each in PAGES])

    @router.get(
        "/complaints.csv",
        response_class=Response,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(*REFUSALS)},
    )
    async def complaints(request: Request, asked: AskedFor) -> Response:
        """Send the record of complaints (ISO 10002): a line each, without the words, the newest first."""
        return await send_complaints(await the_tickets(request), asked.filter(), desk)

    @router.get("/{page}", response_model=Report, responses=problems(*REFUSALS))
    async def report(request: Request, page: Name, asked: AskedFor) -> Response:
        """Send the figures of a report."""
        return page_as_json(await desk.show(_known(page), asked.filter(), language(request, asked)))

    @router.get(
        "/{page}/{figure}.{form}",
        response_class=Response,
        responses={200: {"content": files}, **problems(*REFUSALS, 501)},
    )
    async def figure(request: Request, page: Name, figure: Name, form: Form, asked: AskedFor) -> Response:
        """Send a figure as a table (csv, xlsx, json) or as a chart (svg, png)."""
        shown = await desk.show(_known(page), asked.filter(), language(request, asked))
        return await send_figure(desk, shown, figure, form)

    return router


def _known(id_: str) -> Page:
    page = find_page(id_)
    if page is None:
        raise NotFound("There is no such report: GET /v1/reports lists those that there are.")
    return page
