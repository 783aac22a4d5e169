"""The pages for people: `/`, where a message can be tried, and `/docs`. Nothing is loaded from another host."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from service.access import POLICY
from service.classify import Classifier
from service.interface import Interface

HERE: Final = Path(__file__).parent

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)

DOCS_POLICY: Final = f"{POLICY}; img-src 'self' data:; style-src 'self' 'unsafe-inline'"
"""Swagger UI draws its icons as data and styles some of them inline."""

SWAGGER_FILES: Final = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})


class _Static(StaticFiles):
    """Static files that a browser asks about again each time: an update of the service shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


class _Swagger(_Static):
    """The two files of Swagger UI, out of the package that bundles them."""

    def lookup_path(self, path: str) -> tuple[str, object]:  # type: ignore[override]
        return super().lookup_path(path) if path in SWAGGER_FILES else ("", None)


def swagger_folder() -> Path:
    """Find the files of Swagger UI that `fastapi-offline` carries, without importing it."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("fastapi-offline is not installed: /docs takes Swagger UI from it")
    return Path(spec.origin).parent / "static"


def pages(app: FastAPI, classifier: Classifier, interface: Interface) -> None:
    """Add the pages and their files to the application."""

    @app.get("/", include_in_schema=False)
    async def index(request: Request, ui: str | None = None) -> HTMLResponse:
        """Show the page, in the language of `?ui=` or else of the browser."""
        engine = classifier.engine
        language = interface.choose(ui, request.headers.get("accept-language"))
        content = TEMPLATES.get_template("index.html").render(
            ui=language,
            words=interface.phrase(language),
            keyed=app.state.keeper is not None,
            keeps=app.state.tickets is not None,
            languages=interface.languages,
            examples=interface.examples_for(engine.languages, language),
            interface=interface.for_page(language, engine.taxonomy),
            model_version=engine.model_version,
            taxonomy_version=engine.taxonomy.version,
        )
        headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
        return HTMLResponse(content, headers=headers)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the calls, to read and to try."""
        content = TEMPLATES.get_template("docs.html").render()
        return HTMLResponse(content, headers={"Content-Security-Policy": DOCS_POLICY, "Cache-Control": "no-cache"})

    app.mount("/static/swagger", _Swagger(directory=swagger_folder()), name="swagger")
    app.mount("/static", _Static(directory=HERE / "static"), name="static")
