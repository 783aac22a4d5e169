"""Turns pages and figures into responses, for `/reports`, read in browsers, and `/v1/reports`, by programs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from starlette.responses import JSONResponse, Response, StreamingResponse

from service.errors import NotFound, NotInstalled
from service.reports.figure import Figure
from service.reports.filters import Filter
from service.reports.web import exports
from service.reports.web.charts import ChartsMissing, draw, drawable
from service.reports.web.complaints import complaint_record
from service.reports.web.desk import Desk, Shown
from service.reports.web.writing import Pen
from service.tickets import Tickets

SVG_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""matplotlib styles what it draws inline; nothing else is in a chart."""

MEDIA: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
}

NO_CHARTS: Final = "Charts need more software: pip install -c constraints.txt -e '.[reports]'"
NO_SHEETS: Final = "XLSX needs more software: pip install -c constraints.txt -e '.[files]'. CSV needs none."


def page_as_json(shown: Shown) -> Response:
    """Send the figures of a page, and which tickets they count."""
    asked = shown.view.filter.model_dump(mode="json", by_alias=True, exclude_none=True)
    return JSONResponse(
        {
            "page": shown.page.id,
            "title": shown.page.title(shown.view.tongue),
            "filter": asked,
            "language": shown.view.tongue.language,
            "messages": len(shown.view.tickets),
            "figures": [exports.as_json(each) for each in shown.content.figures],
        }
    )


async def send_figure(
    desk: Desk, shown: Shown, id_: str, form: str, *, narrow: bool = False, decimal: str = "."
) -> Response:
    """Send a figure in a form of `MEDIA`, CSV with this decimal sign; raises `NotFound` and `NotInstalled`."""
    figure = shown.content.figure(id_)
    if figure is None or form not in MEDIA or (form in ("svg", "png") and not drawable(figure)):
        raise NotFound("There is no such figure for these messages: the page itself lists those that there are.")
    content = await desk.once(
        desk.key_of(shown, id_, form, narrow, decimal), _maker(shown, figure, form, narrow, decimal)
    )
    headers = {
        "Content-Disposition": f'{"inline" if form == "svg" else "attachment"}; filename="{_name(shown, id_, form)}"'
    }
    if form == "svg":
        headers["Content-Security-Policy"] = SVG_POLICY
    return Response(content, media_type=MEDIA[form], headers=headers)


async def send_complaints(tickets: Tickets, asked: Filter, desk: Desk, decimal: str = ".") -> Response:
    """Send the record of complaints as it is read; the first part is read before anything is sent."""
    record = complaint_record(tickets.page, asked, desk.tongue("en").taxonomy, desk.zone, decimal)
    begun = await anext(record) + await anext(record, "")

    async def whole() -> AsyncIterator[str]:
        yield begun
        async for part in record:
            yield part

    headers = {"Content-Disposition": 'attachment; filename="reclamo-complaints.csv"'}
    return StreamingResponse(whole(), media_type=MEDIA["csv"], headers=headers)


def _maker(shown: Shown, figure: Figure, form: str, narrow: bool, decimal: str) -> Callable[[], bytes]:
    def make() -> bytes:
        try:
            if form == "csv":
                return exports.as_csv(figure, decimal)
            if form == "xlsx":
                return exports.as_xlsx(figure)
            if form == "json":
                return JSONResponse(exports.as_json(figure)).body  # type: ignore[return-value]
            return draw(figure, Pen(shown.view.tongue), "svg" if form == "svg" else "png", narrow=narrow)
        except ChartsMissing:
            raise NotInstalled(NO_CHARTS) from None
        except ImportError:
            raise NotInstalled(NO_SHEETS) from None

    return make


def _name(shown: Shown, figure: str, form: str) -> str:
    asked = shown.view.filter
    return f"reclamo-{shown.page.id}-{figure}-{asked.start}-{asked.end}.{form}"


def figures_for_print(shown: Shown, files: Mapping[str, bytes]) -> Callable[[str], tuple[bytes, str] | None]:
    """Give a printed page its charts; `files` are those of `static`, by address."""
    pen = Pen(shown.view.tongue)

    def find(address: str) -> tuple[bytes, str] | None:
        path = address.partition("?")[0]
        if path in files:
            return files[path], "text/css" if path.endswith(".css") else "image/svg+xml"
        id_ = path.rpartition("/")[2].removesuffix(".svg")
        figure = shown.content.figure(id_)
        if figure is None or figure.chart is None:
            return None
        return draw(figure, pen, "svg"), MEDIA["svg"]

    return find
