"""`python -m training STAGE`: distil an encoder; fit, calibrate, export and evaluate a classifier; retrain it."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from data.corpus import CORPUS, CorpusError
from data.store.errors import StoreError
from data.taxonomy import DEFAULT, TaxonomyError
from models.artifact import ArtifactError
from training import stages
from training.canaries import CANARIES
from training.emerging_command import add_emerging
from training.experiments import LOGS
from training.names_command import add_names
from training.own import add_own
from training.peers import NAMES
from training.recipe import RECIPES
from training.retrain_command import add_retrain
from training.watch_command import add_watch

ROOT = Path(__file__).parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run a stage; returns the exit status: 0 done, 1 stopped by the gate, 2 if something is missing or wrong."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("training").setLevel(logging.INFO)  # of the libraries, what is wrong alone
    run: Callable[[argparse.Namespace], int | None] = given.run
    try:
        return run(given) or 0
    except (ArtifactError, CorpusError, StoreError, TaxonomyError, OSError, ValueError) as error:
        sys.stderr.write(f"{given.stage}: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")

    distil = commands.add_parser("distil", help="make the multilingual encoder from the English teacher")
    distil.add_argument("--recipe", type=Path, default=RECIPES / "encoder.yaml")
    distil.add_argument("--text", type=Path, default=ROOT.parent / "shared" / "data", help="folder of parallel text")
    distil.add_argument("--build", type=Path, default=ROOT / "build" / "encoder", help="what a cut run goes on from")
    distil.add_argument("--output", type=Path, default=ROOT / "models" / "encoder")
    distil.set_defaults(run=stages.distil)

    measure = commands.add_parser("evaluate-encoder", help="topics, retrieval, careless typing, pieces per word")
    measure.add_argument("--recipe", type=Path, default=RECIPES / "encoder.yaml")
    measure.add_argument("--text", type=Path, default=ROOT.parent / "shared" / "data", help="folder of benchmarks")
    measure.add_argument("--encoder", type=Path, default=ROOT / "models" / "encoder")
    measure.add_argument("--report", type=Path, help="write the table as Markdown here")
    measure.set_defaults(run=stages.evaluate_encoder)

    for name, told, run in (
        ("fit", "fine-tune the classifier on the corpus", stages.fit),
        ("calibrate", "fit chances and thresholds on the calibration split", stages.calibrate),
        ("export", "write the artifact that serving reads", stages.export),
        ("evaluate", "score an artifact on gold beside TF-IDF, worst language first", stages.evaluate),
        ("leaks", "translations of gold messages among those learnt from, by the encoder's vectors", stages.leaks),
        ("agreement", "how far two blind readers of the corpus agree", stages.readers),
        ("all", "fit, calibrate, export, evaluate", stages.everything),
    ):
        stage = commands.add_parser(name, help=told)
        stage.add_argument("--recipe", type=Path, default=RECIPES / "classifier.yaml")
        stage.add_argument("--corpus", type=Path, default=CORPUS, help="folder with {language}/*.jsonl")
        stage.add_argument("--taxonomy", type=Path, default=DEFAULT)
        stage.add_argument("--canaries", type=Path, default=CANARIES, help="test messages with known labels (export)")
        stage.add_argument("--encoder", help="any Hugging Face encoder id or folder, instead of the recipe's")
        stage.add_argument("--build", type=Path, default=ROOT / "build" / "classifier")
        stage.add_argument("--home", type=Path, default=ROOT / "models" / "shipped", help="where versions live")
        stage.add_argument("--version", help="name of the version to write (export) or read (evaluate: the current)")
        stage.add_argument("--report", type=Path, help="write the evaluation as Markdown here")
        stage.add_argument("--start", type=Path, help="build folder of an earlier fit to begin from (warm start)")
        stage.add_argument(
            "--peers", nargs="*", default=["tfidf"], choices=list(NAMES), help="what to stand beside in the evaluation"
        )
        stage.add_argument("--log", action="append", choices=LOGS, help="send the figures of the fit there too")
        stage.add_argument("--fresh", action="store_true", help="forget an interrupted fit instead of going on")
        stage.set_defaults(run=run)
    add_own(commands)
    add_retrain(commands)
    add_watch(commands)
    add_emerging(commands)
    add_names(commands)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
