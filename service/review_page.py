"""The page `/review`, where people work through messages that need a look. What it shows comes from `/v1/review`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse

from data.taxonomy import SINGLE, Taxonomy
from service.classify import Classifier
from service.interface import Interface, read_interface
from service.page import TEMPLATES

CATALOGUE: Final = Path(__file__).with_name("review.yaml")
"""The words of this page alone, beside those that it shares with `/`."""


def review_page(app: FastAPI, classifier: Classifier, interface: Interface) -> None:
    """Add the page to the application; `pages` serves its files."""
    own = read_interface(CATALOGUE)

    @app.get("/review", include_in_schema=False)
    async def review(request: Request, ui: str | None = None) -> HTMLResponse:
        """Show the page, in the language of `?ui=` or else of the browser."""
        engine = classifier.engine
        language = interface.choose(ui, request.headers.get("accept-language"))
        words = {**interface.phrase(language), **own.phrase(language)}
        content = TEMPLATES.get_template("review.html").render(
            ui=language,
            words=words,
            keyed=app.state.keeper is not None,
            languages=interface.languages,
            reads=engine.languages,
            interface=_for_script(interface, language, engine.taxonomy) | {"phrases": words},
            model_version=engine.model_version,
            taxonomy_version=engine.taxonomy.version,
        )
        headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
        return HTMLResponse(content, headers=headers)


def _for_script(interface: Interface, language: str, taxonomy: Taxonomy) -> dict[str, Any]:
    """Add to what every page's script needs how labels are chosen: one or several of a group, and by which rules."""
    told = interface.for_page(language, taxonomy)
    for group in told["groups"]:
        group["single"] = group["id"] in SINGLE
    told["rules"] = [rule.model_dump() for rule in taxonomy.rules]
    return told
