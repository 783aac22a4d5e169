from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.language import UNDETERMINED, Guess, LanguageIdentifier
from data.syllables import SYLLABLES, is_syllable, without_marks
from data.words import LANGUAGES_OF

SUPPORTED = ("fi", "vi", "es", "en")


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier(SUPPORTED)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Loistava!", "fi"),
        ("ei oo", "fi"),
        ("mä oon ootellu", "fi"),
        ("Surkea kokemus", "fi"),
        ("PAKETTI ON HUKASSA", "fi"),
        ("hyväääää palveluuuu", "fi"),
        ("tama on ihan syvalta", "fi"),
        ("app lag quá", "vi"),
        ("dep lam", "vi"),
        ("te qua", "vi"),
        ("hang giao tre qua shop oi", "vi"),
        ("nv ko nghe may", "vi"),
        ("đặt hàng 3 tuần r mà chưa thấy giao", "vi"),
        ("Đã gọi hotline Samsung Galaxy S24 Ultra 5 lần, https://shop.vn/abc123 không ai rep", "vi"),
        ("muy mal", "es"),
        ("Pésimo", "es"),
        ("la habitacion estaba sucia y nadie contesto", "es"),
        ("¿y mi pedido?", "es"),
        ("Great", "en"),
        ("Rubbish service", "en"),
        ("app keeps crashing", "en"),
    ],
)
def test_short_and_colloquial_messages_are_accepted(identifier: LanguageIdentifier, text: str, label: str) -> None:
    guess = identifier.identify(text)
    assert (guess.label, guess.supported, guess.mixed) == (label, True, False)


@pytest.mark.parametrize("label", ["fi", "vi", "es", "en"])
def test_marks_may_be_written_in_two_ways(identifier: LanguageIdentifier, label: str) -> None:
    import unicodedata

    text = {
        "fi": "Pöytä särkyi käytössä jo ennen kesää",
        "vi": "Nhân viên không trả lời điện thoại",
        "es": "El camión llegó mañana y tarde también",
        "en": "The café staff were naïve about allergies",
    }[label]
    assert identifier.identify(unicodedata.normalize("NFD", text)) == identifier.identify(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Ich warte seit drei Wochen auf meine Bestellung und niemand antwortet.", "de"),
        ("Jag har väntat på mitt paket i tre veckor.", "sv"),
        ("Ootan oma pakki juba kolm nädalat ja keegi ei vasta mulle.", "et"),
        ("A minha encomenda ainda não chegou e ninguém responde.", "pt"),
        ("El meu paquet encara no ha arribat i ningú no em diu res.", "ca"),
        ("Paket saya belum sampai dan tidak ada kabar.", "id"),
        ("Wala pa rin ang padala ko, ang tagal naman.", "tl"),
        ("Посылка так и не пришла.", "ru"),
        ("我的包裹还没有到。", "zh"),
        ("荷物がまだ届きません。", "ja"),
        ("ของยังไม่มาส่งเลย", "th"),
    ],
)
@pytest.mark.parametrize("hint", [None, "en"])
def test_other_languages_are_turned_away(
    identifier: LanguageIdentifier, text: str, label: str, hint: str | None
) -> None:
    guess = identifier.identify(text, hint)
    assert (guess.label, guess.supported) == (label, False)


@pytest.mark.parametrize(
    "text",
    ["", " \n", "😀😀", "123", "+358 40 123", "???", "asdfgh qwe", "jkdhfkjdf", "k", "Matti Virtanen", "John Smith"],
)
@pytest.mark.parametrize("hint", [None, "fi"])
def test_a_text_without_language_is_undetermined(identifier: LanguageIdentifier, text: str, hint: str | None) -> None:
    guess = identifier.identify(text, hint)
    assert (guess.label, guess.supported, guess.mixed) == (UNDETERMINED, False, False)


@pytest.mark.parametrize("hint", SUPPORTED)
def test_a_hint_settles_what_is_doubtful(identifier: LanguageIdentifier, hint: str) -> None:
    assert identifier.identify("ok", hint).label == hint


def test_a_hint_does_not_outweigh_a_plain_text(identifier: LanguageIdentifier) -> None:
    text = "I have been waiting for three weeks and nobody has called me back about the refund."
    assert identifier.identify(text, "fi").label == "en"


def test_a_hint_of_an_unsupported_language_is_ignored(identifier: LanguageIdentifier) -> None:
    assert identifier.identify("Muy mal", "de") == identifier.identify("Muy mal")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The parcel never came to my door. Tilasin tuotteen kolme viikkoa sitten ja mitään ei kuulu.", "fi"),
        ("Ich warte seit drei Wochen auf mein Paket. I have been waiting for three weeks and nobody answers.", "en"),
        ("i want refund por favor ya", "en"),
    ],
)
def test_two_languages_are_mixed(identifier: LanguageIdentifier, text: str, label: str) -> None:
    guess = identifier.identify(text)
    assert (guess.label, guess.supported, guess.mixed) == (label, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "la app crashea siempre, no me gusta el update",
        "Sovellus kaatuu, update ei auttanut.",
        "ship hàng chậm, app lag",
    ],
)
def test_a_few_loan_words_do_not_make_a_text_mixed(identifier: LanguageIdentifier, text: str) -> None:
    assert not identifier.identify(text).mixed


def test_what_is_supported_is_the_callers_choice() -> None:
    guess = LanguageIdentifier(["de"]).identify("Mein Paket ist nicht angekommen, bitte helfen Sie mir.")
    assert (guess.label, guess.supported) == ("de", True)
    assert not LanguageIdentifier(["de"]).identify("My parcel has not arrived, please help me.").supported


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(ValueError, match="tlh"):
        LanguageIdentifier(["fi", "tlh"])


def test_threads_get_the_same_answers(identifier: LanguageIdentifier) -> None:
    texts = ["Loistava!", "muy mal", "hang giao tre qua shop oi", "the app keeps crashing", "Das ist nicht gut."] * 40
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(identifier.identify, texts)) == [identifier.identify(text) for text in texts]


@pytest.mark.parametrize(
    "piece", ["a", "1", "http://", "a@", "a1", "#", "ă", "a'", "the ", "a. b. ", "Ich bin da. It is on. "]
)
def test_a_hostile_megabyte_is_quick(identifier: LanguageIdentifier, piece: str) -> None:
    text = (piece * 1_000_000)[:1_000_000]
    started = time.perf_counter()
    assert isinstance(identifier.identify(text), Guess)
    assert time.perf_counter() - started < 0.5


def test_nothing_is_imported_that_serving_does_not_have() -> None:
    code = "import sys, data.language; print(sorted({'torch', 'transformers', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_syllables() -> None:
    assert all(
        map(is_syllable, ("không", "được", "giao", "hàng", "quá", "nghiêng", "quyển", "giữ", "gì", "yếu", "thuở"))
    )
    assert not any(map(is_syllable, ["they", "paketti", "strong", "kiitos", "kan", "gha", "ceb", "włos"]))
    assert 1900 < len(SYLLABLES) < 2200


def test_marks_are_taken_away() -> None:
    assert without_marks("Đã đặt hàng, chưa nhận được") == "Da dat hang, chua nhan duoc"
    assert without_marks("plain") == "plain"


def test_words_are_lower_case_and_known_without_marks() -> None:
    assert all(word == word.lower() and without_marks(word) in LANGUAGES_OF for word in LANGUAGES_OF)
