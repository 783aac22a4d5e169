"""The arrows of the house: who may import whom, and what serving must never load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "transformers", "sentence_transformers", "datasets", "sklearn"}
FORBIDDEN = {
    "data": {"models", "training", "service"} | HEAVY,
    "models": {"training", "service"} | HEAVY,
    "training": {"service"},
    "service": {"training"} | HEAVY,
}
LAZY = {
    "data/dispute.py": {"sklearn"},
    "data/export.py": {"pyarrow"},
    "data/tables/parquet.py": {"pyarrow"},
    "data/tables/sheets.py": {"openpyxl"},
    "models/hub.py": {"huggingface_hub"},
    "models/openvino_runner.py": {"openvino"},
    "service/reports/web/chart_kinds.py": {"matplotlib"},
    "service/reports/web/charts.py": {"matplotlib"},
    "service/reports/web/exports.py": {"openpyxl", "weasyprint"},
    "service/traces.py": {"opentelemetry"},
}
"""What a module may import inside a function that only an extra asks for, or for types alone; never at its top."""


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in it the import stands, but for what is lazily allowed."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = LAZY.get(str(path.relative_to(ROOT)), set())
    inside = {node for each in ast.walk(tree) if _is_lazy(each) for node in ast.walk(each)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module.split(".")[0]]
        found.update(name for name in names if not (name in lazy and node in inside))
    return found


def _is_lazy(node: ast.AST) -> bool:
    """Whether what a piece of code holds is not run when its module is imported."""
    return isinstance(node, ast.FunctionDef) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_imports_follow_the_arrows(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    wrong = {str(path.relative_to(ROOT)): bad for path in files if (bad := imported(path) & FORBIDDEN[package])}
    assert wrong == {}


def test_what_serving_imports_it_also_installs() -> None:
    """`make serve` installs the project's own dependencies and nothing of the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^a-z0-9-]", name)[0].replace("-", "_") for name in project["dependencies"]}
    files = [path for package in ("data", "models", "service") for path in (ROOT / package).rglob("*.py")]
    needed = set().union(*(imported(path) for path in files)) - set(sys.stdlib_module_names) - set(FORBIDDEN)
    carried = {"yaml": "pyyaml", "starlette": "fastapi", "pydantic_core": "pydantic", "stdnum": "python_stdnum"}
    assert {name for name in needed if carried.get(name, name) not in declared} == set()


@pytest.mark.e2e
def test_serving_loads_neither_torch_nor_transformers() -> None:
    """Load the shipped model, build the application and answer, in a process of its own."""
    program = """
import sys
from models.load import load_engine
from service.app import create_app
from service.settings import Settings
engine = load_engine()
create_app(engine, Settings())
prepared = engine.encode_pre("Lasku on väärin, korjatkaa se")
assert engine.encode_post(prepared, engine.encode_core([prepared])[0]).kind is not None
print(sorted({name.split(".")[0] for name in sys.modules} & {"torch", "transformers", "sentence_transformers"}))
assert not {"opentelemetry.sdk", "sqlalchemy", "phonenumbers"} & set(sys.modules), "none was asked for"
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_modules_stay_small() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in FORBIDDEN
        for path in (ROOT / package).rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}
