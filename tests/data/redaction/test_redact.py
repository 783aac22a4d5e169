from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.redaction import Found, Kind, Redacted, redact
from data.redaction.joining import join
from data.redaction.offsets import replace

PIECES = st.sampled_from(
    [
        "Hi Anna Smith",
        "Terveisin\nMaija Virtanen",
        "anh Tuấn",
        "Sr. Gómez",
        "040 123 4567",
        "+44 7700 900123",
        "a@example.com",
        "@",
        "[name]",
        "[phone] ",
        "[[",
        "IBAN FI21 1234 5600 0007 85",
        "4273 8955 7337 9695",
        "131052-308T",
        "Koivutie 5 B 12, 33100 Tampere",
        "c/ Sol 7, 2º B, 28013 Madrid",
        "12 Nguyễn Trãi, P.2, Q.5",
        "and",
        " y ",
        ", ",
        "\n",
        ". ",
        "my name is ",
        "passport ",
        "123456789",
        "tel. ",
        "order 44718820",
        "\x00",
        "\ud800",
        "\ue000",
        "\u200b",
        "e\u0301",
        "Nguyễn Văn",
        "T. ",
        "Dr ",
        "9 Elm Road",
        "GL5 2QX",
        "12.3.2026",
        "1 250,00 €",
        "<p>",
        "<br>",
        '<a href="mailto:',
        '">',
        "</a>",
        "<!--",
        "<blockquote>",
        "040&nbsp;123",
        "&#64;",
        "a%40b.fi",
        "555-0142",
        "\u061c",
        "—",
    ]
)
TEXT = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=14).map(" ".join)
LANGUAGE = st.sampled_from([None, "fi", "vi", "es", "en"])


@settings(max_examples=150, deadline=None)
@given(TEXT, LANGUAGE)
def test_a_redacted_text_stays_as_it_is(text: str, language: str | None) -> None:
    once = redact(text, language)
    assert redact(once.text, language).text == once.text


@settings(max_examples=150, deadline=None)
@given(TEXT, LANGUAGE)
def test_every_span_maps_into_the_redacted_text_and_grows_with_it(text: str, language: str | None) -> None:
    redacted = redact(text, language)
    assert all(0 <= item.start < item.end <= len(text) for item in redacted.found)
    assert all(a.end <= b.start for a, b in zip(redacted.found, redacted.found[1:], strict=False))
    last = (0, 0)
    for end in range(len(text) + 1):
        begins, ends = redacted.span(end, end)
        assert 0 <= begins <= ends <= len(redacted.text)
        assert begins >= last[0]
        assert redacted.span(0, end)[1] >= last[1]
        last = begins, redacted.span(0, end)[1]
    assert redacted.span(0, len(text)) == (0, len(redacted.text))


@settings(max_examples=150, deadline=None)
@given(TEXT, LANGUAGE)
def test_what_stays_maps_to_itself_and_what_went_to_its_placeholder(text: str, language: str | None) -> None:
    redacted = redact(text, language)
    covered = {place: item for item in redacted.found for place in range(item.start, item.end)}
    for place in range(len(text)):
        begins, ends = redacted.span(place, place + 1)
        item = covered.get(place)
        assert redacted.text[begins:ends] == (item.kind.placeholder if item else text[place])


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (3, 900), (900, 1000), (5, 2), (0, 0)])
def test_a_span_beyond_the_text_is_cut_to_it(start: int, end: int) -> None:
    redacted = redact("Call +358 40 123 4567 now", "en")
    begins, ends = redacted.span(start, end)
    assert 0 <= begins <= ends <= len(redacted.text)


def test_evidence_still_points_at_its_words() -> None:
    text = "My name is Anna Smith and the boiler leaks. Call +358 40 123 4567!"
    redacted = redact(text, "en")
    assert redacted.text == "My name is [name] and the boiler leaks. Call [phone]!"
    start = text.index("the boiler leaks")
    begins, ends = redacted.span(start, start + len("the boiler leaks"))
    assert redacted.text[begins:ends] == "the boiler leaks"
    begins, ends = redacted.span(text.index("Smith"), text.index("Smith") + 2)
    assert redacted.text[begins:ends] == "[name]"


