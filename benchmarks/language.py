"""How well languages are told: accepted where supported, rejected where not, time and memory.

Run as `python -m benchmarks.language` (`--corpus FOLDER` for another corpus, `--failures` to list every error). The
corpus is `data/corpus`; without one, only the foreign sentences of `language_foreign.tsv` are measured. Those marked
`tune` were looked at while the identifier was made; the figures are of the `held` ones.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from data.corpus import CORPUS, CorpusError, read_corpus
from data.language import LanguageIdentifier
from data.syllables import is_syllable, without_marks

SUPPORTED = ("fi", "vi", "es", "en")
FOREIGN = Path(__file__).with_name("language_foreign.tsv")
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(slots=True)
class Tally:
    """Of `asked` texts, `right` were told; `wrong` keeps what the others were taken for."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, right: bool, record: str) -> None:
        """Count one text."""
        if right:
            self.right += 1
        else:
            self.wrong.append(record)

    @property
    def asked(self) -> int:
        return self.right + len(self.wrong)

    @property
    def share(self) -> float:
        return self.right / max(1, self.asked)


def resident_megabytes() -> float:
    """Memory of this process that is in RAM, MB; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def read_foreign(split: str = "held") -> Iterator[tuple[str, str]]:
    """Yield language and sentence of the unsupported languages."""
    for line in FOREIGN.read_text(encoding="utf-8").splitlines():
        language, own, text = line.split("\t")
        if own == split:
            yield language, text


def length_of(text: str) -> str:
    """Name the length class of a text, in words between white space."""
    words = len(text.split())
    return "1-3 words" if words < 4 else "4-8 words" if words < 9 else "9+ words"


def measure_supported(
    identifier: LanguageIdentifier, messages: Iterable[tuple[str, str, list[str]]]
) -> dict[tuple[str, str], Tally]:
    """Count by language and slice: length, marks stripped, colloquial tags, the right hint, a wrong hint."""
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    for language, text, tags in messages:
        others = [other for other in SUPPORTED if other != language]
        trials = {"all": (text, None), length_of(text): (text, None), "own hint": (text, language)}
        if len(text.split()) > 12:
            trials["12+ words, wrong hint"] = (text, others[len(text) % 3])
        if (bare := without_marks(text)) != text:
            trials["marks stripped"] = (bare, None)
        trials |= {tag: (text, None) for tag in ("nodiacritics", "teencode", "spoken", "codeswitch") if tag in tags}
        for name, (trial, hint) in trials.items():
            guess = identifier.identify(trial, hint)
            tallies[language, name].add(guess.label == language, f"{guess.label} {guess.confidence:.2f} {trial!r}")
        tallies[language, "not mixed"].add(not identifier.identify(text).mixed, repr(text))
    return dict(tallies)


def measure_foreign(identifier: LanguageIdentifier) -> dict[tuple[str, str], Tally]:
    """Count by language how many foreign sentences are turned away."""
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    for language, text in read_foreign():
        guess = identifier.identify(text)
        tallies[language, "rejected"].add(not guess.supported, f"{guess.label} {guess.confidence:.2f} {text!r}")
    return dict(tallies)


def measure_mixed(
    identifier: LanguageIdentifier, messages: Iterable[tuple[str, str, list[str]]]
) -> dict[tuple[str, str], Tally]:
    """Put a sentence of one language after one of another, of 5 to 15 words each, and count what is called mixed."""
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    sentences: defaultdict[str, list[str]] = defaultdict(list)
    for language, text, _ in messages:
        sentence = re.split(r"(?<=[.!?])\s|\n", text)[0].rstrip(".!?")
        if 5 <= len(sentence.split()) <= 15:
            sentences[language].append(sentence)
    for first in sentences:
        for second in sentences:
            for one, other in zip(sentences[first][:50], sentences[second][50:100], strict=False):
                text = f"{one}. {other}."
                name = f"then {second}"
                if first != second:
                    tallies[first, name].add(identifier.identify(text).mixed, repr(text))
    return dict(tallies)


def show(title: str, tallies: dict[tuple[str, str], Tally], failures: bool) -> None:
    """Print shares, worst first."""
    out = sys.stdout
    out.write(f"\n## {title}\n| language | slice | texts | right |\n|---|---|---:|---:|\n")
    for (language, name), tally in sorted(tallies.items(), key=lambda item: (item[1].share, item[0])):
        out.write(f"| {language} | {name} | {tally.asked} | {tally.share:.1%} |\n")
        if failures:
            out.writelines(f"|  | {record} | | |\n" for record in tally.wrong)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--failures", action="store_true", help="list every text that was not told")
    options = parser.parse_args()

    before, started = resident_megabytes(), time.perf_counter()
    identifier = LanguageIdentifier(SUPPORTED)
    identifier.identify("a first text")
    made, held = time.perf_counter() - started, resident_megabytes() - before
    try:
        messages = [(m.lang, m.text, m.tags) for m in read_corpus(options.corpus)]
    except CorpusError as error:
        sys.stderr.write(f"{error}\n")
        messages = []
    texts = [text for _, text, _ in messages] or [text for _, text in read_foreign()]
    times: list[float] = []
    for text in texts:
        started = time.perf_counter()
        identifier.identify(text)
        times.append(1000 * (time.perf_counter() - started))
    times.sort()
    show("Foreign sentences turned away", measure_foreign(identifier), options.failures)
    if messages:
        show("Messages accepted in their language", measure_supported(identifier, messages), options.failures)
        show("Two languages seen as mixed", measure_mixed(identifier, messages), options.failures)
        shapes: defaultdict[str, list[bool]] = defaultdict(list)
        for language, text, _ in messages:
            shapes[language] += [is_syllable(word) for word in _LETTERS.findall(text.lower())]
        sys.stdout.write("\nWords shaped like a bare Vietnamese syllable: ")
        sys.stdout.write(", ".join(f"{k} {sum(v) / max(1, len(v)):.0%}" for k, v in shapes.items()) + "\n")
    middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
    sys.stdout.write(f"\n{len(texts)} texts: median {middle:.2f} ms, 99% within {late:.2f} ms; ")
    sys.stdout.write(f"made in {made:.2f} s, holds {held:.0f} MB\n")


if __name__ == "__main__":
    main()
