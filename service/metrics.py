"""What the service counts and measures, for Prometheus to fetch from `/metrics`.

Each application has a registry of its own. Labels take values from known sets only: routes, statuses, refusals, the
languages and the taxonomy of the model. What a moment looks like (the line, the model, the phase) is not counted but
read when asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPMethod
from importlib.metadata import PackageNotFoundError, version
from typing import Final, get_args

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from data.taxonomy import GROUP_IDS, GroupId
from models.answer import Answer, Choice, Reason
from models.engine import Engine
from service.access import CLIENT_GONE
from service.activation import Way
from service.backlog import Job
from service.classify import Classifier, Outcome
from service.errors import Problem
from service.gate import needs
from service.readiness import Phase, Readiness
from service.routes import problems
from service.served import Served

SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
MESSAGES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
OTHER: Final = "other"
"""The value of a label for everything that has none of its own."""

SHED: Final = frozenset({429, 503, 504})
ABSTAINING: Final = (Reason.unsupported_language, Reason.unintelligible)
LAG_INTERVAL: Final = 0.5


class _Registry(CollectorRegistry):
    """Leaves out the times of creation, which the library adds to each counter and only switches off for everybody."""

    def collect(self) -> Iterable[Metric]:
        for metric in super().collect():
            metric.samples = [each for each in metric.samples if not each.name.endswith("_created")]
            yield metric


class Metrics:
    """The counters and histograms, and the hooks that fill them. All hooks may be called from any thread."""

    def __init__(self) -> None:
        self.registry = registry = _Registry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)

        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(f"reclamo_{name}", told, labels, registry=registry)

        def histogram(name: str, told: str, *labels: str, buckets: Sequence[float] = SECONDS) -> Histogram:
            return Histogram(f"reclamo_{name}", told, labels, buckets=buckets, registry=registry)

        self.requests = counter("requests", "Requests that are over.", "method", "route", "status")
        self.request_seconds = histogram("request_seconds", "From arrival to the end of the answer.", "route")
        self.shed = counter("shed_requests", "Requests refused for want of time or room.", "route", "reason")
        self.request_messages = histogram("request_messages", "Messages of a request.", buckets=MESSAGES)
        self.prepare_seconds = histogram("prepare_seconds", "Making a request's messages ready.")
        self.wait_seconds = histogram("wait_seconds", "A message's wait in line.")
        self.compute_seconds = histogram("compute_seconds", "Computing a group of messages on a thread.")
        self.group_messages = histogram("group_messages", "Messages computed at once.", buckets=MESSAGES[:6])
        self.answers = counter("answers", "Messages answered.", "language")
        self.cached = counter("cached_answers", "Of these, answers that were not computed anew.")
        self.review = counter("review_needed", "Of these, answers that a person should look at.")
        self.abstentions = counter("abstentions", "Of these, answers without any label.", "reason")
        self.labels = counter("labels", "Labels given.", "group", "label")
        self.lag = histogram("event_loop_lag_seconds", "How late the event loop comes to what is due.")
        self.refusals = counter("refused_activations", "Versions of the model that were not taken.", "way")
        for reason in ABSTAINING:
            self.abstentions.labels(reason.value)
        for way in get_args(Way):
            self.refusals.labels(way)

    def watch(self, classifier: Classifier, readiness: Readiness) -> None:
        """Read the line, the model and the phase from here when asked; begin its languages and labels at 0."""
        self.registry.register(_Moment(classifier, readiness))
        for language in (*classifier.engine.languages, OTHER):
            self.answers.labels(language)
        for group in classifier.engine.taxonomy.groups:
            for label in group.ids:
                self.labels.labels(group.id, label)

    def expect(self, router: APIRouter) -> None:
        """Begin the counters of a router's routes at 0, so that the first of each kind is seen to be one more."""
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in route.methods or ():
                    self.requests.labels(method, route.path, 200)
                self.request_seconds.labels(route.path)
                for reason in shed_reasons():
                    self.shed.labels(route.path, reason)

    def served(self, request: Served) -> None:
        """Count a request that is over."""
        method = request.method if request.method in HTTPMethod.__members__ else OTHER
        route = request.route or OTHER
        self.requests.labels(method, route, request.status).inc()
        self.request_seconds.labels(route).observe(request.seconds)
        if request.problem and (request.status in SHED or request.problem == CLIENT_GONE):
            self.shed.labels(route, request.problem).inc()

    def answered(self, engine: Engine, outcome: Outcome) -> None:
        """Count the answers of an outcome."""
        self.request_messages.observe(len(outcome.answers))
        self.prepare_seconds.observe(outcome.prepared)
        self.cached.inc(outcome.cached)
        known = {(group.id, label) for group in engine.taxonomy.groups for label in group.ids}
        for answer in outcome.answers:
            language = answer.language.label
            self.answers.labels(language if language in engine.languages else OTHER).inc()
            self.review.inc(answer.review.needed)
            for reason in ABSTAINING:
                if reason in answer.review.reasons:
                    self.abstentions.labels(reason.value).inc()
            for group, label in _labels(answer):
                self.labels.labels(group, label if (group, label) in known else OTHER).inc()

    def refused(self, way: Way) -> None:
        """Count a version that was to answer and may not."""
        self.refusals.labels(way).inc()

    def computed(self, jobs: Sequence[Job]) -> None:
        """Measure a group that was computed."""
        self.group_messages.observe(len(jobs))
        self.compute_seconds.observe(jobs[0].finished - jobs[0].started)
        for job in jobs:
            self.wait_seconds.observe(job.started - job.submitted)

    async def watch_loop(self) -> None:
        """Measure the loop that this runs on, until cancelled."""
        while True:
            due = time.monotonic() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            self.lag.observe(max(0.0, time.monotonic() - due))

    def text(self) -> str:
        """Write everything in the text form of Prometheus."""
        return generate_latest(self.registry).decode()


