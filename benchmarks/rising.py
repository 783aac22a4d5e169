"""How often rising themes are found, how soon, and how often where nothing rises: `python -m benchmarks.rising`.

Years are simulated: days of the week, a season, days and weeks that are restless for no reason, and messages of 15
themes by language, channel and source. Then the bound: with everything known but the beginning of the rise (no season,
no restlessness, the mean itself), no method finds more than the test of Neyman and Pearson for the five days does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from service.reports.alarms.baseline import YEAR, seasons
from service.reports.alarms.rising import WARM_UP, Watch

Counts = npt.NDArray[np.float32]

FEATURES: Final = (4, 5, 3)
"""Languages, channels, sources: with all together 13 places."""

MONTH: Final = 30
AFTER: Final = 21
"""Days that are watched after a rise begins."""


@dataclass(frozen=True)
class World:
    """How messages come where nothing rises. `sizes` are messages a week; the rest are relative spreads."""

    sizes: tuple[float, ...]
    weekend: float = 0.45
    """A day of the weekend beside one of the week."""
    season: float = 0.15
    """Height of a wave of a year, each theme's own."""
    restless: float = 0.15
    """Of a theme's days."""
    common: float = 0.07
    """Of all themes' days together."""
    drifting: float = 0.04
    """Of a theme's weeks."""


MIXED: Final = World((*np.geomspace(10, 300, 14).round(1).tolist(), 20.0))
EVEN: Final = World((20.0,) * 15)
CALM: Final = World(MIXED.sizes, weekend=1.0, season=0.0, restless=0.0, common=0.0, drifting=0.0)
WORLDS: Final = {"10 to 300 a week": MIXED, "the same, only chance": CALM, "20 a week each": EVEN}


@dataclass(frozen=True)
class Found:
    """What was noticed: days x runs x themes, theme 0 being all messages."""

    alarms: npt.NDArray[np.bool_]
    signs: npt.NDArray[np.bool_]
    """Shown on this day."""
    begun: npt.NDArray[np.bool_]

    def soon(self, begin: int, days: int, what: npt.NDArray[np.bool_], theme: int = -1) -> float:
        """Say in which share of the runs something was noticed on one of so many days from `begin` on."""
        return float(what[begin : begin + days, :, theme].any(axis=0).mean())


