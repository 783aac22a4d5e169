"""Who races: every server as it comes (default), and as it was found to be best here (tuned).

What else was tried (try-…) runs only where its name is given: `--peers mosec`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.race import ROOT
from benchmarks.race.forms import Form
from benchmarks.race.network import Network
from benchmarks.race.shared_model import Setup
from service.cores import usable_cores

INFINITY = ROOT / ".venv-infinity" / "bin" / "infinity_emb"
BATCH = 32
"""Messages in a batch call of Reclamo."""
ASKED_BEFORE = 1_000
"""Messages that are asked again and again where the cache is timed."""
CORES = usable_cores()
SHIPPED, FULL, SMALL = "shipped", "full", "small"
"""What is computed: the classifier that ships; or the network of `benchmarks.race.network`, in 32 or in 8 bits."""
RECLAMO = {SHIPPED: "reclamo/default", FULL: "reclamo/full", SMALL: "reclamo/small"}
"""The row that all others which compute the same are held against."""

TRIAL = "/try-"
"""In the name of a setting that was tried and found no better than the tuned one."""

_PYTHON = (sys.executable, "-m")
_ALL_CORES = Setup(threads=CORES)
_ONE_THREAD = Setup(threads=1, quiet=1)
_WORKERS = Setup(workers=CORES, threads=1, quiet=1)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A server in one setting."""

    name: str
    """Of the server and the setting, with a slash between them."""
    told: str
    """What the setting is, in words for the report."""
    command: tuple[str, ...]
    """`{port}` stands for the port."""
    path: str
    ready: str
    """Address that answers 200 once the server may be asked."""
    computes: str = SHIPPED
    form: Form = Form.text
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: str | None = None
    """Package, or file, without which it cannot run."""
    folder: Path = ROOT
    """Where it is started."""
    cached: bool = False

    @property
    def texts(self) -> int:
        """Texts in one request."""
        return BATCH if self.form is Form.batch else 1

    def missing(self) -> str | None:
        """Say what keeps it from running here, or None."""
        if self.needs is None or Path(self.needs).exists() or importlib.util.find_spec(self.needs):
            return None
        return f"{Path(self.needs).name} is not installed; `make race` installs what can be"


def all_rows(network: Network) -> list[Row]:
    """List the rows."""
    return [*_reclamo(network), *_litserve(), *_mosec(), *_bentoml(), *_fastapi(network), *_infinity(network)]


def _reclamo(network: Network) -> list[Row]:
    command = (*_PYTHON, "service", "--port", "{port}")

    def row(setting: str, told: str, *flags: str, path: str = "/v1/classify", **more: Any) -> Row:
        given = (*command, *flags)
        return Row(name=f"reclamo/{setting}", told=told, command=given, path=path, ready="/readyz", **more)

    def same_network(setting: str, told: str, folder: Path) -> Row:
        return row(setting, told, "--model", str(folder), computes=setting, form=Form.bare)

    return [
        row("default", "as it comes"),
        row("cached", f"{ASKED_BEFORE:,} messages asked again and again", cached=True),
        row("batch", f"batch calls of {BATCH} messages", path="/v1/classify/batch", form=Form.batch),
        same_network(FULL, "as it comes, this network in 32 bits", network.full),
        same_network(SMALL, "as it comes, this network in 8 bits", network.small),
    ]


def _litserve() -> list[Row]:
    def row(setting: str, told: str, setup: Setup) -> Row:
        return Row(
            name=f"litserve/{setting}",
            told=told,
            command=(*_PYTHON, "benchmarks.race.peers.litserve_app", "{port}"),
            path="/predict",
            ready="/health",
            environment=setup.environment(),
            needs="litserve",
        )

    return [
        row("default", "one worker, one text at a time on all cores", _ALL_CORES),
        row("tuned", f"{CORES} workers of one thread, no batching", _WORKERS),
        row("try-batch", f"{CORES} workers of one thread, batches of up to 8", replace(_WORKERS, batch=8)),
        row("try-wait", "one worker on all cores, batches of up to 32, 5 ms", replace(_ALL_CORES, batch=32, wait=5)),
    ]


def _mosec() -> list[Row]:
    def row(setting: str, told: str, setup: Setup) -> Row:
        return Row(
            name=f"mosec/{setting}",
            told=told,
            command=(*_PYTHON, "benchmarks.race.peers.mosec_app", "--address", "127.0.0.1", "--port", "{port}"),
            path="/inference",
            ready="/",
            environment=setup.environment(),
            needs="mosec",
        )

    return [
        row("default", "one worker, one text at a time on all cores", _ALL_CORES),
        row("tuned", f"{CORES} workers of one thread, no batching", _WORKERS),
        row("try-batch", f"{CORES} workers of one thread, batches of up to 8", replace(_WORKERS, batch=8, wait=1)),
        row("try-wait", "one worker on all cores, batches of up to 32, 5 ms", replace(_ALL_CORES, batch=32, wait=5)),
    ]


