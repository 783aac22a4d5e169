"""The stages, each reading what the one before left in the build folder, so that any can be run again alone."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.cleaning import clean
from data.corpus import CORPUS, read_corpus
from data.message import Message
from data.taxonomy import Taxonomy, read_taxonomy
from models.artifact import CONFUSION, WIDE, file_hash
from models.calibration import Calibration
from models.canary import Canary
from models.layout import spread
from models.onnx_engine import OnnxEngine
from models.registry import SHIPPED, activate, current_version
from models.wide import Wide
from training import distil as distillation
from training.agreement import agreement, read_readings
from training.calibrate import choose_blend
from training.canaries import CANARIES, answered, canary_table, read_canaries
from training.card import OWN, WRITTEN, classifier_card, encoder_card
from training.champion import NETWORK, keep_network
from training.crossed import CROSSED, fit_crossed, is_crossed, read_crossed
from training.curve import CURVE, read_curve
from training.evaluate import as_markdown, compare, write_report
from training.evaluate_encoder import as_table, measure, measure_own, read_sib200
from training.evaluate_evidence import evidence_table, measure_evidence, read_marks
from training.experiments import check_logs
from training.export import ENGINES, FULL, export_onnx, onnx_scores, quantise, write_artifact
from training.finetuned import FINETUNED, finetuned_table
from training.fit import WEIGHTS, fast_tokenizer, load_network
from training.fit import fit as fitted
from training.gold import Gold, ask_gold
from training.leaks import translated_twins
from training.lessons import exchanged, lessons
from training.parallel import read_own_pairs
from training.peers import NAMES, peer
from training.pieces import piece_ids
from training.precision import PRECISION, Matrix, choose, read_precision, tell_on_gold
from training.recipe import ClassifierRecipe, read_classifier_recipe, read_encoder_recipe
from training.slices import careless_table
from training.steadiness import read_contrast, steadiness_table
from training.teacher import load_teacher, teacher_folder
from training.wide import fit_wide, wide_scores

_log = logging.getLogger("training")
CALIBRATION = "calibration.json"
LEARNT = "learnt_from.sha256"
"""Beside a network: the hash of what it learnt from."""
STARTED = "started_from.sha256"
"""Hash of the network that a warm start began from."""
EVIDENCE = 60
"""Gold messages a language whose evidence is tried: each label costs a handful of answers."""
SHOWN = 300
"""Messages learnt from, in all languages, that show where the network's outliers are before it is rounded."""


def distil(given: argparse.Namespace) -> None:
    """Make the encoder."""
    if not (given.text / "parallel").is_dir():
        told = f"distilling needs parallel text in {given.text}/parallel"
        raise FileNotFoundError(f"{told}; the shipped encoder in models/encoder is ready to use")
    distillation.distil(read_encoder_recipe(given.recipe), given.text, given.build, given.output)


def evaluate_encoder(given: argparse.Namespace) -> None:
    """Measure the encoder beside its teacher."""
    recipe = read_encoder_recipe(given.recipe)
    if not (given.text / "labelled" / "benchmark").is_dir():
        raise FileNotFoundError(f"the benchmarks are not in {given.text}/labelled/benchmark; nothing was measured")
    data = read_sib200(given.text, recipe.languages)
    rows = measure(given.encoder, recipe.name, data, recipe.languages)
    teacher = teacher_folder(recipe.teacher_package)
    rows += measure(teacher, "teacher", data, ["en"])
    own = {language: read_own_pairs(distillation.OWN, language, 1.0, "check") for language in recipe.foreign}
    rows += measure_own(given.encoder, recipe.name, teacher, own)
    table = as_table(rows, recipe.languages)
    tables = {
        "SIB-200 and our own sentences": f"Every row by `python -m training evaluate-encoder`.\n\n{table}",
        "Fine-tuned by our own `training fit`, official splits": finetuned_table(given.encoder / FINETUNED),
    }
    text = "\n".join(f"### {name}\n\n{part}" for name, part in tables.items())
    _log.info("%s", text)
    curve = read_curve(given.encoder / CURVE)
    (given.encoder / "README.md").write_text(encoder_card(recipe, curve, text), encoding="utf-8")
    if given.report:
        write_report(
            given.report,
            "The encoder, measured",
            "python -m training evaluate-encoder",
            tables,
        )


