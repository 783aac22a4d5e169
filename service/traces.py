"""OpenTelemetry spans: one a request, with what came of it and where the time went. No text is in them.

A span is made when its request is over, from the times that were taken anyway, so that nothing is carried through the
service. Needs the extra `traces`; without `RECLAMO_TRACES` nothing of it is imported. The SDK's own variables
(`OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`, `OTEL_EXPORTER_OTLP_HEADERS` …) hold.
"""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from service.served import Served

COLLECTOR_PATH: Final = "/v1/traces"
"""Where collectors take spans in, unless the address says otherwise."""

SENDING: Final = 3.0
"""Seconds in which a batch has to be taken in, retries included; so long may the service's end wait for the last."""

_EXPORTER: Final = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def installed() -> bool:
    """Whether the extra is there."""
    try:
        return find_spec("opentelemetry.sdk.trace") is not None and find_spec(_EXPORTER) is not None
    except ModuleNotFoundError:
        return False


class Traces:
    """Turns requests that are over into spans of a provider."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("reclamo")
        self._propagator = TraceContextTextMapPropagator()

    def served(self, request: Served) -> None:
        """Make the span of a request, under the span that its `traceparent` names, and its parts below it."""
        from opentelemetry.trace import SpanKind, set_span_in_context
        from opentelemetry.trace.status import Status, StatusCode

        zero = time.time_ns() - time.monotonic_ns()

        def at(seconds: float) -> int:
            return zero + round(seconds * 1e9)

        span = self._tracer.start_span(
            f"{request.method} {request.route}" if request.route else request.method,
            self._propagator.extract(request.parent),
            SpanKind.SERVER,
            _attributes(request),
            start_time=at(request.began),
        )
        if request.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        context = set_span_in_context(span)
        for name, began, ended in _parts(request):
            self._tracer.start_span(name, context, start_time=at(began)).end(at(ended))
        span.end(at(request.ended))

    def close(self) -> None:
        """Send what is left, and end the sending thread. May take seconds: call it off the loop."""
        self._provider.shutdown()


def open_traces(endpoint: str) -> Traces:
    """Send spans to a collector, in batches, from a thread of their own; when it cannot keep up, spans are lost."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "reclamo")})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    address = endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + COLLECTOR_PATH
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address, timeout=SENDING)))
    return Traces(provider)


def _attributes(request: Served) -> dict[str, str | int]:
    told: dict[str, str | int | None] = {
        "http.request.method": request.method,
        "http.route": request.route,
        "http.response.status_code": request.status,
        "error.type": request.problem,
        "reclamo.request_id": request.request_id,
        "reclamo.characters": request.characters,
    }
    if outcome := request.outcome:
        told |= {
            "reclamo.messages": len(outcome.answers),
            "reclamo.cached": outcome.cached,
            "reclamo.model_version": outcome.answers[0].model_version,
        }
    return {name: value for name, value in told.items() if value is not None}


def _parts(request: Served) -> list[tuple[str, float, float]]:
    """Name the parts of a request's time, with begin and end; of several messages, the longest wait and computation."""
    outcome = request.outcome
    if outcome is None:
        return []
    ready = outcome.began + outcome.prepared
    parts = [("prepare", outcome.began, ready)]
    if outcome.computed:
        started = ready + outcome.waited
        parts += [("queue", ready, started), ("infer", started, started + outcome.computed)]
    return parts
