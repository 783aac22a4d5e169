"""The race is honest: it asks as it says, refuses wrong answers, leaves nothing behind, divides like by like."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from benchmarks.race import ask, report
from benchmarks.race.ask import WrongAnswers, ask_server
from benchmarks.race.client import Order, Report, send
from benchmarks.race.forms import PLAIN, Form, Labels, column_names, labels
from benchmarks.race.limit import count_work
from benchmarks.race.network import Network
from benchmarks.race.reference import Reference
from benchmarks.race.report import write_report
from benchmarks.race.results import ENGINE, Phase, Result, append, read
from benchmarks.race.rows import RECLAMO, Row, all_rows
from benchmarks.race.server import ServerError, processes, running
from benchmarks.race.shared_model import PaddedEngine, Setup, answers, load, read_setup
from benchmarks.race.standings import Standings, rate
from benchmarks.race.texts import draw_texts, endless, from_round
from data.taxonomy import Taxonomy, read_taxonomy
from models.answer import Language
from models.decision import Decider
from models.registry import current_version

ROOT = Path(__file__).parents[2]
NETWORK = Network(Path("hugging-face"), Path("full"), Path("small"))


class Server(ThreadingHTTPServer):
    """Answers every POST after `delay` seconds, and counts."""

    def __init__(self, delay: float = 0.0, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.delay, self.status = delay, status
        self.bodies: list[bytes] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.under_way += 1
            self.server.most_under_way = max(self.server.most_under_way, self.server.under_way)
        time.sleep(self.server.delay)
        with self.server.lock:
            self.server.under_way -= 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def bodies(tmp_path: Path) -> str:
    path = tmp_path / "bodies.jsonl"
    path.write_text("".join(f"{number}\n" for number in range(1_000)), encoding="utf-8")
    return str(path)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(**getattr(request, "param", {})) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def result(row: str, round_: int = 0, texts: float = 100.0, **more: Any) -> Result:
    phase = Phase(rate=texts, p50=1000 / texts, p99=3000 / texts, requests=10, failed=0)
    phases = {"single": phase, "full": phase, "open": phase}
    return Result(**{"race": "a", "round": round_, "row": row, "phases": phases, "same": 1.0, "idle": 1.0, **more})


@pytest.mark.parametrize("server", [{"delay": 0.02}], indirect=True)
def test_a_closed_loop_keeps_so_many_under_way_and_sends_each_body_once(server: Server, bodies: str) -> None:
    done = asyncio.run(send(Order(server.url, bodies, 5, seconds=60, concurrency=3, most=12, keep=2)))
    assert sorted(map(int, server.bodies)) == list(range(5, 17))
    assert server.most_under_way == 3
    assert done.used == len(done.latencies) == 12
    assert min(done.latencies) >= 20
    assert done.answers == {5: "5", 6: "6"}


@pytest.mark.parametrize("server", [{"delay": 0.3}], indirect=True)
def test_an_open_loop_sends_by_the_clock_whether_or_not_it_is_answered(server: Server, bodies: str) -> None:
    chance, due, expected = random.Random(7), 0.0, 0
    while (due := due + chance.expovariate(100)) < 0.25:
        expected += 1
    done = asyncio.run(send(Order(server.url, bodies, 0, seconds=0.25, rate=100, seed=7)))
    assert len(server.bodies) == done.used == len(done.latencies) == expected
    assert server.most_under_way > 1


@pytest.mark.parametrize("server", [{"status": 503}], indirect=True)
def test_refusals_are_failures_and_have_no_time(server: Server, bodies: str) -> None:
    done = asyncio.run(send(Order(server.url, bodies, 0, seconds=60, most=4)))
    assert (done.latencies, done.failed) == ([], {"503": 4})
    with pytest.raises(ServerError, match="503"):
        Phase.of(done)


def test_a_body_is_never_sent_again_for_want_of_others(server: Server, bodies: str) -> None:
    with pytest.raises(RuntimeError, match="too few bodies"):
        asyncio.run(send(Order(server.url, bodies, 998, seconds=60)))


def test_texts_are_drawn_by_the_seed_in_all_languages_and_never_come_twice() -> None:
    texts = draw_texts(1)
    assert texts == draw_texts(1)
    assert texts != draw_texts(2)
    assert sorted(from_round(texts, 3)) == sorted(texts)
    assert from_round(texts, 3)[0] != texts[0]
    asked = list(islice(endless(texts[:50]), 200))
    assert len(set(asked)) == 200


def test_a_server_and_all_that_it_started_are_gone_afterwards(tmp_path: Path) -> None:
    program = tmp_path / "server.py"
    program.write_text(
        "import signal, subprocess, sys\n"
        "from http.server import HTTPServer, SimpleHTTPRequestHandler\n"
        "deaf = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'\n"
        "subprocess.Popen([sys.executable, '-c', deaf], start_new_session=True)\n"
        "HTTPServer(('127.0.0.1', int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()\n",
        encoding="utf-8",
    )
    with running([sys.executable, str(program), "{port}"], "/", tmp_path / "log", tmp_path, {}) as server:
        assert len(processes(server.mark)) == 2
        assert server.processor_seconds() > 0
    assert processes(server.mark) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(server.address.rpartition(":")[2]))) != 0


def test_a_server_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such model')"]
    with (
        pytest.raises(ServerError, match="ended with code 1") as error,
        running(command, "/", tmp_path / "log", tmp_path, {}),
    ):
        pass
    assert str(tmp_path / "log") in str(error.value)
    assert "no such model" in (tmp_path / "log").read_text()


class EchoReference(Reference):
    """Says that the right labels are those of one fixed answer."""

    def __init__(self, right: Labels) -> None:
        self._right = right

    @property
    def taxonomy(self) -> Taxonomy:
        return read_taxonomy()

    def labels(self, computes: str, text: str) -> Labels:
        return self._right


def test_a_server_that_answers_otherwise_is_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "BUILD", tmp_path)
    monkeypatch.setattr(ask, "WARM", 0.2)
    given: Labels = {
        "kind": {"label": "praise"},
        "urgency": None,
        "emotion": None,
        "themes": [],
        "signals": [],
        "motives": [],
    }
    program = tmp_path / "server.py"
    program.write_text(
        "import sys\n"
        "from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer\n"
        "class Handler(BaseHTTPRequestHandler):\n"
        "    protocol_version = 'HTTP/1.1'\n"
        "    def do_POST(self):\n"
        "        self.rfile.read(int(self.headers['Content-Length']))\n"
        "        self.do_GET()\n"
        "    def do_GET(self):\n"
        f"        body = {json.dumps(given).encode()!r}\n"
        "        self.send_response(200)\n"
        "        self.send_header('Content-Length', str(len(body)))\n"
        "        self.end_headers()\n"
        "        self.wfile.write(body)\n"
        "    def log_message(self, *_): pass\n"
        "ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()\n",
        encoding="utf-8",
    )
    row = Row(name="fixed/default", told="", command=(sys.executable, str(program), "{port}"), path="/", ready="/")
    texts = [f"text {number}" for number in range(100)]
    with pytest.raises(WrongAnswers, match="0%"):
        ask_server(row, texts, 0.2, EchoReference({**labels(given), "kind": "complaint"}))
    found = ask_server(row, texts, 0.2, EchoReference(labels(given)))
    assert found["phases"].keys() == {"single", "full", "open"}
    assert found["same"] == 1.0


def test_scores_are_decided_as_the_artifact_would() -> None:
    taxonomy = read_taxonomy()
    names = column_names(taxonomy)
    raw = np.random.default_rng(3).normal(size=len(names)).astype(np.float32)
    body = json.dumps([{"label": n, "score": 1 / (1 + np.exp(-float(s)))} for n, s in zip(names, raw, strict=True)])
    language = Language(label="und", confidence=0, supported=True)
    decided = Decider(taxonomy, PLAIN, "x").decide(raw, language, lambda *_: [], [])
    assert Form.scores.read(body.encode(), taxonomy) == [labels(decided.model_dump(mode="json"))]
    assert Form.infinity.read(f'{{"data": [{body}]}}'.encode(), taxonomy) == Form.scores.read(body.encode(), taxonomy)


def test_padding_gives_an_answer_to_each_text_and_one_alone_as_ever() -> None:
    texts = ["Lasku on väärin, korjatkaa se", "The parcel is three weeks late and nobody answers me.", "Muy amable."]
    padded, plain = PaddedEngine(current_version()), load(1)
    assert [each["language"]["label"] for each in answers(padded, texts)] == ["fi", "en", "es"]
    assert answers(padded, texts[:1]) == answers(plain, texts[:1])
    # Texts of one length need no padding, and 8 bits then scale as for one alone.
    assert answers(padded, texts[:1] * 3) == answers(plain, texts[:1] * 3)


def test_a_setup_travels_through_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Setup(workers=3, threads=2, batch=32, wait=5)
    for name, value in given.environment().items():
        monkeypatch.setenv(name, value)
    assert read_setup() == given


def test_every_server_races_as_it_comes_and_tuned_beside_the_same_work_of_ours() -> None:
    rows = {row.name: row for row in all_rows(NETWORK)}
    assert len(rows) == len(all_rows(NETWORK))
    for computes, name in RECLAMO.items():
        assert rows[name].computes == computes
    for peer in {name.partition("/")[0] for name in rows} - {"reclamo"}:
        assert {f"{peer}/default", f"{peer}/tuned"} <= rows.keys()


def test_a_row_whose_package_is_missing_says_so() -> None:
    row = Row(name="x/default", told="", command=(), path="/", ready="/", needs="no_such_package")
    assert "no_such_package is not installed" in str(row.missing())


def test_a_cut_race_is_read_back_without_what_belongs_to_another(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for each in (result("old", race="b"), result("x", refused="no", phases={}), result("x"), result("y", 1)):
        append(each, path)
    assert {(each.row, each.round, each.refused) for each in read(path=path)} == {("x", 0, None), ("y", 1, None)}
    assert [each.row for each in read("b", path)] == ["old"]


def test_ratios_are_taken_within_a_round() -> None:
    found = [result("a", 0, 100), result("b", 0, 50), result("a", 1, 10), result("b", 1, 20), result("b", 2, 999)]
    assert Standings(found).ratios("b", "a", rate) == [0.5, 2.0]


def test_the_report_tells_ratios_what_was_not_timed_and_that_the_machine_was_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "LIMIT", tmp_path / "none.json")
    monkeypatch.setattr(report, "BUILD", tmp_path)
    monkeypatch.setattr(report, "DOCS", tmp_path / "docs")
    (tmp_path / "docs").mkdir()
    ours = [result(name, round_, 200, idle=0.1) for round_ in range(2) for name in (*RECLAMO.values(), ENGINE)]
    batch = [result("reclamo/batch", round_, 150, phases={"full": ours[0].phases["full"]}) for round_ in range(2)]
    peers = [result("litserve/tuned", 0, 100, idle=0.1), result("litserve/tuned", 1, 160, idle=0.1)]
    refused = result("mosec/tuned", refused="mosec is not installed", phases={})
    page = write_report([*ours, *batch, *peers, refused])
    assert page.parent == tmp_path, "figures of a busy machine stay out of docs"
    assert write_report([result("reclamo/default")]).parent == tmp_path / "docs"
    text = page.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| LitServe"))
    assert "| 0.65 (0.50–0.80) |" in row
    assert "The machine was busy" in " ".join(text.split())
    assert "- mosec/tuned: mosec is not installed" in text
    assert "| ≥ 0.90 | 1.00 (1.00–1.00) | yes |" in text
    assert "| ≤ 4.00 | 3.00 (3.00–3.00) | yes |" in text
    assert "<svg" in page.with_suffix(".svg").read_text(encoding="utf-8")


def test_the_work_of_a_network_is_counted_from_its_shapes() -> None:
    config = json.loads((ROOT / "models" / "encoder" / "config.json").read_text(encoding="utf-8"))
    width, inner, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    columns = len(column_names(read_taxonomy(current_version() / "taxonomy.yaml")))
    work = count_work(onnx.load(next(current_version().glob("model*.onnx"))))
    encoder = layers * (4 * width**2 + 2 * width * inner)
    heads = width**2 + 3 * width * columns
    assert work.linear == 2 * (encoder + heads)
    assert work.attention == 2 * 2 * width * layers


def test_a_report_of_the_client_counts_what_came_within_the_time() -> None:
    assert Phase.of(Report(5, 2.0, [1.0, 2.0, 3.0, 4.0], {"503": 1}, {}), texts=32).model_dump() == {
        "rate": 64.0,
        "p50": 3.0,
        "p99": 4.0,
        "requests": 4,
        "failed": 1,
    }
