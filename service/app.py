"""Put the service together: `create_app(engine, settings)` is the whole of it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from models.engine import Engine
from service.access import Access
from service.activation import Activation
from service.classify import Classifier, Outcome
from service.emerging_routes import emerging_router
from service.errors import InvalidFields, MethodNotAllowed, NotFound, Problem, ProblemBody
from service.gate import Gate, Gatekeeper
from service.interface import read_interface
from service.keys import KeyRing
from service.label_routes import label_router
from service.limits import BodyLimits
from service.loading import Load, current, load
from service.metrics import Metrics, metrics_router
from service.model_routes import model_router
from service.origin import Origin, allowed_hosts
from service.page import pages
from service.readiness import Phase, Readiness
from service.reading import Redact
from service.reports.psychology.playbook import open_playbook
from service.reports.web.desk import Desk
from service.reports.web.routes import report_router
from service.reports.web.site import report_pages
from service.review_page import review_page
from service.routes import api_router, probe_router
from service.settings import Settings
from service.ticket_metrics import TicketMetrics
from service.ticket_routes import ticket_router
from service.ticket_wire import describe_labels
from service.traces import open_traces
from service.wire import field_errors
from service.zone import read_zone

log = logging.getLogger(__name__)

TITLE: Final = "Reclamo"
DESCRIPTION: Final = (
    "Send a customer's message; get what it is about, how soon someone must act, and why. "
    "Refusals are `application/problem+json` (RFC 9457). Offsets count code points."
)

NO_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""The framework's own would hold queries, and the messages of exceptions."""


def create_app(
    engine: Engine, settings: Settings, *, folder: Path | None = None, load: Load = load, redact: Redact | None = None
) -> FastAPI:
    """Make the application around a loaded engine. `app.state.readiness.stop()` announces the end.

    `folder` is where the engine was loaded from, by default what the setting `model` means; `load` loads others;
    `redact` takes personal data out of tickets, by default as `data.redaction` does. Raises `SettingsError` and
    `StoreUnusable` where the ticket store that the settings name cannot be had.
    """
    readiness = Readiness()
    metrics = Metrics()
    traces = open_traces(settings.traces) if settings.traces else None

    def answered(engine: Engine, outcome: Outcome) -> None:
        if readiness.phase is not Phase.starting:  # test messages are nobody's
            metrics.answered(engine, outcome)

    classifier = Classifier(engine, settings, answered=answered, computed=metrics.computed)
    metrics.watch(classifier, readiness)
    interface = read_interface()
    folder = folder or current(settings.model)
    activation = Activation(classifier, readiness, load=load, folder=folder, refused=metrics.refused)

    ticket_metrics = TicketMetrics(metrics.registry)
    keeping = None
    if settings.store or settings.shadow:
        from service.keeping import open_keeping  # databases take half a second to load

        keeping = open_keeping(settings, classifier, ticket_metrics, load=load, redact=redact)

    desk = Desk(
        classifier,
        keeping.books if keeping else None,
        home=activation.home,
        store=keeping.calls.store if keeping else None,
        zone=read_zone(settings.timezone),
        fewest=settings.report_fewest,
        playbook=open_playbook(settings.playbook, engine.taxonomy),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        classifier.scheduler.start()
        activated = asyncio.create_task(activation.run())
        lag = asyncio.create_task(metrics.watch_loop())
        if keeping:
            keeping.start()
        yield
        readiness.stop()
        activated.cancel()
        await classifier.scheduler.stop(settings.grace)
        lag.cancel()
        if keeping:
            await keeping.stop()
        if traces:
            await asyncio.to_thread(traces.close)

    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
        exception_handlers={HTTPException: _refuse_address, RequestValidationError: _refuse_fields},
    )
    app.state.settings = settings
    app.state.readiness = readiness
    app.state.classifier = classifier
    app.state.keeping = keeping
    app.state.desk = desk
    app.state.tickets = keeping.tickets if keeping else None
    app.state.keeper = keeper = Gatekeeper(KeyRing(settings.keys), settings) if settings.keys else None
    app.add_middleware(BodyLimits, max_bytes=settings.max_body_bytes, timeout=settings.body_timeout)
    if keeper:
        app.add_middleware(Gate, keeper=keeper)
    app.add_middleware(Origin, hosts=allowed_hosts(settings))
    app.include_router(api := api_router(classifier, readiness))
    metrics.expect(api)
    app.include_router(ticket_router(classifier, readiness))
    app.include_router(label_router())
    app.include_router(emerging_router())
    app.include_router(report_router(desk))
    app.include_router(model_router(activation))
    app.include_router(probe_router(classifier, readiness, keeping.health if keeping else None))
    app.include_router(metrics_router(metrics))
    pages(app, classifier, interface)
    review_page(app, classifier, interface)
    show = report_pages(app, desk, interface)
    watches = [metrics.served, traces.served] if traces else [metrics.served]
    app.add_middleware(Access, readiness=readiness, watches=watches, show=show)  # added last, so the outermost
    _describe(app, classifier, keyed=keeper is not None)
    return app


async def _refuse_address(request: Request, error: Exception) -> Response:
    """Name the framework's own refusals, which concern the address or the method, as the service's are."""
    assert isinstance(error, HTTPException)
    problem: Problem
    if error.status_code == 405:
        allowed = _methods(request) or (error.headers or {}).get("Allow", "")
        told = f"Use {allowed}." if allowed else "See /docs for the methods of each address."
        problem = MethodNotAllowed(told, headers={"Allow": allowed} if allowed else None)
    elif error.status_code == 404:
        problem = NotFound("See /docs for the addresses that there are.")
    else:
        raise error
    raise problem from None


def _methods(request: Request) -> str:
    """List the methods that an address takes: the framework names those of one route, where there are several."""
    template = getattr(request.scope.get("route"), "path_format", None)
    routes = (each for each in iter_route_contexts(request.app.routes) if each.path_format == template)
    return ", ".join(sorted({method for route in routes for method in route.methods or ()}))


async def _refuse_fields(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    raise InvalidFields(field_errors(error.errors())) from None


def _describe(app: FastAPI, classifier: Classifier, *, keyed: bool) -> None:
    """Serve the OpenAPI document, with what the framework cannot know of.

    That is the envelope of refusals, the languages of the model that answers now, and whether keys are needed at all.
    """
    one_at_a_time = threading.Lock()

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            parts = schema.setdefault("components", {}).setdefault("schemas", {})
            body = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
            parts.update(body.pop("$defs", {}))
            parts["ProblemBody"] = body
            if not keyed:
                for operation in (each for path in schema["paths"].values() for each in path.values()):
                    if "security" in operation:
                        operation["security"].append({})  # which is to say: or none
            app.openapi_schema = schema
        parts = app.openapi_schema["components"]["schemas"]
        for name in ("Message", "TicketBody"):
            languages = parts[name]["properties"]["language"]["anyOf"][0]
            languages["enum"] = list(classifier.engine.languages)
        describe_labels(parts, classifier.engine.taxonomy)
        return app.openapi_schema

    def document(_: Request) -> Response:
        """Run on a thread, being no coroutine: the first document takes a third of a second to make."""
        with one_at_a_time:
            return JSONResponse(app.openapi())

    app.openapi = openapi  # type: ignore[method-assign]
    app.add_route("/openapi.json", document, include_in_schema=False)
