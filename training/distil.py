"""Distil the encoder: the student reads any of our languages and learns to say what the teacher says of the English.

Loss per text: `cosine_weight` × (1 − cos) + `contrast_weight` × cross-entropy against the other texts of the batch.
Sources: Reimers & Gurevych 2020 (arXiv 2004.09813) for the idea of teaching by translation.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import BertModel

from training.alignment import bag, lexical_start, ridge_start
from training.card import encoder_card
from training.careless import add_typos, strip_diacritics
from training.curve import CURVE, plot_curve, read_curve
from training.finetuned import FINETUNED
from training.parallel import Pair, kept_apart, read_own_pairs, read_pairs, read_validation
from training.recipe import DistilRecipe, EncoderRecipe
from training.student import build_student, load_student, mean_vector, save_student
from training.tasks import Tasks
from training.teacher import Half, device, load_teacher, teacher_vectors
from training.text import open_texts
from training.tokenizer import SPECIAL, fertility, train_tokenizer
from training.variation import plain_words, swap_terms, vary_english

OWN = Path(__file__).parents[1] / "data" / "parallel"


@dataclass(frozen=True)
class Lessons:
    """What the student learns from: per language texts, the row of the teacher vector of each, and drawing weights."""

    texts: dict[str, list[str]]
    targets: dict[str, np.ndarray]
    chances: dict[str, np.ndarray]
    vectors: Half


def distil(recipe: EncoderRecipe, text: Path, build: Path, output: Path, own: Path = OWN) -> None:
    """Make the encoder of the recipe from the text folder and our own sentences in `own`.

    `build` holds what a cut run goes on from.
    """
    build.mkdir(parents=True, exist_ok=True)
    pairs = _read_all(recipe, text, own)
    teacher = load_teacher(recipe.teacher_package)
    if recipe.start:
        student, tokenizer = load_student(Path(recipe.start))
    else:
        tokenizer = _tokenizer(recipe, text, pairs, build / "tokenizer.json")
        student = build_student(teacher, _start(recipe, tokenizer, teacher, pairs, build / "start.npy"))
    for language, rows in pairs.items():
        print(f"pieces per word, {language}: {fertility(tokenizer, [p.other for p in rows[:2000]]):.2f}")  # noqa: T201
    lessons = prepare_lessons(recipe, teacher, vary(recipe, teacher, pairs), build / "teacher")
    checks = {language: _check_set(teacher, read_validation(text, language, recipe)) for language in recipe.foreign}
    width = student.config.hidden_size
    tasks = Tasks(text / "labelled" / "open", recipe.tasks, width, recipe.seed) if recipe.tasks else None
    train_student(student.to(device()), tokenizer, lessons, recipe, checks, build, tasks)
    save_student(student.cpu(), tokenizer, output)
    (output / FINETUNED).unlink(missing_ok=True)  # it told of the encoder before this one
    curve = read_curve(build / CURVE)
    (output / CURVE).write_text("".join(json.dumps(point) + "\n" for point in curve), encoding="utf-8")
    plot_curve(curve, recipe.foreign, output / "curve.svg")
    (output / "README.md").write_text(encoder_card(recipe, curve), encoding="utf-8")


def vary(recipe: EncoderRecipe, teacher: SentenceTransformer, pairs: dict[str, list[Pair]]) -> dict[str, list[Pair]]:
    """Add the made-up variations that the recipe asks for, English ones as pairs of English with itself."""
    plan = recipe.variations
    if plan is None:
        return pairs
    english = sorted({pair.english for rows in pairs.values() for pair in rows if not pair.ours})
    words = plain_words(teacher.tokenizer.get_vocab())
    varied = {"en": list(vary_english(english, words, plan, random.Random(f"{recipe.seed}-english")))}
    for language, rows in pairs.items():
        terms = [pair for pair in rows if len(pair.english.split()) <= 2]
        dice = random.Random(f"{recipe.seed}-{language}")
        varied[language] = rows + list(swap_terms(rows, terms, plan.swapped.get(language, 0), plan, dice))
    return varied


def prepare_lessons(
    recipe: EncoderRecipe, teacher: SentenceTransformer, pairs: dict[str, list[Pair]], cache: Path
) -> Lessons:
    """Collect the English sentences, encode each once, and point every text at its vector."""
    every = [pair for rows in pairs.values() for pair in rows]
    given = {pair.english for pair in every if not pair.ours}
    english = sorted(given) + sorted({pair.english for pair in every} - given)  # ours last: the cache stays good
    number = {sentence: i for i, sentence in enumerate(english)}
    texts = {language: [pair.other for pair in rows] for language, rows in pairs.items()}
    targets = {language: np.array([number[pair.english] for pair in rows]) for language, rows in pairs.items()}
    weights = {language: np.array([pair.weight for pair in rows]) for language, rows in pairs.items()}
    spread = np.zeros(len(english))
    for language in pairs:
        np.maximum.at(spread, targets[language], weights[language])
    texts["en"], targets["en"], weights["en"] = english, np.arange(len(english)), spread
    chances = {language: weight / weight.sum() for language, weight in weights.items()}
    return Lessons(texts, targets, chances, teacher_vectors(teacher, english, cache))


def train_student(
    student: BertModel,
    tokenizer: Tokenizer,
    lessons: Lessons,
    recipe: EncoderRecipe,
    checks: dict[str, tuple[list[str], torch.Tensor]],
    build: Path,
    tasks: Tasks | None = None,
) -> None:
    """Run the steps of the recipe, going on from the last checkpoint in `build` if there is one."""
    plan, where = recipe.distil, device()
    table = student.embeddings.word_embeddings.weight
    body = [parameter for parameter in student.parameters() if parameter is not table]
    rates = (plan.learning_rate_embeddings, plan.learning_rate_body)
    optimiser = torch.optim.AdamW(
        [{"params": [table], "lr": rates[0]}, {"params": body, "lr": rates[1]}], weight_decay=0.01, fused=True
    )
    checkpoint = build / "checkpoint.pt"
    step = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True, map_location=where)
        student.load_state_dict(saved["student"])
        optimiser.load_state_dict(saved["optimiser"])
        step = int(saved["step"])
        if tasks and "heads" in saved:
            tasks.heads.load_state_dict(saved["heads"])
            tasks.optimiser.load_state_dict(saved["heads_optimiser"])
    student.train()
    saved_at, curve = time.monotonic(), build / CURVE
    with tqdm(total=plan.steps, initial=step, desc="distil", unit="step", disable=None, mininterval=5) as bar:
        while step < plan.steps:
            pool = draw_pool(lessons, recipe, tokenizer, step // plan.pool)
            for ids, mask, rows in pool[step % plan.pool :]:
                for group, rate in zip(optimiser.param_groups, rates, strict=True):
                    group["lr"] = rate * _pace(step, plan)
                target = torch.from_numpy(lessons.vectors[rows]).float().to(where)
                with torch.autocast(where, torch.bfloat16):
                    vector = mean_vector(student, ids.to(where), mask.to(where))
                loss = _loss(vector, target, torch.from_numpy(rows).to(where), plan)
                torch.autograd.backward(loss)
                if tasks and recipe.tasks and step >= recipe.tasks.from_step:
                    torch.autograd.backward(_task_loss(student, tokenizer, tasks, recipe, step))
                    tasks.optimiser.step()
                    tasks.optimiser.zero_grad()
                torch.nn.utils.clip_grad_norm_(body, 1.0)
                optimiser.step()
                optimiser.zero_grad(set_to_none=False)
                step += 1
                bar.update(1)
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
                if step % plan.validate_every == 0 or step == plan.steps:
                    figures = validate(student, tokenizer, checks)
                    with curve.open("a", encoding="utf-8") as out:
                        out.write(json.dumps({"step": step, "loss": round(loss.item(), 4), **figures}) + "\n")
                    bar.write(f"step {step}: {figures}")
                if step == plan.steps or time.monotonic() - saved_at > 60 * plan.checkpoint_minutes:
                    state = {"student": student.state_dict(), "optimiser": optimiser.state_dict(), "step": step}
                    if tasks:
                        state |= {"heads": tasks.heads.state_dict(), "heads_optimiser": tasks.optimiser.state_dict()}
                    _save(state, checkpoint)
                    saved_at = time.monotonic()
                if step >= plan.steps:
                    break


def draw_pool(
    lessons: Lessons, recipe: EncoderRecipe, tokenizer: Tokenizer, number: int
) -> list[tuple[torch.Tensor, torch.Tensor, np.ndarray]]:
    """Draw pool `number`: `recipe.distil.pool` batches of (ids, mask, teacher rows), each of texts of like length.

    A pool depends on the seed and its number alone, so that a run that was cut goes on as it would have.
    """
    plan = recipe.distil
    dice = np.random.default_rng([recipe.seed, number])
    slips = random.Random(f"{recipe.seed}-{number}")
    size = plan.batch * plan.pool
    texts: list[str] = []
    rows: list[np.ndarray] = []
    for language in recipe.languages:
        count = round(size * plan.share[language])
        chosen = dice.choice(len(lessons.texts[language]), size=count, p=lessons.chances[language])
        rows.append(lessons.targets[language][chosen])
        texts.extend(_carelessly(lessons.texts[language][i], language, plan, slips) for i in chosen)
    targets = np.concatenate(rows)
    encoded = [_thinned(e.ids, plan.drop_share, slips) for e in tokenizer.encode_batch_fast(texts)]
    order = sorted(range(len(encoded)), key=lambda i: min(len(encoded[i]), plan.max_tokens))
    batches = [order[i : i + plan.batch] for i in range(0, len(order) - plan.batch + 1, plan.batch)]
    slips.shuffle(batches)
    return [(*pad([encoded[i] for i in batch], plan.max_tokens), targets[batch]) for batch in batches]


def pad(rows: Sequence[Sequence[int]], longest: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack piece ids as (texts × length) with their mask; longer texts keep their last piece, the separator."""
    cut = [list(row) if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in rows]
    width = max(len(row) for row in cut)
    ids = torch.tensor([row + [0] * (width - len(row)) for row in cut])
    return ids, (torch.arange(width)[None] < torch.tensor([[len(row)] for row in cut])).long()


