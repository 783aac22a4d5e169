"""Names by what stands before them: labels, greetings, titles, "my name is", "I spoke with", closings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from data.redaction.addresses.parts import is_place
from data.redaction.kinds import CONTACT_MASK
from data.redaction.names.sets import word_set
from data.redaction.names.triggers import Before, Trigger
from data.redaction.names.words import Run, Words

_COLON = re.compile(r"\.?(?: ?\([^()\n]{1,20}\))?\s?[:=]\s{0,3}[\"'«“]?|\.?\s?[:=]\s?<")
_SPACE = re.compile(r"\.?[ ]{1,2}[\"'«“(]?|\.?ª?\.? |\.(?=\w)")
_LOOSE = re.compile(r"[ ,:]{1,3}[\"'«“(]?|\s?[,:(] ?")
_TEXT_END = re.compile(r"[ .!,)\n]{0,40}\Z")
_SMALL_END = re.compile(r"[ .!,x]{0,4}(?:\n|\Z)")
_CLAUSE_END = re.compile(r"\s?(?:[,.;!\n(-]|\Z)")
_LINK = frozenset(["is", "es", "on", "là", "was", "oli", "la", "called", "named", "tên", "ten", "llama"])
_LINE_END = re.compile(
    rf"[ .,!;)\"'»”*]{{0,4}}(?:\n|$|[ ,(<|/-]{{0,3}}(?:[Tt]el|[Pp]uh|[Mm]ob|sđt|SĐT|ĐT)?[.:]?[ ]?{CONTACT_MASK}"
    r"|[ ]?(?:[,|(/—-]|[:;][)D]|x+\b|[^\w\s]))"
)
_SELF = word_set("self")
_TOLD = (
    "spoke",
    "ask",
    "speak",
    "talked",
    "chatted",
    "dealt",
    "helped",
    "served",
    "habl",
    "atend",
    "puhuin",
    "puhuttuani",
    "juttelin",
    "keskustelin",
    "gặp",
    "gap",
    "un tal",
    "una tal",
)
_LINE_LABELS = word_set("line_labels")
_FORMAL = frozenset(["dear", "estimado", "estimada", "querido", "querida", "apreciado", "apreciada", "arvoisa"])
_WEAK_CLOSING = word_set("weak_closing")
_SHORT_CLOSING = frozenset(["t", "love", "best", "yours", "br", "kr", "yt", "ta", "xx", "thân"])
_WEAK_RELATION = word_set("weak_relation")
_SURE_TITLES = frozenset(["mr", "mrs", "ms", "sra", "srta", "dra"])
"""Titles after which a word in small letters is a surname too."""
_NO_SURNAMES = word_set("no_surnames")
_SHORT_TITLES = frozenset(["bs", "ts", "ths", "gs", "ls", "kts", "a", "c"])
_LATIN_LIKE = word_set("latin_like")
_ADVERBS = frozenset(["edelleen", "vieläkin", "jälleen", "todella", "incorrecto", "correcto", "todavía"])
_SMALL_VI = word_set("small_vi")
_AFTER_SMALL = re.compile(
    r"\s?(?:[,.!?;:)\n]|$)|\s(?:ơi|oi|bên|ben|ở|tư|tu van|nhé|nhe|ạ|nha|shipper|giao|phòng|phong|kỹ|trực|này|ship)\b"
)
_CONNECT = re.compile(
    r"\s?(?:,? ?(?:and|y|e|ja|và|va|&|or|o|tai|sekä|/)|,)\s{1,2}(?:(?:Mr|Mrs|Ms|Dr|Sra?|D|Dña)\.? "
    r"|(?:chị|anh|cô|em|bé|rouva|herra) )?"
)


def by_context(words: Words, triggers: Sequence[Trigger]) -> Iterator[Run]:
    """Give the runs that a phrase before them says are names."""
    for before, phrase, first, number in triggers:
        if number < len(words.all) and (run := _RULES[before](words, phrase, first, number)):
            yield run


def _listed(words: Words, run: Run) -> bool:
    return any(words.is_listed(word.text) for word in words.all[run.first : run.last])


def _small_given(words: Words, word: str) -> bool:
    """Tell whether a word in small letters is a given name and nothing else in the language at hand."""
    return words.lists.is_given(word) and words.is_listed(word) and not words.is_plain(word)


def _sane(words: Words, run: Run | None) -> Run | None:
    """Refuse what is no name whoever says so: a listed town or country alone, an abbreviation of capitals alone."""
    if run is None:
        return None
    text = words.text[run.start : run.end]
    if is_place(text) and not words.is_listed(text):
        return None
    if len(run) == 1 and text.isupper() and len(text) < 4 and not words.is_listed(text):
        return None
    return run


def _label(words: Words, phrase: str, first: int, number: int) -> Run | None:
    gap = words.gap(number)
    line = "\n" in words.gap(first) or first == 0 or any(mark in words.gap(first) for mark in ",;-•*|(>./")
    if _COLON.fullmatch(gap):
        if phrase in _LINE_LABELS and not line:
            return None
        run = (None if words.all[number].capital else _small_vietnamese(words, number)) or _sane(
            words, words.run(number, any_case=True)
        )
        if run is None or (phrase in _LINE_LABELS and not (_listed(words, run) or len(run) > 1)):
            return None
        return run
    if phrase in ("to", "para", "cc", "from", "de", "ten", "từ", "tới", "gửi"):
        return None
    if not gap.strip() and words.all[number].lower in _LINK and number + 1 < len(words.all):
        run = _sane(words, words.run(number + 1))
        return run if run and (phrase not in ("contact", "customer", "client") or _listed(words, run)) else None
    if _SPACE.fullmatch(gap):
        run = _sane(words, words.run(number))
        return run if run and (_listed(words, run) or (len(run) > 1 and line)) else None
    return None


def _intro(words: Words, phrase: str, first: int, number: int) -> Run | None:
    if not _LOOSE.fullmatch(words.gap(number)):
        return None
    if words.all[number].lower in ("là", "la", "is", "es") and number + 1 < len(words.all):
        number += 1
    if words.all[number].capital:
        return _sane(words, words.run(number)) or _said_of_oneself(words, number)
    if phrase in _SELF and words.language in ("vi", None) and (small := _small_vietnamese(words, number)):
        return small
    run = _sane(words, words.run(number, any_case=True, most=4))
    if run is None or words.text[run.start : run.end].lower() in _ADVERBS:
        return None
    syllables = words.language in ("vi", None) and words.is_syllable(words.all[number].text)
    return run if phrase in _SELF or words.is_listed(words.all[number].text) or syllables else None


def _said_of_oneself(words: Words, number: int) -> Run | None:
    """Read a name that is a word or a place too where a person says it: me llamo Luz, soy Rosario."""
    word = words.all[number]
    ends = _CLAUSE_END.match(words.text, word.end) is not None
    return Run(number, number + 1, word.start, word.end) if ends and words.lists.is_doubtful(word.text) else None


def _small_vietnamese(words: Words, number: int) -> Run | None:
    """Read two to four Vietnamese syllables in small letters that end a clause: lê minh châu."""
    last = number
    while (
        last < len(words.all)
        and last - number < 4
        and words.is_syllable(words.all[last].text)
        and (last == number or words.gap(last) == " ")
    ):
        last += 1
    if last - number < 2 or not _CLAUSE_END.match(words.text, words.all[last - 1].end):
        return None
    return Run(number, last, words.all[number].start, words.all[last - 1].end)


def _introduce(words: Words, phrase: str, first: int, number: int) -> Run | None:
    if not _SPACE.fullmatch(words.gap(number)):
        return None
    word = words.all[number]
    if word.capital:
        run = _sane(words, words.run(number))
        if phrase in ("soy", "i'm", "im", "i am", "this is") and (run is None or len(run) == 1):
            run = _said_of_oneself(words, number) or run
            if run and words.lists.is_doubtful(word.text):
                return run
        if run is None:
            return None
        if _listed(words, run) and not is_place(word.text):
            return run
        if words.is_syllable(word.text) and words.language in ("vi", None):
            return run
        return run if len(run) > 1 and phrase not in ("là", "la", "by", "aquí", "aqui", "named") else None
    if phrase in ("là", "la", "by", "oon", "somos", "its", "it's", "it is", "here is") and phrase not in (
        "its",
        "it's",
    ):
        return None
    if _small_given(words, word.text) and words.language != "vi":
        return _sane(words, words.run(number, any_case=True, most=3))
    return None


def _speech(words: Words, phrase: str, first: int, number: int) -> Run | None:
    if not _LOOSE.fullmatch(words.gap(number)) or not words.all[number].capital:
        return None
    run = _sane(words, words.run(number))
    if run is None:
        return None
    if words.is_listed(words.all[number].text) and not is_place(words.all[number].text):
        return (
            run
            if not words.lists.is_doubtful(words.all[number].text) or len(run) > 1 or phrase.startswith(_TOLD)
            else None
        )
    if words.is_syllable(words.all[number].text) and (
        words.language == "vi" or (words.language is None and not phrase.isascii())
    ):
        return run
    return run if phrase.startswith(_TOLD) else None


def _title(words: Words, phrase: str, first: int, number: int) -> Run | None:
    if not _SPACE.fullmatch(words.gap(number)):
        return None
    word = words.all[number]
    if word.capital:
        run = words.run(number)
        if (
            run
            and phrase in ("opettaja", "ope", "lääkäri", "sister", "father", "doctor", "doctora", "tri", "judge")
            and len(run) == 1
        ):
            return run if words.is_listed(word.text) or words.all[number - 1].lower != "father" else None
        return run
    if _small_given(words, word.text) and phrase != "don":
        return words.run(number, any_case=True, most=2)
    if phrase in _SURE_TITLES or (phrase in ("dr", "sr", "prof") and "." in words.gap(number)):
        plain = words.is_plain(word.text) or words.is_stop(word.text) or len(word.text) < 4
        return None if plain or word.lower in _NO_SURNAMES else Run(number, number + 1, word.start, word.end)
    return None


def _title_vi(words: Words, phrase: str, first: int, number: int) -> Run | None:
    if not re.fullmatch(r"\.? |\." if phrase in _SHORT_TITLES else " ", words.gap(number)) or words.language not in (
        "vi",
        None,
        "en",
    ):
        return None
    bare = phrase.isascii()
    vietnamese = phrase in ("anh", "chi") and words.language == "en" and words.all[number - 1].capital
    if bare and not vietnamese and words.language != "vi" and (words.language == "en" or phrase in _LATIN_LIKE):
        return None
    word = words.all[number]
    if word.capital:
        if words.is_syllable(word.text) and not (word.text.isupper() and len(word.text) < 2):
            run = words.run(number)
            return run if run and not is_place(words.text[run.start : run.end]) else None
        run = _sane(words, words.run(number))
        return run if run and (not bare or _listed(words, run)) and not words.is_stop(word.text) else None
    if word.lower in _SMALL_VI and _AFTER_SMALL.match(words.text, word.end) and words.language == "vi":
        return Run(number, number + 1, word.start, word.end)
    return None


def _greeting(words: Words, phrase: str, first: int, number: int) -> Run | None:
    gap = words.gap(number)
    if not re.fullmatch(r"[ ,!]{1,3}", gap):
        return None
    word = words.all[number]
    if words.text[word.end : word.end + 1] == "/":
        return None
    if not word.capital:
        if _small_given(words, word.text) and re.match(r" ?[,!.:;\n]|$", words.text[word.end : word.end + 2]):
            return Run(number, number + 1, word.start, word.end)
        return None
    run = _sane(words, words.run(number))
    if run is None:
        return None
    if words.is_listed(word.text) and (not is_place(word.text) or len(run) > 1):
        return run
    if words.is_syllable(word.text) and words.language in ("vi", None):
        return run
    ends = re.match(r" ?[,:!]?\s?(?:\n|\Z)", words.text[run.end : run.end + 4]) is not None
    return run if phrase in _FORMAL and (ends or len(run) == 2) else None


def _closing(words: Words, phrase: str, first: int, number: int) -> Run | None:
    gap = words.gap(number)
    if not re.fullmatch(r"[\s,.!:;*~—❤🙏😊-]{1,8}", gap):
        return None
    line = "\n" in gap
    marked = line or any(mark in gap for mark in ",.:!;—-")
    starts = "\n" in words.gap(first) or first == 0 or any(mark in words.gap(first) for mark in ".!?,)…:😊-")
    if phrase in _SHORT_CLOSING and not (marked and starts):
        return None
    for skipped in (0, 1, 2, 3):
        if number + skipped >= len(words.all):
            break
        if skipped and (words.all[number + skipped - 1].capital or words.gap(number + skipped).strip(" ,.")):
            break
        word = words.all[number + skipped]
        if word.capital:
            run = _sane(words, words.run(number + skipped))
            if run is None and (words.lists.is_given(word.text) or words.lists.is_doubtful(word.text)):
                run = Run(number + skipped, number + skipped + 1, word.start, word.end)
            if run is None or not (_LINE_END.match(words.text, run.end) or _CONNECT.match(words.text, run.end)):
                return None
            if phrase in _WEAK_CLOSING and not line:
                final = _TEXT_END.match(words.text, run.end) is not None or words.text[run.end : run.end + 1] == "\n"
                return (
                    run
                    if _listed(words, run)
                    or (marked and final and len(run) > 1)
                    or (marked and final and phrase not in ("gracias", "thanks", "kiitos"))
                    else None
                )
            return run
    word = words.all[number]
    if not word.capital and (line or (marked and _ends(words, number))) and not words.is_stop(word.text):
        run = words.run(number, any_case=True, most=3)
        if run and _SMALL_END.match(words.text, run.end) and (line or _listed(words, run)):
            return run
    if not word.capital and _small_given(words, word.text):
        run = words.run(number, any_case=True, most=3)
        return run if run and _SMALL_END.match(words.text, run.end) else None
    return None


def _ends(words: Words, number: int) -> bool:
    return len(words.all) - number <= 3


def _relation(words: Words, phrase: str, first: int, number: int) -> Run | None:
    if not _LOOSE.fullmatch(words.gap(number)):
        return None
    if words.all[number].lower in _LINK and number + 1 < len(words.all) and words.gap(number + 1) == " ":
        number += 1
    word = words.all[number]
    if word.capital:
        run = _sane(words, words.run(number))
        if run is None:
            return None
        vietnamese = words.language in ("vi", None) and words.is_syllable(word.text)
        if _listed(words, run) or vietnamese:
            return run
        if len(run) == 1 and word.lower.endswith("nen"):
            return run
        return run if phrase not in _WEAK_RELATION and "." not in words.gap(number) else None
    if _small_given(words, word.text):
        return words.run(number, any_case=True, most=2)
    return None


_RULES: dict[Before, Callable[[Words, str, int, int], Run | None]] = {
    Before.LABEL: _label,
    Before.LABEL_MIXED: _label,
    Before.INTRO: _intro,
    Before.INTRODUCE: _introduce,
    Before.SPEECH: _speech,
    Before.TITLE: _title,
    Before.TITLE_VI: _title_vi,
    Before.GREETING: _greeting,
    Before.CLOSING: _closing,
    Before.RELATION: _relation,
}


def connected(words: Words, run: Run) -> Iterator[Run]:
    """Give the names that are joined to a name by "and" or a comma: Tomás and Eimear Hession."""
    for _ in range(8):
        match = _CONNECT.match(words.text, run.end)
        if not match:
            return
        number = run.last
        while number < len(words.all) and words.all[number].start < match.end():
            number += 1
        if number >= len(words.all) or words.all[number].start != match.end() or not words.all[number].capital:
            return
        following = _sane(words, words.run(number))
        if following is None:
            return
        comma = match.group().strip().startswith(",") and match.group().strip() == ","
        if not words.is_listed(words.all[number].text) and (comma or not words.is_listed(words.all[run.first].text)):
            return
        if comma and (
            not words.lists.is_given(words.all[number].text) or is_place(words.text[following.start : following.end])
        ):
            return
        yield following
        run = following
