"""In which language a message is written, and whether that is one the model was made for.

Three witnesses are heard, each in nats (natural-log likelihood), and their sum is turned into a probability:

- the letter statistics of py3langid (140 languages, naive Bayes over byte n-grams; Lui and Baldwin, 2012), whose say
  grows with the square root of the length, and which is weak below some 30 letters;
- very frequent words (`data.words`), a word's vote divided among the languages that use it;
- the shape of the words as Vietnamese syllables (`data.syllables`), for Vietnamese typed without its marks.

The last two are capped, so that they decide short texts and cannot overrule the letters of a long one.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from py3langid.langid import MODEL_FILE  # type: ignore[import-untyped]
from py3langid.langid import LanguageIdentifier as _Letters

from data.syllables import SYLLABLES, without_marks
from data.words import LANGUAGES_OF, NAMES

UNDETERMINED = "und"
"""ISO 639 for a text whose language cannot be told."""

_SAMPLE = 3000
"""Characters that are looked at; the language of more is no surer, and a hostile megabyte costs no more than these."""
_SEGMENTS = 32
_VOTE = 2.0
_MOST = 7.0
"""The most that words or syllables may say, in nats: a text of 25 words or so outweighs it by its letters."""
_SUPPORTED = 1.5
"""Prior for a supported language, nats: most of what reaches a service is in its own languages."""
_HINT = 2.5
"""What a caller's word is worth, nats, and twice that for `_FEW` words: it settles a doubtful text, not a plain one."""
_FLOOR = 1e-9
_SYLLABLE, _NO_SYLLABLE = 1.1, -2.2
"""Log ratios of a Vietnamese word's chance (0.95) to have the shape against that of other languages (0.32), and of
its chance to lack it (0.05, raised as loans and brands come in runs)."""
_FEW = 3
"""Up to so many words, a foreign language must be likely, not just likeliest, before a message is turned away."""
_FAINT = 0.08
"""Below this chance a few words that are in no list are a brand or a babble rather than a message."""

_NOISE = re.compile(r"https?://\S+|www\.\S+|(?<!\S)\S*@\S+|[@#]\w+|(?<!\w)\w*\d\w*")
"""Addresses, mentions, tags, and words with digits (codes, amounts): no language. Each alternative begins where a word
begins, so that a long run of letters is gone through once."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_SENTENCE = re.compile(r"[.!?…。！？]+\s+|\n+|[;:]\s+|\s+[-–—|/]+\s+")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxzđñç]{5,}")
_VOWEL = re.compile(r"[aeiouyáéíóúäöåæøüàèìòùâêôîûãõăơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹý]")
_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "poiuytrewq", "lkjhgfdsa", "mnbvcxz")
_RUNS = frozenset(row[i : i + 4] for row in _KEYBOARD_ROWS for i in range(len(row) - 3))
_SHORT_RUNS = frozenset(row[i : i + 3] for row in _KEYBOARD_ROWS[:3] for i in range(len(row) - 2))
_VIETNAMESE_LETTER = re.compile(r"[ăơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_LATIN = re.compile(r"[a-zß-öø-ɏḀ-ỿ]")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text is written in.

    `label` is ISO 639-1, or `und` where the text has no language to speak of; `confidence` is 0 to 1; `mixed` says
    that a whole sentence, or more than 30% of the words, is in another language than `label`.
    """

    label: str
    confidence: float
    supported: bool
    mixed: bool


