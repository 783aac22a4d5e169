"""The reports in a browser: `/reports` and what lies below it.

Every view has an address, and is read without a script; only what is decided on `/reports/emerging` needs one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.errors import FieldError, NotFound, NotInstalled
from service.gate import needs
from service.interface import Interface
from service.page import HERE, TEMPLATES
from service.reports.filters import Filter
from service.reports.pages import FIRST, Page, path_of, write_address
from service.reports.registry import PAGES, find_page
from service.reports.tongue import Tongue
from service.reports.web import exports
from service.reports.web.asked import Asked, read_asked
from service.reports.web.charts import can_draw, chart_size
from service.reports.web.desk import Desk, Shown
from service.reports.web.form import Choices, list_choices, summary
from service.reports.web.login import login_pages
from service.reports.web.serving import figures_for_print, send_complaints, send_figure
from service.reports.web.writing import Pen
from service.ticket_routes import the_tickets

STYLES: Final = ("page.css", "reports/reports.css", "reports/psychology.css", "icon.svg")
"""What a printed page loads of the folder `static`."""

AGAIN: Final = 3
"""Seconds after which a page that waits for the first count looks again."""


def report_pages(app: FastAPI, desk: Desk, interface: Interface) -> None:
    """Add the pages and the form for a key to the application."""
    login_pages(app, desk, interface)  # before `/reports/{page}`, which would take its address
    site = _Site(app, desk, interface)
    router = APIRouter(prefix="/reports", include_in_schema=False, dependencies=[needs("reports")])

    @router.get("/complaints.csv")
    async def complaints(request: Request) -> Response:
        """Send the record of complaints."""
        asked, faults = read_asked(request.query_params)
        if faults:
            raise NotFound("There is no such record: the filter in the address cannot be used.")
        decimal = desk.tongue(site.language(request)).decimal
        return await send_complaints(await the_tickets(request), asked.filter(), desk, decimal)

    @router.get("/{page}.pdf")
    async def printed(page: str, request: Request) -> Response:
        """Print a page."""
        return await site.printed(request, _known(page))

    @router.get("/{page}/{figure}.{form}")
    async def figure(page: str, figure: str, form: str, request: Request) -> Response:
        """Send a figure of a page, as a chart or as a table."""
        asked, faults = read_asked(request.query_params)
        if faults:
            raise NotFound("There is no such figure: the filter in the address cannot be used.")
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
        frame = self._frame(page, asked, tongue, faults)
        if not self.desk.keeps:
            return await self._html("reports/none.html", frame, 404)
        if not self.desk.ready:
            return await self._html("reports/counting.html", frame | {"again": AGAIN}, 503, {"Retry-After": str(AGAIN)})
        if faults:
            return await self._html("reports/frame.html", frame | await self._choices(asked.filter(), tongue), 422)
        shown = await self.desk.show(page, asked.filter(), language)
        return await self._html(page.template, await self._filled(frame, shown), 200)

    async def printed(self, request: Request, page: Page) -> Response:
        """Print a page to PDF; raises `NotInstalled`."""
        asked, faults = read_asked(request.query_params)
        if faults:
            raise NotFound("There is nothing to print: the filter in the address cannot be used.")
        language = self.language(request)
        shown = await self.desk.show(page, asked.filter(), language)
        frame = self._frame(page, asked, self.desk.tongue(language), [])
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

    def _frame(self, page: Page, asked: Asked, tongue: Tongue, faults: list[FieldError]) -> dict[str, Any]:
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
            "faults": faults,
            "keyed": self.app.state.keeper is not None,
            "printing": False,
            "figures": [],
            "messages": 0,
            "choices": None,
            "asks": asks,
            "shown_for": "",
            "pdf": None,
        }

    async def _choices(self, asks: Filter, tongue: Tongue) -> dict[str, Any]:
        ledger = self.desk.ledger
        choices: Choices = await asyncio.to_thread(list_choices, ledger, asks, tongue)
        return {"choices": choices, "asks": asks}

    async def _filled(self, frame: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
        """Add what a page shows."""
        view = shown.view
        asks = view.filter
        tail = write_address("", asks, view.tongue.language)
        below = f"/reports/{shown.page.id}"
        more: dict[str, Any] = {
            **await self._choices(asks, view.tongue),
            "shown_for": summary(asks, view.tongue),
            "figures": shown.content.figures,
            "messages": len(view.tickets),
            "file": lambda figure, form: f"{below}/{figure.id}.{form}{tail}",
            "pdf": f"{below}.pdf{tail}" if exports.can_print() else None,
            "draws": can_draw(),
            "chart_size": chart_size,
            "view": view,
        }
        if shown.page.fresh:
            made = shown.page.fresh
            more |= await self.desk.fresh(lambda: made(view))
        return {**frame, **shown.content.extra, **more}

    async def _html(
        self, template: str, values: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None
    ) -> Response:
        content = await asyncio.to_thread(TEMPLATES.get_template(template).render, values)
        told = {"Content-Language": values["ui"], "Vary": "Accept-Language, Cookie"}
        return HTMLResponse(content, status, headers={**told, **(headers or {})})


def _read_styles() -> dict[str, bytes]:
    return {f"/static/{name}": (Path(HERE) / "static" / name).read_bytes() for name in STYLES}