def fit(given: argparse.Namespace) -> None:
    """Fine-tune."""
    messages, taxonomy, recipe = _inputs(given)
    given.build.mkdir(parents=True, exist_ok=True)
    started = file_hash(given.start / WEIGHTS) if given.start else None
    wide = None
    if recipe.wide:
        learn = exchanged(lessons(messages, taxonomy, recipe), recipe.exchange_share, recipe.seed)
        wide = fit_wide(learn, taxonomy, recipe.wide)

    def beside() -> None:
        for name in (STARTED, WIDE, CALIBRATION):  # of the network before
            (given.build / name).unlink(missing_ok=True)
        (given.build / LEARNT).write_text(digest(messages), encoding="utf-8")
        if started:
            (given.build / STARTED).write_text(started, encoding="utf-8")
        if wide:
            wide.save(given.build / WIDE)

    if is_crossed(messages):
        fit_crossed(messages, taxonomy, recipe, given.build, beside)
    else:
        fitted(messages, taxonomy, recipe, given.build, fresh=given.fresh, start=given.start, beside=beside)


def calibrate(given: argparse.Namespace) -> None:
    """Export the network, choose its precision, and calibrate on the scores that will be served."""
    messages, taxonomy, recipe = _inputs(given)
    calibrate_in(given.build, messages, taxonomy, recipe)


