"""What docs/security.md claims: each risk has its row, and each test that it names is there."""

from __future__ import annotations

import ast
import importlib.util
import re
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.service.conftest import client

__all__ = ["client"]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_every_test_that_the_page_names_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_risk_of_the_ten_has_a_row_with_a_test_or_says_that_it_has_none() -> None:
    rows = re.findall(r"^\| (API\d+):2023 .*$", PAGE, re.M)
    assert rows == [f"API{number}" for number in range(1, 11)]
    for row in re.findall(r"^\| API\d+:2023 .*$", PAGE, re.M):
        assert re.search(r"`tests/[\w/]+\.py::\w+`|not built", row), row
    assert len(NAMED) > 20
    assert PAGE.count("::") == len(NAMED), "every test is named as `file::name`"


def test_answering_opens_no_connection(client: TestClient) -> None:
    opened: list[str] = []
    watching = [True]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching[0] and event in ("socket.connect", "socket.getaddrinfo", "urllib.Request", "http.client.connect"):
            opened.append(event)

    sys.addaudithook(watch)  # it cannot be taken away again, only told to look elsewhere
    try:
        for text in ("See http://169.254.169.254/latest/meta-data", "file:///etc/passwd ftp://example.com/x"):
            assert client.post("/v1/classify", json={"text": text}).status_code == 200
        assert opened == []
        with socket.socket() as probe, pytest.raises(OSError, match="refused"):
            probe.connect(("127.0.0.1", 9))
        assert opened == ["socket.connect"], "a connection would have been seen"
    finally:
        watching[0] = False


def test_nobody_is_told_to_install_by_a_name_that_anybody_could_register() -> None:
    """The project is in no package index: what stands there under its name would be a stranger's."""
    rooms = ("data", "models", "training", "service", "tests", "benchmarks", "docs", "deploy", ".ci")
    read = [path for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".md", ".yaml", "")]
    read = [path for path in [*read, *ROOT.glob("*.md"), ROOT / "Makefile"] if path.is_file()]
    told = re.compile(r"pip install [^`\n]*['\"\s]reclamo\b|\breclamo" + r"\[\w")
    assert {str(path) for path in read if told.search(path.read_text(encoding="utf-8"))} == set()


def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci/audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FAULT = {"id": "PYSEC-1", "fix_versions": ["2.0"]}


@pytest.mark.parametrize(
    ("packages", "code", "told"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, "1 packages looked up, 0 vulnerabilities"),
        ([{"name": "a", "version": "1", "vulns": [FAULT]}], 1, "a 1: PYSEC-1, mended in 2.0"),
        ([{"name": "a", "skip_reason": "?"}], 0, "audit SKIPPED: none of the 1 packages could be looked up"),
        ([{"name": "a", "skip_reason": "?"}, {"name": "b", "version": "1", "vulns": [FAULT]}], 1, "NOT looked up: a"),
    ],
)
def test_the_audit_never_takes_what_it_could_not_ask_for_clean(
    packages: list[dict[str, Any]], code: int, told: str
) -> None:
    found, said = audit().verdict(packages)
    assert found == code
    assert told in said
