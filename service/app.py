"""Put the service together: `create_app(engine, settings)` is the whole of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response

from models.engine import Engine
from service.access import Access
from service.classify import Classifier
from service.errors import InvalidFields, MethodNotAllowed, NotFound, Problem, ProblemBody
from service.interface import read_interface
from service.limits import BodyLimits
from service.page import pages
from service.readiness import Readiness
from service.routes import api_router, probe_router
from service.settings import Settings
from service.wire import Message, field_errors

log = logging.getLogger(__name__)

TITLE: Final = "Reclamo"
DESCRIPTION: Final = (
    "Send a customer's message; get what it is about, how soon someone must act, and why. "
    "Refusals are `application/problem+json` (RFC 9457). Offsets count code points."
)


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """Make the application around a loaded engine. `app.state.readiness.stop()` announces the end."""
    readiness = Readiness()
    classifier = Classifier(engine, settings)
    interface = read_interface()

    async def try_language(text: str, language: str) -> None:
        await classifier.classify([Message(text=text, language=language)], prompt=True)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        classifier.scheduler.start()
        canaries = interface.canaries(engine.languages, engine.taxonomy)
        trial = asyncio.create_task(readiness.try_out(canaries, try_language))
        yield
        readiness.stop()
        trial.cancel()
        await classifier.scheduler.stop(settings.grace)

    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: _refuse_address, RequestValidationError: _refuse_fields},
    )
    app.state.settings = settings
    app.state.readiness = readiness
    app.state.classifier = classifier
    app.add_middleware(BodyLimits, max_bytes=settings.max_body_bytes, timeout=settings.body_timeout)
    app.add_middleware(Access, readiness=readiness)  # added last, so the outermost
    app.include_router(api_router(classifier, readiness))
    app.include_router(probe_router(classifier, readiness))
    pages(app, classifier, interface)
    _describe(app)
    return app


async def _refuse_address(request: Request, error: Exception) -> Response:
    """Put the framework's own refusals, which concern the address or the method, into the envelope."""
    assert isinstance(error, HTTPException)
    problem: Problem
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        told = f"Use {allowed}." if allowed else "See /docs for the methods of each address."
        problem = MethodNotAllowed(told, headers={"Allow": allowed} if allowed else None)
    elif error.status_code == 404:
        problem = NotFound("See /docs for the addresses that there are.")
    else:
        raise error
    return problem.response(request.state.instance)


async def _refuse_fields(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return InvalidFields(field_errors(error.errors())).response(request.state.instance)


def _describe(app: FastAPI) -> None:
    """Add the envelope of refusals to the OpenAPI document, which the framework cannot know of."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            parts = schema.setdefault("components", {}).setdefault("schemas", {})
            body = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
            parts.update(body.pop("$defs", {}))
            parts["ProblemBody"] = body
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
