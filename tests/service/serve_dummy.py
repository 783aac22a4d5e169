"""`python -m tests.service.serve_dummy SECONDS [flags]`: the real process; messages with "slow" take SECONDS.

Messages with "exit" raise what would end a thread.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import service.__main__ as program
import service.loading as loading
from models.engine import Engine, Prepared
from service.settings import Settings
from tests.service.dummy_engine import DummyEngine


def load(folder: Path, settings: Settings) -> Engine:
    def take_time(group: Sequence[Prepared]) -> None:
        logging.getLogger("dummy").info("computing %d", len(group))
        if any("exit" in each.text for each in group):
            raise SystemExit
        time.sleep(float(sys.argv[1]) * sum("slow" in each.text for each in group))

    return DummyEngine(before=take_time)


if __name__ == "__main__":
    loading.load = load
    sys.exit(program.main(sys.argv[2:]))
