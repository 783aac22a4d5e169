"""`python -m tests.service.serve_versions [flags]`, or `… models COMMAND`: the real program, with toy versions."""

from __future__ import annotations

import sys

import service.__main__ as program
import service.loading as loading
from tests.service import toy_versions

if __name__ == "__main__":
    loading.load = toy_versions.load
    sys.exit(program.main(sys.argv[1:]))
