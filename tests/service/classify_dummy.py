"""`python -m tests.service.classify_dummy SECONDS FILE [flags]`: the real command; every text takes SECONDS.

At its end, a kill apart, it logs how many texts the engine computed.
"""

from __future__ import annotations

import logging
import sys

from models.engine import Engine
from service import bulk
from service.settings import Settings
from tests.service.dummy_engine import DummyEngine

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    engine = DummyEngine(seconds=float(sys.argv[1]))

    def load(settings: Settings) -> Engine:
        return engine

    bulk.load = load
    code = bulk.main(sys.argv[2:])
    logging.getLogger("dummy").info("computed %d", len(engine.computed))
    sys.exit(code)
