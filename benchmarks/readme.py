"""Bring the README's answers and figures up to date: its requests are sent again, its rows come from the evaluation.

Run as `python -m benchmarks.readme` after `make evaluate`.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from models.load import load_engine
from service.app import create_app
from service.settings import Settings

ROOT = Path(__file__).parents[1]
_EXAMPLE = re.compile(r"(-d '(\{.*?\})'\n```\n\n```json\n)(.*?)(\n```)", re.S)
_ROW = re.compile(r"^\| (\w+) \| ([^|]+?) \|.*$", re.M)
_HEAD = re.compile(r"^\| figure \| system \|.*$", re.M)


def spelled(answer: dict[str, Any]) -> str:
    """Write an answer as JSON with one field a line."""
    fields = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in answer.items()]
    return "{" + ",\n ".join(fields) + "}"


def main() -> int:
    """Rewrite the README in place."""
    path = ROOT / "README.md"
    text, report = path.read_text(encoding="utf-8"), (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    with TestClient(create_app(load_engine(), Settings()), base_url="http://localhost") as client:
        while client.get("/readyz").status_code != 200:
            time.sleep(0.1)

        def again(found: re.Match[str]) -> str:
            response = client.post("/v1/classify", json=json.loads(found[2]))
            return found[1] + spelled(response.json()) + found[4]

        text = _EXAMPLE.sub(again, text)
    rows = {(found[1], found[2]): found[0] for found in _ROW.finditer(report)}
    text = _ROW.sub(lambda found: rows.get((found[1], found[2]), found[0]), text)
    if head := _HEAD.search(report):
        text = _HEAD.sub(head[0], text)
    path.write_text(text, encoding="utf-8")
    sys.stdout.write("README.md is up to date; read its sentences on figures again yourself\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
