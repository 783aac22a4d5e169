"""`python -m training retrain`: learn from what people corrected, and promote what is learnt only if it is no worse.

    gather      forget what the store erased, stop believing who corrects blindly, read the corrections, keep apart
                what is examined with
    audit       look the corrections over (`training.doubts`)
    fit         the wide branch, and the network from the champion's on; goes on from its last epoch
    calibrate   chances and thresholds, 8-bit weights
    export      a version that is not current
    examine     both models on gold and on the newest corrections; the gate's report, the card
    promote     the pointer, if the gate lets it through

Each stage leaves its mark in the run's folder (`training.runs`); a run that was cut goes on after the last one.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from data.corpus import read_corpus
from data.message import Message
from data.store.copies import AUDIT, SNAPSHOT, Cleaned, Learnt, claim, clean, writing
from data.store.store import Store
from data.taxonomy import Taxonomy, read_taxonomy
from data.taxonomy_history import TaxonomyHistory
from models.registry import current_version, previous_version
from training.apart import set_apart
from training.champion import Champion, find_champion
from training.corrections import Row, gather
from training.experiments import check_logs
from training.forgotten import believed_ids, find_forgotten, read_learnt, write_learnt
from training.poisoning_report import Audit, audit_corrections
from training.recipe import RECIPES, ClassifierRecipe, read_classifier_recipe
from training.retrain_stages import STAGES, Job, note
from training.runs import AUTHORS, BUILD, State, alone, read_state, runs_in, tidy, withdraw, write_private, write_state
from training.snapshots import read_rows, write_rows

_log = logging.getLogger("training")
NEWEST_SHARE = 0.2
"""Share of the corrections since the champion that is examined with instead of learnt from."""
DONE, STOPPED, NOT_ALL = 0, 1, 3
"""Exit codes: promoted, passed, or nothing to do; stopped by the gate; forgetting failed in places.

