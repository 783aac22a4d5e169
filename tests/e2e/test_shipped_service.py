"""The service as a user starts it, with the model that ships."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.artifact import read_manifest
from models.registry import current_version
from models.runner import engines

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "service", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        address = ""
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                address = found[0]
            if "ready: " in line:
                break
        assert address
        yield address, process
        process.kill()


def post(url: str, body: object) -> Any:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def test_it_names_the_engine_that_computes(service: tuple[str, subprocess.Popen[str]]) -> None:
    with urllib.request.urlopen(f"{service[0]}/readyz", timeout=30) as response:
        told = json.loads(response.read())
    assert told["engine"] in engines(read_manifest(current_version()))
    assert told["model_version"] == read_manifest(current_version()).model_version


def test_an_engine_that_does_not_go_with_the_model_ends_the_start() -> None:
    command = [sys.executable, "-m", "service", "--port", "0", "--engine", "abacus"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 3
    assert "has no weights for the engine 'abacus'; RECLAMO_ENGINE can be auto, onnxruntime-int8" in ended.stderr


def test_a_batch_in_five_languages_and_clean_end(service: tuple[str, subprocess.Popen[str]]) -> None:
    address, process = service
    texts = {
        "fi": "Olen soittanut teille jo neljä kertaa eikä kukaan vastaa. Netti on ollut poikki koko viikon.",
        "vi": "Tài khoản của tôi bị trừ 2 triệu mà không hiểu lý do, gọi tổng đài không ai nghe máy.",
        "es": "Llevo tres semanas esperando el reembolso y nadie me da una respuesta.",
        "en": "There is a strong smell of gas in the hallway since this morning, please send someone.",
        "de": "Ich warte seit drei Wochen auf meine Rechnung und niemand meldet sich bei mir.",
    }
    results = post(f"{address}/v1/classify/batch", {"messages": [{"text": text} for text in texts.values()]})["results"]
    assert [result["language"]["label"] for result in results] == list(texts)
    assert [result["kind"] and result["kind"]["label"] for result in results] == ["complaint"] * 4 + [None]
    assert results[3]["urgency"]["label"] == "critical"
    assert results[4]["review"] == {"needed": True, "reasons": ["unsupported_language"]}
    assert len({result["model_version"] for result in results}) == 1
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert process.wait(timeout=30) == 0
    assert time.monotonic() - started < 10
