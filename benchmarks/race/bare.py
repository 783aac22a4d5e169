"""The engine without any server: the same messages on the same cores, by a thread per core in one process.

`python -m benchmarks.race.bare` reads an `Order` of the client, whose bodies are texts, and writes a `Report`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.race.client import Order, Report
from models.load import load_engine


def measure(order: Order) -> Report:
    """Answer texts one by one on `concurrency` threads."""
    engine = load_engine()
    lines = Path(order.bodies).read_bytes().splitlines()[order.start :]
    texts = iter([str(json.loads(line)) for line in lines])
    prepared = engine.encode_pre("warm")
    engine.encode_post(prepared, engine.encode_core([prepared])[0])
    ended: list[tuple[float, float]] = []
    lock = threading.Lock()
    deadline = time.perf_counter() + order.seconds

    def serve() -> None:
        while (began := time.perf_counter()) < deadline:
            with lock:
                text = next(texts)
            prepared = engine.encode_pre(text)
            engine.encode_post(prepared, engine.encode_core([prepared])[0])
            now = time.perf_counter()
            ended.append((now, 1000 * (now - began)))

    threads = [threading.Thread(target=serve) for _ in range(order.concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = [spent for at, spent in ended if at <= deadline]
    return Report(len(ended), order.seconds, counted, {}, {})


if __name__ == "__main__":
    json.dump(asdict(measure(Order(**json.load(sys.stdin)))), sys.stdout)