class LanguageIdentifier:
    """Tells the language of messages, for services made for the languages `supported`.

    Holds about 75 MB (the letter statistics) and takes about half a second to make: make one per process. It is never
    changed afterwards, so any number of threads may ask it at once. Raises `ValueError` for a language that the letter
    statistics do not know.
    """

    def __init__(self, supported: Sequence[str]) -> None:
        self._letters = _Letters.from_model_file(MODEL_FILE, norm_probs=True)
        if unknown := sorted(set(supported) - set(self._letters.labels)):
            raise ValueError(
                f"languages {', '.join(unknown)} cannot be identified; give ISO 639-1 codes such as fi, en"
            )
        self._supported = frozenset(supported)

    def identify(self, text: str, hint: str | None = None) -> Guess:
        """Say what `text` is written in; `hint` is the language that the caller believes, if any.

        A supported `hint` settles short and doubtful texts; it does not outweigh a text that is plainly in another
        language, and it gives no language to a text that has none.
        """
        sample = _STRETCHED.sub(r"\1", _NOISE.sub(" ", unicodedata.normalize("NFC", text[:_SAMPLE])))
        if sum(map(str.isupper, sample)) > sum(map(str.islower, sample)):
            sample = sample.lower()
        words = _words(sample)
        if not _says_something(words, sample):
            return Guess(UNDETERMINED, 1.0, supported=False, mixed=False)
        chances = self._chances(sample, words, hint)
        label = max(chances, key=chances.__getitem__)
        if len(words) <= _FEW and chances[label] < (_FAINT if label in self._supported else 0.7):
            label = self._lean(chances, words)
        if label == UNDETERMINED:
            return Guess(UNDETERMINED, 1 - max(chances.values()), supported=False, mixed=False)
        prevailing, mixed = self._blend(label, sample, words)
        return Guess(
            label=prevailing if len(prevailing) == 2 else UNDETERMINED,
            confidence=min(1.0, chances[label]) if prevailing == label else 0.5,  # two languages, and no surer
            supported=prevailing in self._supported,
            mixed=mixed,
        )

    def _lean(self, chances: Mapping[str, float], words: Sequence[str]) -> str:
        """Prefer a supported language for a few words that might be in one; `und` where none is at all likely."""
        if any(self._supported.isdisjoint(LANGUAGES_OF.get(word, self._supported)) for word in words):
            return max(chances, key=chances.__getitem__)
        likeliest = max(self._supported, key=lambda language: chances.get(language, 0.0))
        known = any(likeliest in LANGUAGES_OF.get(word, ()) for word in words)
        return likeliest if known or chances[likeliest] > _FAINT else UNDETERMINED

    def _chances(self, sample: str, words: Sequence[str], hint: str | None = None) -> dict[str, float]:
        """Probability of each language, from letters, words, syllables and what was to be expected."""
        bonus = _evidence(words)
        for language in self._supported:
            bonus[language] = bonus.get(language, 0.0) + _SUPPORTED
        if hint in self._supported:
            bonus[hint] += _HINT * (2 if len(words) <= _FEW else 1)
        weights = {language: max(chance, _FLOOR) for language, chance in self._letters.rank(sample)}
        for language in bonus.keys() & weights.keys():
            weights[language] *= math.exp(bonus[language])
        total = sum(weights.values())
        return {language: weight / total for language, weight in weights.items()}

    def _blend(self, label: str, sample: str, words: Sequence[str]) -> tuple[str, bool]:
        """Say which supported language prevails in a text whose likeliest is `label`, and whether it is mixed."""
        shares: dict[str, int] = {}
        whole_sentence: set[str] = set()
        sentences = [(s, w) for s in _SENTENCE.split(sample)[:_SEGMENTS] if len(w := _words(s)) >= 3]
        if sentences and len(words) > len(sentences[0][1]):
            for sentence, own in sentences:
                language = label if _plainly(label, own) else self._sentence(sentence, own, label)
                shares[language] = shares.get(language, 0) + len(own)
                if len(own) >= 4:
                    whole_sentence.add(language)
        heard = sum(shares.values())
        if label not in self._supported:
            within = {k: v for k, v in shares.items() if k in self._supported and k in whole_sentence}
            best = max(within, key=within.__getitem__, default=label)
            if within.get(best, 0) < 0.4 * heard or best == label:
                return label, False
            return best, True
        prevailing = max(shares, key=lambda k: (shares[k], k == label), default=label)
        if prevailing in self._supported and shares.get(prevailing, 0) > 0.5 * heard:
            label = prevailing
        strangers = sum(_is_stranger(word, label) for word in words)
        return label, bool(whole_sentence - {label}) or (strangers >= 3 and strangers > 0.3 * len(words))

    def _sentence(self, sentence: str, words: Sequence[str], label: str) -> str:
        """Name the language of one sentence: `label`, unless another is beyond reasonable doubt."""
        chances = self._chances(sentence, words)
        other = max(chances, key=chances.__getitem__)
        known = sum(other in LANGUAGES_OF.get(word, ()) for word in words)
        sure = chances[other] > (0.8 if known or other not in self._supported else 0.97)
        return other if sure and chances.get(label, 0.0) < 0.1 else label


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def _says_something(words: Sequence[str], sample: str) -> bool:
    """Tell a message from a text without words, keyboard mash and a lone name."""
    known = sum(word in LANGUAGES_OF and len(word) > 1 for word in words)
    if len(words) <= 4:
        names = sum(without_marks(word) in NAMES for word in words)
        capitalised = all(word[:1].isupper() for word in _WORD.findall(sample))
        if names and ((capitalised and names * 2 >= len(words) + (known > 0)) or names == len(words)):
            return False
    spoken = sum(not _is_mash(word) for word in words)
    return known > 0 or (spoken > 0 and spoken * 2 >= len(words))


def _is_mash(word: str) -> bool:
    """Recognise what hands on a keyboard make: no vowel, five consonants on end, or four keys in a row."""
    if not _LATIN.match(word):
        return False
    if len(word) < 2:
        return True
    if not _VOWEL.search(word) or _CONSONANTS.search(word) or word in _SHORT_RUNS:
        return word not in LANGUAGES_OF
    return len(word) <= 12 and any(word[i : i + 4] in _RUNS for i in range(len(word) - 3)) and word not in LANGUAGES_OF


def _evidence(words: Iterable[str]) -> dict[str, float]:
    """Weigh what words and syllable shapes say of each language, in nats, at most `_MOST`."""
    votes: dict[str, float] = {}
    shape = 0.0
    for word in words:
        holders = LANGUAGES_OF.get(word, ())
        for language in holders:
            votes[language] = votes.get(language, 0.0) + _VOTE / len(holders)
        if "vi" in holders or _VIETNAMESE_LETTER.search(word):
            shape += _SYLLABLE
        elif len(word) > 1:
            shape += _SYLLABLE if without_marks(word) in SYLLABLES else _NO_SYLLABLE
    capped = {language: min(vote, _MOST) for language, vote in votes.items()}
    capped["vi"] = max(-_MOST, min(_MOST, capped.get("vi", 0.0) + shape))
    return capped


def _plainly(label: str, words: Sequence[str]) -> bool:
    """Say whether the frequent words of a sentence leave no need to weigh its letters."""
    own = sum(label in LANGUAGES_OF.get(word, ()) for word in words)
    return own >= 0.4 * len(words) and not any(_is_stranger(word, label) for word in words)


def _is_stranger(word: str, label: str) -> bool:
    """Say whether it is a frequent word of other languages that is no word, nor a syllable, of `label`."""
    if label != "vi" and _VIETNAMESE_LETTER.search(word):
        return True
    holders = LANGUAGES_OF.get(word, ())
    return bool(holders) and label not in holders and not (label == "vi" and without_marks(word) in SYLLABLES)
