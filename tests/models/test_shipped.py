"""The classifier that ships, as the service uses it: real answers, honest silence, hostile input."""

from __future__ import annotations

import pytest

from data.taxonomy import GROUP_IDS, read_taxonomy
from models.answer import Answer, Reason
from models.load import load_engine
from models.onnx_engine import OnnxEngine
from models.registry import SHIPPED, current_version


@pytest.fixture(scope="module")
def engine() -> OnnxEngine:
    return load_engine()


def ask(engine: OnnxEngine, text: str, language: str | None = None) -> Answer:
    prepared = engine.encode_pre(text, language)
    return engine.encode_post(prepared, engine.encode_core([prepared])[0])


@pytest.mark.parametrize(
    ("language", "text", "kind", "theme"),
    [
        ("fi", "Lasku on taas väärin, minulta on veloitettu kuukausimaksu kahteen kertaan.", "complaint", "billing"),
        ("fi", "Kiitos nopeasta toimituksesta!", "praise", "delivery"),
        ("fi", "Tosi ystävällinen myyjä, kiitos hyvästä palvelusta!", "praise", "staff_conduct"),
        ("vi", "Đơn hàng của mình trễ cả tuần rồi mà vẫn chưa thấy giao.", "complaint", "delivery"),
        ("vi", "app cu bi vang ra hoai, dang nhap khong duoc", "complaint", "digital_service"),
        ("es", "La habitación estaba sucia y olía a humedad.", "complaint", "premises"),
        ("es", "¿A qué hora abren los domingos?", "request", None),
        ("en", "The blender stopped working after two days.", "complaint", "product_quality"),
        ("en", "It would be great if you added a dark mode to the app.", "suggestion", "digital_service"),
    ],
)
def test_plain_messages_are_understood(
    engine: OnnxEngine, language: str, text: str, kind: str, theme: str | None
) -> None:
    answer = ask(engine, text)
    assert answer.language.label == language
    assert answer.kind is not None
    assert answer.kind.label == kind
    if theme:
        assert theme in [mention.label for mention in answer.themes]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Das Paket ist seit zwei Wochen unterwegs und niemand antwortet mir.", Reason.unsupported_language),
        ("Jag har väntat på min faktura i tre veckor och ingen svarar.", Reason.unsupported_language),
        ("我的包裹已经两个星期没有到了，没有人回复我。", Reason.unsupported_language),
        ("😡😡😡", Reason.unintelligible),
        ("12345 ---- 9999", Reason.unintelligible),
    ],
)
def test_what_it_cannot_read_gets_no_label(engine: OnnxEngine, text: str, reason: Reason) -> None:
    answer = ask(engine, text)
    assert (answer.kind, answer.urgency, answer.emotion) == (None, None, None)
    assert (answer.themes, answer.signals, answer.motives) == ([], [], [])
    assert answer.review.needed
    assert answer.review.reasons == [reason]
    assert not answer.language.supported


def test_evidence_lies_in_the_text_as_given(engine: OnnxEngine) -> None:
    text = (
        "<p>Hei &#128516;</p><p>Lasku on väärin: minulta veloitettiin <b>kahdesti</b> 49,90 euroa.</p>\n> vanha viesti"
    )
    answer = ask(engine, text)
    spans = [span for mention in answer.themes for span in mention.evidence]
    assert spans
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert "vanha viesti" not in text[span.start : span.end]


def test_a_long_text_is_read_to_its_end(engine: OnnxEngine) -> None:
    story = "Muutimme taloon keväällä, ja remontti on edennyt hyvin, kiitos siitä. Pihan istutukset ovat kauniit. " * 25
    danger = (
        "Mutta nyt on hätä: keittiössä haisee kaasu, päätä särkee ja vauva oksentaa. Haju tulee lieden takaa ja "
        "on vain voimistunut aamusta. Soitin teille, ei vastausta. Tulkaa heti, täällä on lapsi ja sairas vanhus. "
        "Emme uskalla sytyttää valoja emmekä tiedä, saako asunnossa olla. Lähettäkää päivystäjä nyt, kaasua tulee yhä."
    )
    assert len(engine.encode_pre(story + danger).payload.windows) > 3
    assert "harm" not in [mention.label for mention in ask(engine, story).signals]
    assert "harm" in [mention.label for mention in ask(engine, story + danger).signals]


def test_one_pressing_sentence_does_not_drown_in_a_long_text(engine: OnnxEngine) -> None:
    story = "Olen ollut asiakkaanne monta vuotta ja asunut samassa talossa koko ajan. " * 60
    danger = "Keittiössä haisee kaasu ja vauva nukkuu viereisessä huoneessa, mitä teemme?"
    urgency = ask(engine, story + danger).urgency
    assert urgency is not None
    assert urgency.label == "critical"


def test_without_evidence_the_verdict_is_the_same(engine: OnnxEngine) -> None:
    text = "Lasku on väärin, minulta on veloitettu kuukausimaksu kahteen kertaan."
    prepared = engine.encode_pre(text, evidence=False)
    bare, whole = engine.encode_post(prepared, engine.encode_core([prepared])[0]), ask(engine, text)
    assert [theme.evidence for theme in bare.themes] == [[] for _ in whole.themes]
    assert any(theme.evidence for theme in whole.themes)
    assert (bare.kind, bare.urgency, bare.plausible) == (whole.kind, whole.urgency, whole.plausible)
    assert [theme.label for theme in bare.themes] == [theme.label for theme in whole.themes]


def test_a_lower_error_rate_makes_larger_sets() -> None:
    text = "Odotin tunnin ja sitten puhelu katkesi."
    found = []
    for rate in (0.3, 0.05):
        engine = load_engine(error_rate=rate)
        plausible = ask(engine, text).plausible
        assert plausible is not None
        assert plausible.error_rate == rate
        found.append(set(plausible.themes))
    assert found[0] < found[1]


def test_alone_or_in_company_the_answer_is_the_same(engine: OnnxEngine) -> None:
    texts = [
        "Paketti hukkui.",
        "Lasku on väärin ja olen soittanut jo kolme kertaa, mitään ei tapahdu. " * 12,
        "Kiitos!",
    ]
    prepared = [engine.encode_pre(text, "fi") for text in texts]
    together = [engine.encode_post(p, s) for p, s in zip(prepared, engine.encode_core(prepared), strict=True)]
    for text, joint in zip(texts, together, strict=True):
        alone = ask(engine, text, "fi")
        assert alone == joint


@pytest.mark.parametrize(
    "text",
    ["", " \n\t ", "\x00" * 50, "a" * 50_000, "<" * 50_000, "\u202e olleH", "ä" * 1000, "Hyvä \ufeff palvelu \u200b!"],
)
def test_strange_text_gets_an_answer_or_silence_but_no_error(engine: OnnxEngine, text: str) -> None:
    answer = ask(engine, text)
    assert answer.review.needed or answer.kind is not None


def test_the_artifact_carries_its_own_taxonomy_card_and_figures() -> None:
    folder = current_version(SHIPPED)
    assert read_taxonomy(folder / "taxonomy.yaml").languages == ["fi", "vi", "es", "en"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "license: apache-2.0" in card
    assert all(group in card for group in GROUP_IDS)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 70_000_000
