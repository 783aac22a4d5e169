"""The reports in a browser: `/reports` and what lies below it.

Every view has an address, and is read without a script; only what is decided on `/reports/emerging` needs one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from service.access import Show
from service.errors import Internal, InvalidFields, NoStore, NotFound, NotInstalled, Problem
from service.gate import needs
from service.interface import Interface
from service.page import HERE, TEMPLATES
from service.reports.counts.spread import FEWEST_FOR_SHARES
from service.reports.filters import Filter
from service.reports.pages import FIRST, Page, path_of, write_address
from service.reports.registry import PAGES, find_page
from service.reports.tongue import Tongue
from service.reports.web import exports
from service.reports.web.asked import Asked, read_asked
from service.reports.web.charts import can_draw, chart_size, drawable, few
from service.reports.web.desk import Desk, Shown
from service.reports.web.form import Choices, list_choices, summary
from service.reports.web.login import login_pages
from service.reports.web.refused import tell, tell_fault
from service.reports.web.serving import figures_for_print, send_complaints, send_figure
from service.reports.web.writing import Pen
from service.sessions import FOLDER, below_folder
from service.ticket_routes import the_tickets

STYLES: Final = ("page.css", "reports/reports.css", "reports/psychology.css", "reports/emerging.css", "icon.svg")
"""What a printed page loads of the folder `static`."""

SOONEST: Final = 5
"""Seconds after which a page that was refused may try again by itself: time to read what it says."""


def report_pages(app: FastAPI, desk: Desk, interface: Interface) -> Show:
    """Add the pages and the form for a key to the application; returns how a page that is refused is shown."""
    login_pages(app, desk, interface)  # before `/reports/{page}`, which would take its address
    site = _Site(app, desk, interface)
    router = APIRouter(prefix="/reports", include_in_schema=False, dependencies=[needs("reports")])

    @router.get("/complaints.csv")
    async def complaints(request: Request) -> Response:
        """Send the record of complaints."""
        asked = _asked_of_file(request)
        decimal = desk.tongue(site.language(request)).decimal
        return await send_complaints(await the_tickets(request), asked.filter(), desk, decimal)

    @router.get("/{page}.pdf")
    async def printed(page: str, request: Request) -> Response:
        """Print a page."""
        return await site.printed(request, _known(page))

    @router.get("/{page}/{figure}.{form}")
    async def figure(page: str, figure: str, form: str, request: Request) -> Response:
        """Send a figure of a page, as a chart or as a table."""
        asked = _asked_of_file(request)
        shown = await desk.show(_known(page), asked.filter(), site.language(request))
        decimal = shown.view.tongue.decimal
        return await send_figure(desk, shown, figure, form, narrow="narrow" in request.query_params, decimal=decimal)

    @router.get("/{page}")
    async def page(page: str, request: Request) -> Response:
        """Show a page."""
        return await site.page(request, _known(page))

    @router.get("")
    async def first(request: Request) -> Response:
        """Show the first page."""
        return await site.page(request, _known(FIRST))

    app.include_router(router)
    return site.refused


def _asked_of_file(request: Request) -> Asked:
    asked, faults = read_asked(request.query_params)
    if faults:
        raise NotFound("There is no such file: the filter in the address cannot be used.", errors=faults)
    return asked


def _known(id_: str) -> Page:
    page = find_page(id_)
    if page is None:
        raise NotFound("There is no such report: /reports has links to those that there are.")
    return page


class _Site:
    """Writes pages."""

    def __init__(self, app: FastAPI, desk: Desk, interface: Interface) -> None:
        self.app = app
        self.desk = desk
        self.interface = interface
        self._styles: dict[str, bytes] = {}

    def language(self, request: Request) -> str:
        """Choose the language that is asked for, or else the browser's."""
        return self.interface.choose(request.query_params.get("ui"), request.headers.get("accept-language"))

    async def page(self, request: Request, page: Page) -> Response:
        asked, faults = read_asked(request.query_params)
        language = self.language(request)
        if any(not value for value in request.query_params.values()) and not faults:
            return RedirectResponse(write_address(path_of(page.id), asked.filter(), language), status_code=303)
        tongue = self.desk.tongue(language)
        if faults and self.desk.ready:
            request.state.choices = await self._choices(asked.filter(), tongue)
            raise InvalidFields(faults)
        shown = await self.desk.show(page, asked.filter(), language)
        values = await self._filled(self._frame(page, asked, tongue), shown)
        content = await asyncio.to_thread(TEMPLATES.get_template(page.template).render, values)
        return HTMLResponse(content, headers=_in(language))

    def refused(self, scope: Scope, problem: Problem, request_id: str) -> Response | None:
        """Show a refusal to a person below `/reports`. It may come before a key was looked at, so it has no figures."""
        request, path = Request(scope), scope["path"]
        if not below_folder(path) or "text/html" not in request.headers.get("accept", ""):
            return None
        tongue = self.desk.tongue(self.language(request))
        asked, _ = read_asked(request.query_params)
        id_ = FIRST if path == FOLDER else path.removeprefix(f"{FOLDER}/").partition("/")[0].partition(".")[0]
        page = find_page(id_) or _known(FIRST)
        title, told = tell(problem, tongue)
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "ui"]
        passes = "Retry-After" in problem.headers
        wait = max(SOONEST, int(problem.headers["Retry-After"])) if passes and request.method == "GET" else None
        frame = self._frame(page, asked, tongue)
        values = frame | {
            "menu": [(name, link, here and page.id == id_) for name, link, here in frame["menu"]],
            "title": title.removesuffix("."),
            "told": told,
            "at": quote(path) + (f"?{urlencode(query)}" if query else ""),
            "again": passes or isinstance(problem, Internal),
            "wait": wait,
            "faults": [tell_fault(each, tongue) for each in problem.errors],
            "software": problem.detail if isinstance(problem, NotInstalled) else None,
            "choices": scope["state"].get("choices"),
            "request_id": request_id,
        }
        template = "reports/none.html" if isinstance(problem, NoStore) else "reports/refused.html"
        response = HTMLResponse(TEMPLATES.get_template(template).render(values), problem.status)
        for name, value in problem.response().headers.items():
            response.headers.setdefault(name, value)
        response.headers.update(_in(tongue.language) | ({"Refresh": str(wait)} if wait else {}))
        return response

    async def printed(self, request: Request, page: Page) -> Response:
        """Print a page to PDF; raises `NotInstalled`."""
        asked = _asked_of_file(request)
        language = self.language(request)
        shown = await self.desk.show(page, asked.filter(), language)
        frame = self._frame(page, asked, self.desk.tongue(language))
        filled = await self._filled(frame, shown) | {"printing": True}
        self._styles = self._styles or await asyncio.to_thread(_read_styles)

        def make() -> bytes:
            html = TEMPLATES.get_template(page.template).render(filled)
            try:
                return exports.pdf(html, figures_for_print(shown, self._styles))
            except exports.PdfMissing as error:
                raise NotInstalled(str(error)) from None

        # What holds words of customers is never kept.
        made = await (self.desk.fresh(make) if page.fresh else self.desk.once(self.desk.key_of(shown, "pdf"), make))
        name = f"reclamo-{page.id}-{shown.view.filter.start}-{shown.view.filter.end}.pdf"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(made, media_type="application/pdf", headers=headers)

    def _frame(self, page: Page, asked: Asked, tongue: Tongue) -> dict[str, Any]:
        """Everything that any page needs."""
        engine, asks = self.desk.classifier.engine, asked.filter()
        path, query = path_of(page.id), asks.query()
        return {
            "ui": tongue.language,
            "words": self.interface.phrase(tongue.language),
            "languages": self.interface.languages,
            "model_version": engine.model_version,
            "taxonomy_version": engine.taxonomy.version,
            "say": tongue.say,
            "count": tongue.count,
            "tongue": tongue,
            "pen": Pen(tongue),
            "at": f"{path}?{query}" if query else path,
            "page": page,
            "path": path,
            "title": page.title(tongue),
            "menu": [
                (each.title(tongue), write_address(path_of(each.id), asks, tongue.language), each.id == page.id)
                for each in PAGES
            ],
            "faults": [],
            "keyed": self.app.state.keeper is not None,
            "printing": False,
            "figures": [],
            "messages": 0,
            "choices": None,
            "asks": asks,
            "shown_for": "",
            "pdf": None,
        }

    async def _choices(self, asks: Filter, tongue: Tongue) -> Choices:
        return await asyncio.to_thread(list_choices, self.desk.ledger, asks, tongue)

    async def _filled(self, frame: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
        """Add what a page shows."""
        view = shown.view
        asks = view.filter
        tail = write_address("", asks, view.tongue.language)
        below = f"/reports/{shown.page.id}"
        more: dict[str, Any] = {
            "choices": await self._choices(asks, view.tongue),
            "asks": asks,
            "shown_for": summary(asks, view.tongue),
            "figures": shown.content.figures,
            "messages": len(view.tickets),
            "file": lambda figure, form: f"{below}/{figure.id}.{form}{tail}",
            "pdf": f"{below}.pdf{tail}" if exports.can_print() else None,
            "draws": can_draw(),
            "drawable": drawable,
            "few": few,
            "fewest_for_shares": FEWEST_FOR_SHARES,
            "chart_size": chart_size,
            "view": view,
        }
        if shown.page.fresh:
            made = shown.page.fresh
            more |= await self.desk.fresh(lambda: made(view))
        return {**frame, **shown.content.extra, **more}


def _in(language: str) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept, Accept-Language, Cookie"}


def _read_styles() -> dict[str, bytes]:
    return {f"/static/{name}": (Path(HERE) / "static" / name).read_bytes() for name in STYLES}
