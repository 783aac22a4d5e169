"""LitServe: `python -m benchmarks.race.peers.litserve_app PORT`."""

from __future__ import annotations

import sys
from typing import Any

import litserve

from benchmarks.race.shared_model import answers, load, read_setup

SETUP = read_setup()


class Classify(litserve.LitAPI):
    """One message in, one answer out; with a batch size above one `predict` is given a list."""

    def setup(self, device: str) -> None:
        self.engine = load(SETUP.threads)

    def decode_request(self, request: dict[str, str]) -> str:
        return request["text"]

    def predict(self, texts: Any) -> Any:  # noqa: ANN401
        return answers(self.engine, [texts])[0] if isinstance(texts, str) else answers(self.engine, texts)

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        return output


if __name__ == "__main__":
    api = Classify(max_batch_size=SETUP.batch, batch_timeout=SETUP.wait / 1000)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=SETUP.workers)
    log_level = "warning" if SETUP.quiet else "info"
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level=log_level)