@torch.no_grad()
def encode(student: BertModel, tokenizer: Tokenizer, texts: Sequence[str], batch: int = 64) -> torch.Tensor:
    """Encode texts in the given order as unit vectors (texts × dimensions)."""
    where = next(student.parameters()).device.type
    encoded = [e.ids for e in tokenizer.encode_batch_fast(list(texts))]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    vectors = torch.empty(len(texts), student.config.hidden_size)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        ids, mask = pad([encoded[i] for i in chosen], 256)
        with torch.autocast(where, torch.bfloat16):
            vectors[chosen] = mean_vector(student, ids.to(where), mask.to(where)).cpu()
    return vectors


def validate(
    student: BertModel, tokenizer: Tokenizer, checks: dict[str, tuple[list[str], torch.Tensor]]
) -> dict[str, float]:
    """Measure retrieval R@1 (translation → English) and mean cosine to the teacher, per language."""
    figures: dict[str, float] = {}
    for language, (texts, english) in checks.items():
        vectors = encode(student, tokenizer, texts)
        found = (vectors @ english.T).argmax(1) == torch.arange(len(texts))
        figures[f"{language}_r1"] = round(found.float().mean().item(), 4)
        figures[f"{language}_cos"] = round((vectors * english).sum(1).mean().item(), 4)
    return figures


