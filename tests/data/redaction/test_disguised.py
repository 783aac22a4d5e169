"""Personal data in HTML, in links, between characters that nobody sees and under dashes of every length."""

from __future__ import annotations

import pytest

from data.cleaning import clean
from data.redaction import redact


@pytest.mark.parametrize(
    ("text", "language", "left"),
    [
        ("<p>Soita 040&nbsp;123&nbsp;4567</p>", "fi", "<p>Soita [phone]</p>"),
        ("<p>IBAN: FI21&nbsp;1234&nbsp;5600&nbsp;0007&nbsp;85</p>", "fi", "<p>IBAN: [account]</p>"),
        ("<p>Tarjeta 4111&nbsp;1111&nbsp;1111&nbsp;1111</p>", "es", "<p>Tarjeta [card]</p>"),
        ("maija88&#64;esimerkki.fi", "fi", "[email]"),
        ("soita 040&#8209;123&#x2011;4567, kiitos &amp; hei", "fi", "soita [phone], kiitos &amp; hei"),
        (
            "<div>Yst&auml;v&auml;llisin terveisin<br>P&auml;ivi J&auml;rvinen</div>",
            "fi",
            "<div>Yst&auml;v&auml;llisin terveisin<br>[name]</div>",
        ),
        ("<p>soita 040<b>123</b>4567 heti</p>", "fi", "<p>soita [phone] heti</p>"),
        ("<tr><td>040</td><td>1234567</td></tr>", "fi", "<tr><td>[phone]</td></tr>"),
        ("<p>maija<wbr>@<!-- -->esi&shy;merkki.fi</p>", "fi", "<p>[email]</p>"),
    ],
)
def test_html_hides_nothing(text: str, language: str, left: str) -> None:
    assert redact(text, language).text == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('<p><a href="mailto:x@y.fi">me</a></p>', '<p><a href="mailto:[email]">me</a></p>'),
        ('<p><a href="mailto:x&#64;y.fi">me</a></p>', '<p><a href="mailto:[email]">me</a></p>'),
        ('<p><a href="tel:+358401234567">me</a></p>', '<p><a href="tel:[phone]">me</a></p>'),
        ("<p>It broke<!-- x@y.fi --></p>", "<p>It broke<!-- [email] --></p>"),
        ("<title>x@y.fi</title><p>It broke</p>", "<title>[email]</title><p>It broke</p>"),
    ],
)
def test_what_html_does_not_show_goes_as_well(text: str, left: str) -> None:
    assert redact(text, "en").text == left


def test_evidence_in_html_still_points_at_its_words() -> None:
    mail = "<p>My name is Anna&nbsp;Smith, t. 555-<b>010</b>-4417.</p><p>The&nbsp;boiler leaks &amp; hisses</p>"
    redacted = redact(mail, "en")
    assert clean(redacted.text).text == "My name is [name], t. [phone].\nThe boiler leaks & hisses"
    cleaned = clean(mail)
    for words, kept in (
        ("boiler leaks & hisses", "boiler leaks &amp; hisses"),
        ("Smith", "[name]"),
        ("010", "[phone]"),
    ):
        start = cleaned.text.index(words)
        begins, ends = redacted.span(*cleaned.original_span(start, start + len(words)))
        assert redacted.text[begins:ends] == kept


@pytest.mark.parametrize(
    ("text", "language", "left"),
    [
        ("soita 040\u061c1234567", "fi", "soita [phone]"),
        ("soita 040\ufff9123\U000e0030\u31644567", "fi", "soita [phone]"),
        ("soita 040\u2800123\u28004567", "fi", "soita [phone]"),
        ("card 4111—1111—1111—1111", "en", "card [card]"),
        ("soita 040―123—4567", "fi", "soita [phone]"),
        ("131052—308T", "fi", "[id]"),
        ("DNI 12345678—Z", "es", "DNI [id]"),
        ("https://shop.fi/u?e=mv1988%40gmail.com&p=2", "fi", "https://shop.fi/u?e=[email]&p=2"),
        ("https://shop.fi/r?e=maija%252Bv%2540gmail.com", "fi", "https://shop.fi/r?e=[email]"),
    ],
)
def test_odd_characters_hide_nothing(text: str, language: str, left: str) -> None:
    assert redact(text, language).text == left


@pytest.mark.parametrize("between", ["", " ", "\u00a0"])
def test_digits_drawn_as_keys_are_digits(between: str) -> None:
    text = between.join(f"{digit}\ufe0f\u20e3" for digit in "0401234567")
    assert not any(map(str.isdigit, redact(text, "fi").text))


@pytest.mark.parametrize(
    ("text", "language", "left"),
    [
        ("I spoke to Mr Smith—he promised a refund.", "en", "I spoke to Mr [name]—he promised a refund."),
        ("El señor Gómez—muy amable—me dijo", "es", "El señor [name]—muy amable—me dijo"),
        ("alennus 50%40 kpl.nyt", "fi", "alennus 50%40 kpl.nyt"),
    ],
)
def test_a_long_dash_parts_words_and_a_percentage_is_no_sign(text: str, language: str, left: str) -> None:
    assert redact(text, language).text == left


@pytest.mark.parametrize("left", ["Thanks,\n[name]\n[phone]\n", "Thanks,\n[name]\n  [phone]", "> [phone] \n> Thanks"])
def test_a_local_number_goes_where_it_has_a_line_to_itself(left: str) -> None:
    text = left.replace("[name]", "Jane").replace("[phone]", "555-0142")
    assert redact(text, "en").text == left


@pytest.mark.parametrize(
    "text", ["Order number:\n555-0142\n", "Part 555-0142 broke", "555-0142 broke\n", "$\n555-0142 €"]
)
def test_a_local_number_stays_beside_words_and_as_an_order(text: str) -> None:
    assert redact(text, "en").text == text


@pytest.mark.parametrize(
    "hostile",
    ["555-0142 ", "555-0142\n", "a%40", "&amp", "&#64;", "<p>1", "<b>A</b>a ", "1\u20e3 ", "1—", "\u034f1"],
    ids=ascii,
)
def test_hostile_texts_are_read_to_their_end(hostile: str) -> None:
    assert redact(hostile * 2_000 + " a@example.com").text.endswith("[email]")
