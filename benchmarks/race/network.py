"""The classifier as far as Hugging Face's own classes can hold it, for servers that load nothing else.

`BertForSequenceClassification` takes the encoder that ships, its 8-bit weights written out in full again. It has no
place for label-wise attention, evidence, windows or the wide branch: its one head looks at the first piece. That head
is fitted by ridge regression to the scores of the classifier that ships, so that its labels mean something. The same
network is also made into artifacts that Reclamo serves, in full precision and in 8 bits: so like stands beside like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.race import BUILD
from models.artifact import MANIFEST

PIECES = 512
"""What the encoder's positions allow. No message of the corpus is longer, so nothing has to be cut."""


@dataclass(frozen=True)
class Network:
    """Where the network lies: as a Hugging Face folder (ONNX within), and as artifacts in full precision and 8 bits."""

    hugging_face: Path
    full: Path
    small: Path


def network_of(shipped: Path) -> Network:
    """Say where the network of the artifact `shipped` lies, or would lie."""
    home = BUILD / "network" / shipped.name
    return Network(home / "hugging-face", home / "full", home / "small")


def make_network(shipped: Path, texts: Sequence[str]) -> Network:
    """Export the network of the artifact `shipped`, or find it exported; its head is fitted on the first of `texts`."""
    made = network_of(shipped)
    if not (made.small / MANIFEST).is_file():  # the last thing written
        from benchmarks.race.export import export_network  # torch and transformers, which a race does not need

        export_network(made, texts, shipped)
    return made
