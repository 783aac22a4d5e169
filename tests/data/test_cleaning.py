from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.cleaning import Cleaned, clean

MARKUP = st.sampled_from(
    ["<p>", "</p>", "<br/>", "<div class='a'>", "&amp;", "&#x41;", "&nosuch;", "<!--", "-->", "<script>", "</script>",
     "<", ">", "\n> ", "\n--\n", "On 3 May a@b.c wrote:\n", "<blockquote>", "</blockquote>", "\u200b", "\x00", "  ",
     "\n", "&#0;",
     "From: a\nSent: b\nTo: c\n", "-----Original Message-----\n", "Lähetetty iPhonesta\n", "xin chào", "ß😀"]
)  # fmt: skip
MAIL = st.lists(st.one_of(MARKUP, st.text(max_size=8)), max_size=30).map("".join)


def assert_maps_back(original: str, cleaned: Cleaned) -> None:
    assert len(cleaned.text) == len(cleaned.offsets) == len(cleaned.ends)
    assert all(a <= b for a, b in zip(cleaned.offsets, cleaned.offsets[1:], strict=False))
    assert all(0 <= start <= end <= len(original) for start, end in zip(cleaned.offsets, cleaned.ends, strict=True))
    for character, start, end in zip(cleaned.text, cleaned.offsets, cleaned.ends, strict=True):
        source = original[start:end]
        plain = character == source or (character in " \n" and source.isspace())
        made = source[:1] in ("<", "&") or (character in "> " and start == end)  # tag, reference, mark of a quoted line
        assert plain or made


@given(MAIL)
def test_every_character_maps_back(text: str) -> None:
    cleaned = clean(text)
    assert_maps_back(text, cleaned)
    assert "\u200b" not in cleaned.text
    assert "\x00" not in cleaned.text
    if cleaned.text:
        assert cleaned.original_span(0, len(cleaned.text)) == (cleaned.offsets[0], cleaned.ends[-1])


@given(st.text(alphabet="abcäöđ ộ<3.,!?\n\t😀12", max_size=80))
def test_plain_text_passes_unchanged(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.text == text
    assert cleaned.offsets == range(len(text))


@pytest.mark.parametrize(
    "text",
    ["I <3 it", "a < b and c > d", "x &amp; y", "<name@example.com>", ">:( huono", "> vain lainaus\n> toinen rivi",
     "Se https://a.fi/b?c=1&lt=2 ei aukea", "From: Juan\nTo: you\nSubject: z\n\nbody", "--\nkaksi viivaa ja teksti",
     "Asiakaspalvelija kirjoitti:\nette saa rahoja", "Enviado desde la tienda de Madrid el lunes", "rivi\r\ntoinen"],
)  # fmt: skip
def test_what_only_looks_like_markup_or_quotes_stays(text: str) -> None:
    assert clean(text).text == text


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (
            "Thanks, but no.\n\nOn Tue, 3 Mar 2026 at 10:15, Care <a@b.c> wrote:\n> We fixed it.\n> Bye",
            "Thanks, but no.",
        ),
        ("En hyväksy.\n\nti 3. maalisk. 2026 klo 10.15 Tuki (a@b.fi) kirjoitti:\n\n> Hei\n", "En hyväksy."),
        (
            "No sirve.\nEl mar, 3 mar 2026 a las 10:15, Atención (<a@b.es>)\nescribió:\n\nSu caso fue cerrado.",
            "No sirve.",
        ),
        ("Chưa nhận.\nVào Th 3, 3 thg 3, 2026 lúc 10:15 Shop <a@b.vn> đã viết:\n> xong", "Chưa nhận."),
        ("Still broken\n\n-----Original Message-----\nFrom: a\nold", "Still broken"),
        ("Rahat takaisin!\n-----Alkuperäinen viesti-----\nvanha", "Rahat takaisin!"),
        ("Sigue igual\n-----Mensaje original-----\nviejo", "Sigue igual"),
        ("Vẫn lỗi\n-----Thư gốc-----\ncũ", "Vẫn lỗi"),
        ("Still broken\n\nFrom: Care\nSent: Monday\nTo: me\nSubject: x\n\nold text", "Still broken"),
        ("Yhä rikki\n\nLähettäjä: Tuki\nLähetetty: maanantai\nVastaanottaja: minä\nAihe: x\n\nvanha", "Yhä rikki"),
        ("Nada\n\nDe: Soporte\nEnviado el: lunes\nPara: mí\nAsunto: x\n\nviejo", "Nada"),
        ("Chưa xong\n\nTừ: Shop\nĐã gửi: thứ hai\nĐến: tôi\nChủ đề: x\n\ncũ", "Chưa xong"),
        ("Hola\n-- \nJuan\nMadrid", "Hola"),
        ("It broke\n\nSent from my iPhone", "It broke"),
        ("Missä paketti?\nLähetetty iPhonesta", "Missä paketti?"),
        ("Mi pedido\n\nEnviado desde mi iPhone", "Mi pedido"),
        ("Hàng lỗi\nĐược gửi từ iPhone của tôi", "Hàng lỗi"),
        ("Inline:\n> Did you reset?\nYes, three times.\n> And?\nNothing.", "Inline:\nYes, three times.\nNothing."),
    ],
)
def test_what_others_wrote_is_dropped(text: str, own: str) -> None:
    cleaned = clean(text)
    assert cleaned.text == own
    assert_maps_back(text, cleaned)


def test_html_mail_becomes_text() -> None:
    mail = (
        "<!DOCTYPE html><html><head><title>x</title><style>p{color:red}</style></head><body><!-- hidden -->"
        "<p>Hei &amp;\n   moi,<br>paketti&nbsp;puuttuu&#33;</p><script>alert(1)</script><div>Terv. <b>Aino</b></div>"
        "<blockquote><p>vanha viesti</p><p>toinen</p></blockquote></body></html>"
    )
    cleaned = clean(mail)
    assert cleaned.text == "Hei & moi,\npaketti puuttuu!\nTerv. Aino"
    start = cleaned.text.index("paketti puuttuu!")
    first, last = cleaned.original_span(start, start + len("paketti puuttuu!"))
    assert mail[first:last] == "paketti&nbsp;puuttuu&#33;"
    assert_maps_back(mail, cleaned)


def test_unseen_characters_are_nothing() -> None:
    text = "he\u200bllo \u202ewor\u2069ld\x07\ufeff"
    cleaned = clean(text)
    assert cleaned.text == "hello world"
    assert cleaned.original_span(0, 5) == (0, 6)


def test_a_span_outside_the_text_is_refused() -> None:
    with pytest.raises(IndexError, match="0 to 9 does not lie in a text of 5"):
        clean("moikk").original_span(0, 9)
    assert clean("moi").original_span(3, 3) == (3, 3)
    assert clean("").original_span(0, 0) == (0, 0)


@pytest.mark.parametrize(
    "piece",
    ["<", ">", ">\n", "\n", "<!--", "<a ", "<script>", "<div>", "&amp", "&#1", "<!", "</p ", "--\n", " ", "\u200b",
     "a\u200b", "On 1 wrote:\n", "From: a\n", "-", "escribió: ", "sent from \n", "<blockquote>a"],
)  # fmt: skip
@pytest.mark.parametrize("lead", ["", "<p>a</p>"])
def test_a_hostile_megabyte_is_linear(piece: str, lead: str) -> None:
    """Half a megabyte must take no more than a constant time that a slow machine has ten times over."""
    text = lead + (piece * 500_000)[:500_000]
    started = time.perf_counter()
    clean(text)
    assert time.perf_counter() - started < 3