def test_a_span_across_two_placeholders_takes_both() -> None:
    redacted = replace("abcdefgh", [Found(Kind.NAME, 1, 3), Found(Kind.PHONE, 3, 5)])
    assert redacted.text == "a[name][phone]fgh"
    assert redacted.span(2, 4) == (1, 14)
    assert redacted.span(3, 5) == (7, 14)
    assert redacted.original(8, 9) == (3, 5)


def test_what_overlaps_becomes_one_and_the_longest_says_the_kind() -> None:
    found = [Found(Kind.NAME, 4, 9), Found(Kind.ADDRESS, 0, 6), Found(Kind.PHONE, 9, 12), Found(Kind.ID, 9, 12)]
    assert join(found) == [Found(Kind.ADDRESS, 0, 9), Found(Kind.ID, 9, 12)]
    assert join([Found(Kind.NAME, 3, 3)]) == []


def test_the_placeholders_are_the_same_in_every_language() -> None:
    assert {kind.placeholder for kind in Kind} == {
        "[email]",
        "[phone]",
        "[card]",
        "[account]",
        "[id]",
        "[address]",
        "[name]",
    }
    for language in (None, "fi", "vi", "es", "en"):
        assert redact("a@example.com, +358 40 123 4567", language).text == "[email], [phone]"


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800\udfff", "\ufeff", "[name]", "\ue000\ue001", "🙂" * 50])
def test_odd_texts_pass_unchanged(text: str) -> None:
    assert redact(text) == Redacted(text, [], len(text))


def test_lone_surrogates_and_nul_hide_nothing() -> None:
    text = "\ud800 soita\x000401234567 tai a@example.com\udfff"
    assert redact(text, "fi").text == "\ud800 soita\x00[phone] tai [email]\udfff"


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f", "\u2011", "\u2013", "\u200b"])
def test_odd_spaces_and_dashes_hide_nothing(space: str) -> None:
    text = f"soita 040{space}123{space}4567 heti"
    assert redact(text, "fi").text == "soita [phone] heti"


def test_decomposed_letters_are_read_as_composed_ones() -> None:
    text = unicodedata.normalize("NFD", "Tôi tên là Nguyễn Thị Thu Hằng, ở đây")
    redacted = redact(text, "vi")
    assert redacted.text == unicodedata.normalize("NFD", "Tôi tên là ") + "[name]" + unicodedata.normalize(
        "NFD", ", ở đây"
    )


def test_fullwidth_digits_are_digits() -> None:
    assert redact("０４０１２３４５６７", "fi").text == "[phone]"


@pytest.mark.parametrize(
    "hostile",
    [
        "1" * 1_000_000,
        "@" * 1_000_000,
        "a a a " * 40_000,
        "1 1 1 " * 6_000,
        "Aa." * 8_000,
        "calle a " * 5_000,
        "a@" * 20_000,
        "(at) " * 8_000,
        "[name] " * 8_000,
        "số 1 " * 4_000,
        "Hi " * 10_000,
        "FI21 " * 8_000,
        "+1 " * 8_000,
        "e\u0301" * 20_000,
        "x" * 500_000,
        "A" * 200_000,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_hostile_texts_are_read_to_their_end(hostile: str) -> None:
    redacted = redact(hostile + " a@example.com")
    assert redacted.text.endswith(("[email]", "[address]"))


@pytest.mark.parametrize(
    "text",
    ["Customer 131052-308T", "asiakasnumero 131052-308T", "HETU 120788-9347", "id 290200A9266"],
)
def test_a_finnish_code_with_its_check_character_outweighs_the_word_before_it(text: str) -> None:
    assert redact(text, "fi").text.endswith("[id]")


def test_a_number_with_a_slip_goes_where_its_word_stands_before_it() -> None:
    assert redact("hetu 131052-308A", "fi").text == "hetu [id]"
    assert redact("tuote 131052-308A", "fi").text == "tuote 131052-308A"
    assert redact("tarjeta 4548 4204 9668 8963", "es").text == "tarjeta [card]"
    assert redact("IBAN FI21 1234 5600 0007 86", "fi").text == "IBAN [account]"


def test_a_name_that_was_given_goes_everywhere_it_stands() -> None:
    text = "A Mr Hollis called. I told Hollis to wait. Hollis refused."
    assert redact(text, "en").text == "A Mr [name] called. I told [name] to wait. [name] refused."