class _Moment(Collector):
    """What is so at the moment of asking."""

    def __init__(self, classifier: Classifier, readiness: Readiness) -> None:
        self.classifier = classifier
        self.readiness = readiness

    def collect(self) -> Iterator[Metric]:
        scheduler, engine = self.classifier.scheduler, self.classifier.engine
        for name, told, value in (
            ("queue_tokens", "Tokens waiting or under way.", scheduler.cost),
            (
                "queue_tokens_limit",
                "Tokens from which batches are refused; single messages have a quarter more.",
                scheduler.queue_tokens,
            ),
            ("queue_messages", "Messages waiting for a thread.", scheduler.waiting),
            ("worker_threads", "Computing threads that are alive.", scheduler.threads),
            ("cache_answers", "Answers kept.", len(self.classifier.cache)),
        ):
            yield GaugeMetricFamily(f"reclamo_{name}", told, value)
        phase = GaugeMetricFamily("reclamo_phase", "1 for the phase that the service is in.", labels=["phase"])
        for each in Phase:
            phase.add_metric([each.value], each is self.readiness.phase)
        yield phase
        model = GaugeMetricFamily(
            "reclamo_model_info", "The model that answers.", labels=["model_version", "taxonomy_version", "engine"]
        )
        model.add_metric([engine.model_version, engine.taxonomy.version, engine.name], 1)
        yield model
        build = GaugeMetricFamily("reclamo_build_info", "The version of the software.", labels=["version"])
        build.add_metric([_build()], 1)
        yield build


def metrics_router(metrics: Metrics) -> APIRouter:
    """Make `/metrics`. It never waits behind messages."""
    router = APIRouter(tags=["operations"], dependencies=[needs("metrics")])

    @router.get(
        "/metrics", response_class=PlainTextResponse, responses=problems(400, 401, 403, 413, 415, 421, 429, 500)
    )
    async def read_metrics() -> PlainTextResponse:
        """Tell counts and measures in the text form of Prometheus. No text, and no address of anybody."""
        return PlainTextResponse(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def shed_reasons() -> list[str]:
    """Name every refusal for want of time or room: the codes of 429, 503 and 504, and clients that went away."""
    return [*sorted(each.code for each in _problems(Problem) if each.status in SHED), CLIENT_GONE]


def _problems(parent: type[Problem]) -> Iterator[type[Problem]]:
    for each in parent.__subclasses__():
        if not each.__name__.startswith("_"):
            yield each
        yield from _problems(each)


def _labels(answer: Answer) -> Iterator[tuple[GroupId, str]]:
    for group in GROUP_IDS:
        given: Choice | Sequence[Choice] | None = getattr(answer, group)
        for each in [given] if isinstance(given, Choice) else given or ():
            yield group, each.label


def _build() -> str:
    try:
        return version("reclamo")
    except PackageNotFoundError:
        return "unknown"