def simulate(
    world: World, days: int, runs: int, seed: int, *, begin: int | None = None, factor: float = 1.0, place: int = 0
) -> Counts:
    """Draw days x runs x places x themes; the last theme rises `factor`-fold from the day `begin` on, in one place."""
    dice = np.random.default_rng(seed)
    sizes = np.array(world.sizes)
    shape = (days, runs, len(sizes))
    week = np.array([1.0] * 5 + [world.weekend] * 2)
    day = np.arange(days)
    mean = np.broadcast_to(sizes / week.sum() * week[day % 7][:, None, None], shape).copy()
    phases = dice.random((1, runs, len(sizes)))
    mean *= 1 + world.season * np.sin(2 * np.pi * (day[:, None, None] / YEAR + phases))
    mean *= _noise(dice, world.restless, shape) * _noise(dice, world.common, (days, runs, 1))
    mean *= np.repeat(_noise(dice, world.drifting, (days // 7 + 1, runs, len(sizes))), 7, axis=0)[:days]
    shares = [dice.dirichlet(np.ones(size) * 3, (runs, len(sizes))) for size in FEATURES]
    total = dice.poisson(mean)
    more = np.zeros_like(total)
    if begin is not None:
        share = shares[0][:, -1, place - 1] if place else 1.0
        more[begin:, :, -1] = dice.poisson(mean[begin:, :, -1] * (factor - 1) * share)
    counts = [(total + more)[:, :, None]]
    for number, each in enumerate(shares):
        split = dice.multinomial(total if place and not number else total + more, each)
        if place and not number:
            split[..., place - 1] += more
        counts.append(np.moveaxis(split, -1, 2))
    themes = np.concatenate(counts, axis=2).astype(np.float32)
    return np.concatenate([themes.sum(axis=3, keepdims=True), themes], axis=3)


def _noise(dice: np.random.Generator, spread: float, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    return dice.gamma(spread**-2, spread**2, shape) if spread else np.ones(shape)


def watch(counts: Counts) -> Found:
    """Let the service's own code watch."""
    days, runs, _, themes = counts.shape
    found = Found(*(np.zeros((days, runs, themes), np.bool_) for _ in range(3)))
    watcher, season = Watch(counts.shape[1:]), seasons(counts.astype(np.float64))
    for day in range(days):
        state = watcher.step(counts[day].astype(np.float64), day % 7, season[day])
        if state is not None:
            found.alarms[day], found.signs[day], found.begun[day] = state.alarm, state.sign, state.begins
    return found


def false_alarms(world: World, runs: int, seed: int, days: int = 2 * YEAR) -> tuple[float, float, float]:
    """Watch days on which nothing rises; returns alarms and new signs a month, and signs shown on a day."""
    found = watch(simulate(world, WARM_UP + days, runs, seed))
    months = runs * days / MONTH
    return (
        float(found.alarms[WARM_UP:].sum() / months),
        float(found.begun[WARM_UP:].sum() / months),
        float(found.signs[WARM_UP:].sum() / runs / days),
    )


def delays(
    world: World, factor: float, runs: int, seed: int, place: int = 0, begins: Sequence[int] = range(150, 157)
) -> Found:
    """Let the theme of 20 a week rise on one of these days, on any of the week. Days of `Found` count from there."""
    parts = []
    for begin in begins:
        size = max(1, runs // len(begins))
        counts = simulate(world, begin + AFTER, size, seed + begin, begin=begin, factor=factor, place=place)
        found = watch(counts)
        parts.append((found.alarms[begin:], found.signs[begin:], found.begun[begin:]))
    return Found(*(np.concatenate(each, axis=1) for each in zip(*parts, strict=True)))


def bound(mean: float, factor: float, chance: float) -> float:
    """Power of the test of Neyman and Pearson between Poisson's distributions of two means, at this level."""
    counts = np.arange(int(mean * factor * 4 + 60))
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.maximum(counts[1:], 1)))])
    flat, risen = (np.exp(counts * np.log(each) - each - logs) for each in (mean, mean * factor))
    above = np.concatenate([np.cumsum(flat[::-1])[::-1], [0.0]])
    first = int(np.argmax(above <= chance))
    edge = (chance - above[first]) / flat[first - 1]
    return float(risen[first:].sum() + edge * risen[first - 1])


def _lines(runs: int, seed: int) -> Iterator[str]:
    yield "Where nothing rises, over all series together:\n"
    yield "| messages of the 15 themes | alarms a month | new signs a month | signs shown on a day |\n|---|---|---|---|"
    for name, world in WORLDS.items():
        alarms, begun, shown = false_alarms(world, runs, seed)
        yield f"| {name} | {alarms:.2f} | {begun:.1f} | {shown:.2f} |"
    yield "\nOf rises of the theme with 20 messages a week, found by the end of day 3 / 5 / 7 / 10 / 14:\n"
    yield "| messages of the themes | rise | by alarm | by alarm or sign |\n|---|---|---|---|"
    for name, world in WORLDS.items():
        rises = ((1.0, 0), (2.0, 0), (3.0, 0), (6.0, 1)) if world is MIXED else ((1.0, 0), (2.0, 0))
        for factor, place in rises:
            found = delays(world, factor, 10 * runs, seed, place)
            told = f"{factor:g}-fold" + (" in one language alone" if place else "") if factor > 1 else "none: chance"
            yield f"| {name} | {told} | {_shares(found, found.alarms)} | {_shares(found, found.alarms | found.signs)} |"
    yield "\nThe most that any method can find within 5 days at one alarm by chance a month, the mean being known:\n"
    yield "| themes with 20 a week that share it | a doubling |\n|---|---|"
    for themes in (15, 6, 5, 1):
        yield f"| {themes} | {bound(100 / 7, 2.0, 5 / MONTH / themes):.0%} |"


def _shares(found: Found, what: npt.NDArray[np.bool_]) -> str:
    return " / ".join(f"{found.soon(0, days, what):.0%}" for days in (3, 5, 7, 10, 14))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rising", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="runs of two years; ten times as many rises of each kind")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    for line in _lines(given.runs, given.seed):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