def calibrate_in(build: Path, messages: Sequence[Message], taxonomy: Taxonomy, recipe: ClassifierRecipe) -> None:
    """Do so for the network in `build`."""
    network = load_network(taxonomy, recipe, build)
    export_onnx(network, build / FULL)
    tokenizer = fast_tokenizer(recipe.encoder)

    def pieces(chosen: Sequence[Message]) -> list[list[int]]:
        return [piece_ids(tokenizer, message.text, recipe.max_tokens) for message in chosen]

    learnt = [message for message in messages if message.split == "train"]
    quantise(build / FULL, build, pieces(learnt[:: max(1, len(learnt) // SHOWN)]))
    crossed = read_crossed(build / CROSSED) if is_crossed(messages) else None
    check = learnt if crossed else [message for message in messages if message.split == "calibration"]
    ids = pieces(check)
    found: dict[str, Matrix] = {name: onnx_scores(build / name, ids) for name in ENGINES}
    if crossed:  # what rounding changes, on scores of rows that were not seen
        found = {name: crossed.network + scores - found[FULL] for name, scores in found.items()}
    blend: dict[str, float] = {}
    if recipe.wide:
        wide = crossed.wide if crossed else None
        if wide is None:
            wide = wide_scores(Wide.load(build / WIDE), [clean(message.text).text for message in check])
        blend = choose_blend(found[FULL], wide, check, taxonomy)
        found = {name: scores + spread(blend, taxonomy) * wide for name, scores in found.items()}
        _log.info("wide branch: %s", ", ".join(f"{group} × {part:g}" for group, part in blend.items()))
    precision, calibrations = choose(check, found, taxonomy)
    gold = [message for message in messages if message.split == "gold"]

    def on_gold(name: str) -> Matrix:
        scores = onnx_scores(build / name, pieces(gold))
        if recipe.wide:
            texts = [clean(message.text).text for message in gold]
            scores += spread(blend, taxonomy) * wide_scores(Wide.load(build / WIDE), texts)
        return scores

    precision = tell_on_gold(precision, gold, on_gold, taxonomy, calibrations)
    (build / PRECISION).write_text(precision.model_dump_json(indent=1), encoding="utf-8")
    result = calibrations[precision.weights].model_copy(update={"blend": blend})
    (build / CALIBRATION).write_text(result.model_dump_json(indent=1), encoding="utf-8")


def export(given: argparse.Namespace) -> None:
    """Write a version, evaluate it on gold, put the figures in its card, and make it the current one."""
    messages, taxonomy, recipe = _inputs(given)
    version = given.version or datetime.datetime.now(datetime.UTC).strftime("%Y.%m.%d-%H%M")
    folder, lineage = given.home / version, _lineage(given, messages, recipe)
    write_version(folder, given.build, messages, taxonomy, given.taxonomy, recipe, lineage)
    gold = ask_gold(OnnxEngine(folder, threads=2), messages, taxonomy)
    write_version(
        folder, given.build, messages, taxonomy, given.taxonomy, recipe, lineage, gold, canaries=given.canaries,
        learnt=WRITTEN if given.corpus == CORPUS else OWN,
    )  # fmt: skip
    activate(given.home, version)
    if given.home.resolve() == SHIPPED.resolve():
        keep_network(given.build, given.home)
    for old in given.home.iterdir():
        if old.is_dir() and old.name != version:
            _log.info("%s is an older version; remove it when it is no longer needed", old)


def write_version(
    folder: Path,
    build: Path,
    messages: Sequence[Message],
    taxonomy: Taxonomy,
    taxonomy_file: Path,
    recipe: ClassifierRecipe,
    lineage: dict[str, Any],
    gold: Gold | None = None,
    metrics: Mapping[str, Any] | None = None,
    parts: Mapping[str, str] | None = None,
    canaries: Path = CANARIES,
    learnt: str = WRITTEN,
) -> None:
    """Write what was fitted and calibrated in `build` as a version named after `folder`, and make nothing current.

    The card shows the figures on `gold` once that was asked; `metrics` and `parts` are further figures and tables.
    By then it is also asked the test messages in the file `canaries`, and those that it answers rightly go in.
    """
    calibration = Calibration.model_validate_json((build / CALIBRATION).read_bytes())
    precision = read_precision(build)
    beside = [build / WIDE] if recipe.wide else []
    tables = {"Weights": precision.table()}
    tested: dict[str, list[Canary]] = {}
    if gold:
        charts = gold.draw(build)
        shown = "\n".join(f"![{title}]({path.name})" for title, path in charts.items())
        tables |= {"Measured on gold": as_markdown({"reclamo": gold.figures()}, taxonomy), "Charts": shown}
        tested = answered(OnnxEngine(folder, threads=2), read_canaries(canaries, taxonomy))
        tables |= {**gold.tables(), **(parts or {}), "Test messages": canary_table(tested)}
        errors = build / CONFUSION
        errors.write_text(gold.confusion().model_dump_json(), encoding="utf-8")
        beside += [*charts.values(), errors]
    card = classifier_card(folder.name, messages, taxonomy, calibration, tables, lineage, learnt)
    figures = {"gold": gold.figures(), **(metrics or {})} if gold else {}
    figures |= {"weights": precision.model_dump()}
    write_artifact(
        folder, {precision.engine: build / precision.weights}, beside, fast_tokenizer(recipe.encoder), taxonomy,
        taxonomy_file, calibration, recipe, folder.name, lineage, figures, card, tested,
    )  # fmt: skip


def evaluate(given: argparse.Namespace) -> None:
    """Score an artifact on gold beside what one would pick instead."""
    messages, taxonomy, recipe = _inputs(given)
    home = given.home / given.version if given.version else current_version(given.home)
    engine = OnnxEngine(home, threads=2)
    gold = ask_gold(engine, messages, taxonomy)
    table = {"reclamo": gold.figures(), **_beside(given.peers, messages, recipe, taxonomy)}
    ours = given.corpus == CORPUS
    if ours:
        read = read_readings(only={message.id for message in gold.messages})
        table["a second reader, scored against the first"] = agreement(read, taxonomy)
    parts = {
        "On gold": as_markdown(table, taxonomy),
        **gold.tables(),
        "Evidence": evidence_table(measure_evidence(engine, gold.messages, read_marks(), most=EVIDENCE)),
        "Typed carelessly (mean headline figure)": careless_table(engine, gold.messages, taxonomy),
    }
    if ours:
        parts["What must not change an answer, and what must"] = steadiness_table(engine, read_contrast())
    for name, text in parts.items():
        _log.info("%s\n\n%s", name, text)
    if given.report:
        stage = "own" if given.stage == "own" else "evaluate"
        command = f"python -m training {stage} --peers {' '.join(given.peers)}"
        write_report(given.report, f"Evaluation of {engine.model_version}", command, parts)


def leaks(given: argparse.Namespace) -> None:
    """Look for translations of gold and calibration messages among those learnt from; raises `ValueError` if any."""
    messages, _, recipe = _inputs(given)
    encoder = load_teacher(recipe.encoder)
    texts = [message.text for message in messages]
    vectors = np.asarray(encoder.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=True))
    found = list(translated_twins(messages, vectors))
    for twin in found:
        _log.info("%s may be a translation of %s (cosine %.3f)", twin.learnt, twin.kept, twin.cosine)
    if found:
        raise ValueError(f"{len(found)} messages kept apart may stand translated among those learnt from")
    _log.info("no message kept apart stands translated among those learnt from")


def readers(given: argparse.Namespace) -> None:
    """Print how far the first and the second reading of the corpus agree."""
    taxonomy = read_taxonomy(given.taxonomy)
    _log.info("%s", as_markdown({"second reader": agreement(read_readings(), taxonomy)}, taxonomy))


def everything(given: argparse.Namespace) -> None:
    """Fit, calibrate, export and evaluate."""
    for stage in (fit, calibrate, export, evaluate):
        _log.info("── %s", stage.__name__)
        stage(given)


def _inputs(given: argparse.Namespace) -> tuple[list[Message], Taxonomy, ClassifierRecipe]:
    taxonomy = read_taxonomy(given.taxonomy)
    recipe = read_classifier_recipe(given.recipe)
    if given.encoder:
        recipe = recipe.model_copy(update={"encoder": given.encoder, "leans_on": None})
    if log := getattr(given, "log", None):
        check_logs(log)
        recipe = recipe.model_copy(update={"log": log})
    return read_corpus(given.corpus), taxonomy, recipe


def _beside(
    names: Sequence[str], messages: Sequence[Message], recipe: ClassifierRecipe, taxonomy: Taxonomy
) -> dict[str, dict[str, dict[str, float]]]:
    gold = [message for message in messages if message.split == "gold"]
    learn = [message for message in messages if message.split != "gold"]  # what ours is calibrated on included
    said = {}
    for name in names:
        _log.info("… %s on the same %d rows", NAMES[name], len(learn))
        said[NAMES[name]] = peer(name, recipe)(learn, [message.text for message in gold], taxonomy)
    return compare(gold, said, taxonomy)


def digest(messages: Sequence[Message]) -> str:
    """Hash what is learnt from (the `train` split), so that a model can be traced to its rows."""
    found = hashlib.sha256()
    for message in sorted(messages, key=lambda m: m.id):
        if message.split == "train":
            found.update(message.model_dump_json().encode())
    return found.hexdigest()


def _lineage(given: argparse.Namespace, messages: Sequence[Message], recipe: ClassifierRecipe) -> dict[str, Any]:
    recipe_hash = hashlib.sha256(Path(given.recipe).read_bytes()).hexdigest()
    stage = "own" if given.stage == "own" else "all"
    started = given.build / STARTED
    began = {"started_from_sha256": started.read_text(encoding="utf-8")} if started.exists() else {}
    return {
        "command": f"python -m training {stage}" + (" --start FOLDER" if began else ""),
        **began,
        "recipe": recipe.model_dump(),
        "recipe_sha256": recipe_hash,
        "learnt_from_sha256": (given.build / LEARNT).read_text(encoding="utf-8"),
        NETWORK: file_hash(given.build / WEIGHTS),
        "messages": len(messages),
    }