def _read_all(recipe: EncoderRecipe, text: Path, own: Path) -> dict[str, list[Pair]]:
    held = kept_apart(text, recipe)
    pairs = {
        language: read_pairs(text, language, recipe, held)
        + read_own_pairs(own, language, recipe.own_weight)
        + read_own_pairs(own, language, recipe.own_terms_weight, "terms")
        for language in recipe.foreign
    }
    print("pairs:", ", ".join(f"{language} {len(rows):,}" for language, rows in pairs.items()))  # noqa: T201
    return pairs


def _tokenizer(recipe: EncoderRecipe, text: Path, pairs: dict[str, list[Pair]], path: Path) -> Tokenizer:
    if not path.exists():
        lines = open_texts(text / "labelled" / "open")
        for language, rows in pairs.items():
            lines.setdefault(language, []).extend(pair.other for pair in rows)
        lines.setdefault("en", []).extend(sorted({pair.english for rows in pairs.values() for pair in rows}))
        train_tokenizer(lines, recipe.tokenizer, recipe.seed).save(str(path))
    return Tokenizer.from_file(str(path))


def _start(
    recipe: EncoderRecipe, tokenizer: Tokenizer, teacher: SentenceTransformer, pairs: dict[str, list[Pair]], path: Path
) -> np.ndarray:
    if path.exists():
        return np.asarray(np.load(path))
    rows = [(pair.english, pair.other) for part in pairs.values() for pair in part]
    english = sorted({en for en, _ in rows})
    random.Random(recipe.seed).shuffle(english)
    rows += [(en, en) for en in english[: len(rows) // 4]]
    wordpieces = Tokenizer.from_str(teacher.tokenizer.backend_tokenizer.to_str())
    wordpieces.no_padding()
    wordpieces.no_truncation()
    embeddings = teacher[0].auto_model.embeddings.word_embeddings.weight.detach().cpu().numpy()
    ids = [
        [e.ids for e in kind.encode_batch_fast([row[side] for row in rows], add_special_tokens=False)]
        for kind, side in ((tokenizer, 1), (wordpieces, 0))
    ]
    student_bag, teacher_bag = bag(ids[0], tokenizer.get_vocab_size()), bag(ids[1], len(embeddings))
    start = lexical_start(student_bag, teacher_bag, embeddings)
    start = ridge_start(student_bag, teacher_bag, embeddings, start, penalty=50.0)
    for piece in SPECIAL:
        start[tokenizer.token_to_id(piece)] = embeddings[wordpieces.token_to_id(piece)]
    np.save(path, start)
    return start


def _check_set(teacher: SentenceTransformer, pairs: list[tuple[str, str]]) -> tuple[list[str], torch.Tensor]:
    english = teacher.encode([en for en, _ in pairs], normalize_embeddings=True, convert_to_tensor=True)
    return [other for _, other in pairs], english.float().cpu()


def _thinned(ids: list[int], share: float, slips: random.Random) -> list[int]:
    """Leave out a share of the pieces, never the marks at both ends and never everything."""
    inner = [piece for piece in ids[1:-1] if slips.random() >= share] if share else ids[1:-1]
    return [ids[0], *(inner or ids[1:-1]), ids[-1]]


def _carelessly(text: str, language: str, plan: DistilRecipe, slips: random.Random) -> str:
    if slips.random() < plan.bare_share.get(language, 0.0):
        text = strip_diacritics(text)
    return add_typos(text, slips) if slips.random() < plan.typo_share else text


def _loss(vector: torch.Tensor, target: torch.Tensor, rows: torch.Tensor, plan: DistilRecipe) -> torch.Tensor:
    close = 1 - (vector * target).sum(1)
    scores = plan.contrast_scale * vector @ target.T
    twins = (rows[:, None] == rows[None, :]) & ~torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    apart = torch.nn.functional.cross_entropy(
        scores.masked_fill(twins, -1e4), torch.arange(len(rows), device=rows.device)
    )
    return plan.cosine_weight * close.mean() + plan.contrast_weight * apart


def _task_loss(
    student: BertModel, tokenizer: Tokenizer, tasks: Tasks, recipe: EncoderRecipe, step: int
) -> torch.Tensor:
    lesson, slips = tasks.draw(step), random.Random(f"{recipe.seed}-slips-{step}")
    typed = zip(lesson.texts, lesson.languages, strict=True)
    texts = [_carelessly(text, language, recipe.distil, slips) for text, language in typed]
    ids, mask = pad([e.ids for e in tokenizer.encode_batch_fast(texts)], tasks.max_tokens)
    with torch.autocast(device(), torch.bfloat16):
        vectors = mean_vector(student, ids.to(device()), mask.to(device()))
    return tasks.loss(vectors, lesson)


def _pace(step: int, plan: DistilRecipe) -> float:
    if step < plan.warmup:
        return (step + 1) / plan.warmup
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - plan.warmup) / max(1, plan.steps - plan.warmup)))


def _save(state: dict[str, object], path: Path) -> None:
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)