def _bentoml() -> list[Row]:
    app = "benchmarks.race.peers.bentoml_app:Classify"

    def row(setting: str, told: str, setup: Setup, path: str = "/classify", form: Form = Form.text) -> Row:
        return Row(
            name=f"bentoml/{setting}",
            told=told,
            command=(*_PYTHON, "bentoml", "serve", app, "--host", "127.0.0.1", "--port", "{port}"),
            path=path,
            form=form,
            ready="/readyz",
            environment={
                **setup.environment(),
                "BENTOML_DO_NOT_TRACK": "True",
                "BENTOML_CONFIG_OPTIONS": "api_server.logging.access.enabled=false" if setup.quiet else "",
            },
            needs="bentoml",
        )

    return [
        row("default", "one worker, one text at a time on all cores", _ALL_CORES),
        row("tuned", f"{CORES} workers of one thread, no batching", _WORKERS),
        row("try-batch", f"{CORES} workers, adaptive batches of up to 32", _WORKERS, "/classify_batched", Form.listed),
    ]


def _fastapi(network: Network) -> list[Row]:
    """List plain FastAPI with what one writes by hand."""

    def row(name: str, told: str, app: str, setup: Setup, processes: int = 1, **more: Any) -> Row:
        flags = ("--workers", str(processes), *(("--no-access-log",) if setup.quiet else ()))
        return Row(
            name=f"fastapi-{name}",
            told=told,
            command=(*_PYTHON, "uvicorn", f"benchmarks.race.peers.{app}:app", "--port", "{port}", *flags),
            path="/classify",
            ready="/openapi.json",
            environment={**setup.environment(), "RACE_NETWORK": str(network.hugging_face)},
            **more,
        )

    waits = Setup(threads=CORES, batch=32, wait=5)
    told = "32 texts, padded to the longest, after a wait of 5 ms, on all cores"
    each = f"{CORES} processes of one thread"
    hugging: dict[str, Any] = {"computes": FULL, "form": Form.scores, "needs": "transformers"}
    return [
        row("padded/default", told, "fastapi_padded", waits),
        row("padded/tuned", f"{each}, no batching", "fastapi_padded", _ONE_THREAD, CORES),
        row("padded/try-threads", f"one process, {CORES} threads, no batching", "fastapi_padded", _WORKERS),
        row("padded/try-small", f"{each}, 4 texts padded", "fastapi_padded", replace(_ONE_THREAD, batch=4), CORES),
        row("pipeline/default", "one process, torch in 32 bits, all cores", "fastapi_pipeline", _ALL_CORES, **hugging),
        row("pipeline/tuned", f"{each}, torch in 32 bits", "fastapi_pipeline", _ONE_THREAD, CORES, **hugging),
        row("pipeline/try-thread", "one process, one thread a text", "fastapi_pipeline", _ONE_THREAD, **hugging),
    ]


def _infinity(network: Network) -> list[Row]:
    """List infinity, in an environment of its own, since it needs older libraries."""

    def row(setting: str, told: str, computes: str, *flags: str) -> Row:
        common = ("--device", "cpu", "--served-model-name", "network", "--host", "127.0.0.1", "--port", "{port}")
        return Row(
            name=f"infinity/{setting}",
            told=told,
            command=(str(INFINITY), "v2", "--model-id", ".", *flags, *common),
            path="/classify",
            ready="/health",
            computes=computes,
            form=Form.infinity,
            environment={"INFINITY_ANONYMOUS_USAGE_STATS": "0"},
            needs=str(INFINITY),
            folder=network.hugging_face,  # its engine optimum fails on an absolute path
        )

    torch = ("--engine", "torch", "--dtype", "float32", "--no-bettertransformer", "--no-compile")
    onnx = ("--engine", "optimum", "--no-model-warmup", "--log-level", "warning", "--batch-size")
    return [
        row("default", "torch in 32 bits, batches of up to 32", FULL, *torch),
        row("tuned", "ONNX Runtime in 8 bits, batches of up to 8", SMALL, *onnx, "8"),
        row("try-large", "ONNX Runtime in 8 bits, batches of up to 32", SMALL, *onnx, "32"),
        row("try-single", "ONNX Runtime in 8 bits, one text at a time", SMALL, *onnx, "1"),
        row("try-torch", "torch in 32 bits, batches of up to 4", FULL, *torch, "--batch-size", "4"),
    ]
