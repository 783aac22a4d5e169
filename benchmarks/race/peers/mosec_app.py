"""mosec: `python -m benchmarks.race.peers.mosec_app --address 127.0.0.1 --port PORT`."""

from __future__ import annotations

from typing import Any

import mosec

from benchmarks.race.shared_model import answers, load, read_setup

SETUP = read_setup()


class Classify(mosec.Worker):
    """One message in, one answer out; with a batch size above one `forward` is given a list."""

    def __init__(self) -> None:
        self.engine = load(SETUP.threads)

    def forward(self, data: Any) -> Any:  # noqa: ANN401
        if isinstance(data, list):
            return answers(self.engine, [each["text"] for each in data])
        return answers(self.engine, [data["text"]])[0]


if __name__ == "__main__":
    server = mosec.Server()
    server.append_worker(Classify, num=SETUP.workers, max_batch_size=SETUP.batch, max_wait_time=SETUP.wait)
    server.run()