(2: something is missing or wrong.)
"""


def retrain(given: argparse.Namespace) -> int:
    """Run, or go on with, a retraining; returns the exit code."""
    check_logs(given.log or [])
    store = open_store(given.store, given.secret)
    try:
        if given.dry_run:
            return _told(_begin(given, store, dry=True))
        with alone(given.runs):
            claim(given.runs, store)
            forget_erased(given.runs, store)
            job = _begin(given, store)
            if job is None:
                return DONE
            for name, stage in STAGES.items():
                if name not in job.state.stages:
                    _leave_out(job, store)
                    _log.info("── %s", name)
                    began = time.monotonic()
                    stage(job)
                    stages = {**job.state.stages, name: round(time.monotonic() - began, 1)}
                    note(job, stages=stages)
            _leave_out(job, store)
            return STOPPED if job.state.outcome == "stopped" else DONE
    except SQLAlchemyError as error:
        raise ValueError(f"the store failed ({type(error).__name__}); try again, the run goes on") from None
    finally:
        store.close()


def forget(given: argparse.Namespace) -> int:
    """Take out of every snapshot and export what the store no longer has, also while a retraining runs."""
    store = open_store(given.store, given.secret)
    try:
        claim(given.runs, store)
        found = forget_erased(given.runs, store)
        _log.info("%d rows taken out of %d snapshots and exports", found.rows, len(found.places))
        for each in found.missing:
            _log.warning("%s was exported and is not there any more: if it was moved, nothing is taken out of it", each)
        return NOT_ALL if found.failed else DONE
    except SQLAlchemyError as error:
        raise ValueError(f"the store failed ({type(error).__name__}); nothing more was taken out") from None
    finally:
        store.close()


def forget_erased(runs: Path, store: Store) -> Cleaned:
    """Take out of what is kept outside of the store what that no longer has."""
    found = clean(runs, store)
    if found.rows:
        _log.info("%d rows of tickets that the store no longer has left the snapshots", found.rows)
    for name, fault in found.failed.items():
        _log.warning("what the store no longer has could not be taken out of %s: %s", name, fault)
    return found


def _leave_out(job: Job, store: Store) -> None:
    """Leave out of a run what was erased since it began, and of its network what it has not learnt by then.

    What it has learnt by then the next one begins without (`find_forgotten`), or this one, once cut (`_unfinished`).
    """
    forget_erased(job.given.runs, store)
    path = job.folder / SNAPSHOT
    with writing(job.given.runs):
        left = {row.message.id for row in read_rows(path)}
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if gone := [row for row in job.rows if row.message.id not in left]:
            (job.folder / AUDIT).unlink(missing_ok=True)
    known = [row for row in gone if row.use == "learn" and "fit" in job.state.stages]
    if known and job.state.outcome:
        told = "%d tickets that it learnt from are gone from the store: without erased ones the next retraining begins"
        _log.warning(told, len(known))
    if len(known) == len(gone):
        return
    _log.info("%d tickets are gone from the store since it began, and are left out", len(gone) - len(known))
    left |= {row.message.id for row in known}
    job.rows = [row for row in job.rows if row.message.id in left]
    counts = {"learnt": sum(row.use == "learn" for row in job.rows), "newest": len(job.rows)}
    counts["newest"] -= counts["learnt"]
    note(job, **counts, **({} if known else {"snapshot_sha256": sha256, "fresh": sum(row.fresh for row in job.rows)}))


def open_store(url: str | None, secret: Path | None) -> Store:
    """Open a store that is there; raises `ValueError`, or a `StoreError`."""
    url, secret = url or os.environ.get("RECLAMO_STORE"), secret or _path(os.environ.get("RECLAMO_STORE_SECRET"))
    if not url or not secret:
        raise ValueError(
            "say where the tickets are: --store URL --secret FILE, or RECLAMO_STORE and RECLAMO_STORE_SECRET"
        )
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("the store's address cannot be read: write sqlite:///FILE or postgresql://…") from None
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise FileNotFoundError(f"there is no store {parsed.database}: the service makes it when it keeps tickets")
    if not secret.is_file():
        raise FileNotFoundError(f"there is no secret {secret}: give the file that the service uses for this store")
    return Store.open(url, secret)


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


@dataclass(frozen=True)
class _Plan:
    """What a run begins from; `cold` is why it does not begin from the champion's network, empty where it does.

    `inherited` is what a network that begins from the champion's knows of it; `forgotten` is what it should not.
    """

    recipe: ClassifierRecipe
    recipe_file: Path
    cold: str
    forgotten: list[Learnt]
    inherited: list[Learnt]
    inputs: str

    @property
    def forgotten_ids(self) -> set[int]:
        return {id_ for each in self.forgotten for id_ in each.given}


def _begin(given: argparse.Namespace, store: Store, *, dry: bool = False) -> Job | None:
    """Go on with the last run where nothing changed under it, or gather a new one; None where there is nothing new."""
    champion = find_champion(given.home, [*(each / BUILD for each in reversed(runs_in(given.runs))), given.build])
    taxonomy, corpus = read_taxonomy(given.taxonomy), read_corpus(given.corpus)
    since = given.since or champion.until
    held = believed_ids(store)
    plan = _plan(given, champion, taxonomy, corpus, since, held, store)

    def job(folder: Path, rows: list[Row], state: State) -> Job:
        told = f"from the encoder, since {plan.cold}" if plan.cold else "from the champion's network"
        _log.info("%s", told)
        return Job(
            given, champion, corpus, taxonomy, plan.recipe, plan.recipe_file, not plan.cold, rows, folder, state
        )  # fmt: skip

    if not dry:
        with writing(given.runs):
            found = _unfinished(given, plan, held)
        if found:
            folder, state, rows = found
            _log.info("going on with run %s after %s", state.run, list(state.stages)[-1])
            return job(folder, rows, state)
        current, previous = current_version(given.home), previous_version(given.home)
        with writing(given.runs):
            tidy(given.runs, given.home, {each.name for each in (current, previous) if each})
    began = time.monotonic()
    audit = _judge_authors(store, corpus, taxonomy, quarantine=not dry and not given.believe_all)
    blind = {id_ for each in audit.standings for id_ in each.ids}
    if not dry and not given.believe_all and blind:
        held -= blind
        plan = _plan(given, champion, taxonomy, corpus, since, held, store)
    gathered = gather(
        store.corrected(), TaxonomyHistory.beside(given.taxonomy), since, store.alias, known=champion.until,
        looked_over=audit.looked_over,
    )  # fmt: skip
    apart = set_apart(gathered.rows, corpus, given.newest_share)
    gathered.left_out["too much like gold or calibration messages"] += apart.near_kept
    fresh = sum(row.fresh for row in apart.rows)
    for what, count in (+gathered.dropped).items():
        _log.info("%d times left open, %s", count, what)
    for why, count in (+gathered.left_out).items():
        _log.info("%d tickets left out: %s", count, why)
    if not fresh and not plan.forgotten:
        _log.info("no corrections since %s that could be learnt from; nothing to do", since or "the beginning")
        return None
    if not fresh and (before := _begun_without(given.runs, plan)):
        told = "run %s began without what the champion should forget, and ended as %s; nothing to do"
        _log.warning(told, before.run, before.outcome)
        return None
    now = datetime.datetime.now(datetime.UTC)
    name = given.version or now.strftime("%Y.%m.%d-%H%M%S")
    if (given.home / name).exists() or (given.runs / name).exists():
        raise ValueError(f"there is a version or a run {name} already: choose another name")
    state = State(
        run=name, version=name, champion=champion.version, inputs=plan.inputs, since=since,
        until=max((row.judged_at for row in apart.rows), default=since or now), snapshot_sha256="",
        learnt=len(apart.learn), newest=len(apart.newest), fresh=fresh,
        forgotten=len(plan.forgotten), forgotten_ids=sorted(plan.forgotten_ids), left_out=dict(+gathered.left_out),
        dropped=dict(+gathered.dropped), warm=not plan.cold,
    )  # fmt: skip
    begun = job(given.runs / name, apart.rows, state)
    if not dry:
        with writing(given.runs):
            begun.folder.mkdir(mode=0o700)
            sha256 = write_rows(begun.folder / SNAPSHOT, apart.rows)
            write_learnt(begun.folder, apart.rows, plan.inherited)
        write_private(begun.folder / AUTHORS, audit.text)
        seconds = round(time.monotonic() - began, 1)
        note(begun, snapshot_sha256=sha256, stages={"gather": seconds})
        _told(begun)
    return begun


def _judge_authors(store: Store, corpus: Sequence[Message], taxonomy: Taxonomy, *, quarantine: bool) -> Audit:
    """Look for people whose corrections are given blindly, and stop believing those."""
    audit = audit_corrections(store, corpus, taxonomy, since=None, quarantine=quarantine)
    for each in audit.standings:
        if each.suspected:
            done = "quarantined" if quarantine else "suspected, and believed all the same"
            told = (
                "%d corrections by %s are %s: likelier given blindly than read (python -m training audit-corrections)"
            )
            _log.warning(told, len(each.ids), each.author, done)
    return audit


def _plan(
    given: argparse.Namespace,
    champion: Champion,
    taxonomy: Taxonomy,
    corpus: Sequence[Message],
    since: datetime.datetime | None,
    held: set[int],
    store: Store,
) -> _Plan:
    """Choose between a warm start and one from the encoder, where the corrections in `held` are believed."""
    encoder = given.encoder or champion.recipe.get("encoder")
    forgotten = find_forgotten(champion, given.runs, held, store)
    why = ""
    if given.cold:
        why = "it was asked for"
    elif champion.network is None:
        why = f"the manifest of {champion.version} does not tell its network"
    elif champion.checkpoint is None:
        why = f"the network of {champion.version} is not there any more (only its exported weights are)"
    elif champion.taxonomy.groups != taxonomy.groups:
        why = "the labels are not those that the champion knows"
    elif given.encoder and given.encoder != champion.recipe.get("encoder"):
        why = "it is another encoder"
    elif forgotten is None:
        why = f"nothing tells what {champion.version} learnt: it may not be believed any more"
    elif forgotten:
        why = f"{len(forgotten)} tickets that {champion.version} learnt from are erased, or not believed any more"
    file = given.recipe or RECIPES / ("classifier.yaml" if why else "warm.yaml")
    recipe = read_classifier_recipe(file)
    if encoder and not (given.recipe and not given.encoder):
        recipe = recipe.model_copy(update={"encoder": encoder})
    told = [champion.version, str(since), str(given.newest_share), str(not why)]
    inputs = [*told, *(each.model_dump_json() for each in (recipe, taxonomy, *corpus))]
    sha256 = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
    inherited = [] if why else read_learnt(given.runs / champion.version) or []
    return _Plan(recipe, file, why, forgotten or [], inherited, sha256)


def _begun_without(runs: Path, plan: _Plan) -> State | None:
    """Find a run that ended, from the same inputs and without all that the champion should forget."""
    ended = (state for each in runs_in(runs) if (state := read_state(each)) and state.outcome not in (None, "given up"))
    for state in ended:
        less = len(plan.forgotten) <= state.forgotten and plan.forgotten_ids.issubset(state.forgotten_ids)
        if less and state.inputs == plan.inputs:
            return state
    return None


def _unfinished(given: argparse.Namespace, plan: _Plan, held: set[int]) -> tuple[Path, State, list[Row]] | None:
    """Find the run to go on with, less what is erased or not believed by now. Others that never ended are given up."""
    found = None
    for folder in runs_in(given.runs):
        state = read_state(folder)
        if state is None:
            shutil.rmtree(folder)  # cut before there was anything to go on with
        elif state.outcome is None and (given.fresh or state.inputs != plan.inputs):
            _give_up(folder, state, "as told" if given.fresh else "what it began with has changed")
        elif state.outcome is None:
            found = folder, state
    if found is None:
        return None
    folder, state = found
    rows = [row for row in read_rows(folder / SNAPSHOT) if held.issuperset(row.given)]
    if gone := state.learnt + state.newest - len(rows):
        shutil.rmtree(folder / BUILD, ignore_errors=True)
        withdraw(given.home, state)
        if not state.forgotten and not any(row.fresh and row.use == "learn" for row in rows):
            _give_up(folder, state, "what it would have learnt was erased, or is not believed any more")
            return None
        _log.info("%d of its tickets are erased or not believed any more: it learns anew without them", gone)
        write_learnt(folder, rows, plan.inherited)
        state = state.model_copy(
            update={
                "stages": {"gather": state.stages["gather"]},
                "snapshot_sha256": write_rows(folder / SNAPSHOT, rows),
                "learnt": sum(row.use == "learn" for row in rows),
                "newest": sum(row.use == "newest" for row in rows),
                "fresh": sum(row.fresh for row in rows),
            }
        )
        write_state(folder, state)
    return folder, state, rows


def _give_up(folder: Path, state: State, why: str) -> None:
    _log.info("run %s is given up: %s", state.run, why)
    write_state(folder, state.model_copy(update={"outcome": "given up"}))


def _told(job: Job | None) -> int:
    """Say what a run would do, or is about to."""
    if job:
        state = job.state
        _log.info(
            "%d corrections since the champion %s learnt, %d in all: %d are learnt from, the newest %d examined with",
            state.fresh, state.champion, state.learnt + state.newest, state.learnt, state.newest,
        )  # fmt: skip
        if state.forgotten:
            _log.info("%d tickets that the champion learnt from are erased or not believed any more", state.forgotten)
    return DONE
