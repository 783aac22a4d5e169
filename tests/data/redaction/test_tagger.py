from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.redaction import redact
from data.redaction.names import tagger as module
from data.redaction.names.tagger import OTHERS, Tagger, TaggerError, load_tagger, runs_of, shipped
from data.redaction.names.triggers import find_triggers
from data.redaction.names.vocabulary import LANGUAGES, make_vocabulary
from data.redaction.names.words import Words


def toy(threshold: float = 0.5) -> Tagger:
    vocabulary = make_vocabulary({"en": {"window": 9, "lamp": 2, "rare": 1}}, {"en": {"zorblat": 50}})
    weights = np.linspace(-1, 1, 1 << 8).astype(np.float16).astype(np.float32)
    return Tagger(weights, vocabulary, dict.fromkeys((*LANGUAGES, OTHERS), threshold))


def chances(tagger: Tagger, text: str, language: str | None = "en") -> list[float]:
    words = Words(text, language)
    return [float(chance) for chance in tagger.chances(words, list(find_triggers(words)))]


@pytest.mark.parametrize(
    ("text", "language", "gone"),
    [
        ("The plasterer, a Mr Quillfeather, left the lid open.", "en", "Quillfeather"),
        ("Pyysin Tuulikki Harjavaaraa soittamaan takaisin huomenna.", "fi", "Tuulikki Harjavaaraa"),
        ("Le dejé el paquete a la señora Etxegoien, del segundo.", "es", "Etxegoien"),
        ("Nhờ anh Khuyến bên kho kiểm tra lại giúp em.", "vi", "Khuyến"),
    ],
)
def test_names_of_no_marked_message_are_found_and_the_rest_stays(text: str, language: str, gone: str) -> None:
    assert redact(text, language).text == text.replace(gone, "[name]")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The boiler in the kitchen has been leaking since Tuesday.", "en"),
        ("Laskussa on virhe, pyydän hyvitystä ensi viikolla.", "fi"),
        ("El pedido llegó tarde y la caja estaba rota.", "es"),
        ("Đơn hàng giao trễ ba ngày mà không ai gọi lại.", "vi"),
    ],
)
def test_a_text_without_names_stays_in_every_language_told_or_not(text: str, language: str) -> None:
    assert redact(text, language).text == text
    assert redact(text).text == text


def test_a_text_in_another_language_is_read() -> None:
    assert redact("Mein Name ist Anna Schmidt, +49 30 901820", "de").text.endswith("[phone]")
    assert redact("私の名前は田中です", "ja").text == "私の名前は田中です"


def test_the_tagger_decides_where_the_rules_do_not_agree() -> None:
    text = "My name is Anna Smith and the lamp broke."
    never = Tagger(np.full(1 << 8, -1, np.float32), toy().vocabulary, dict.fromkeys((*LANGUAGES, OTHERS), 0.5))
    assert redact(text, "en", tagger=never).text == text
    unsure = Tagger(np.zeros(1 << 8, np.float32), toy().vocabulary, dict.fromkeys((*LANGUAGES, OTHERS), 0.9))
    assert redact(text, "en", tagger=unsure).text == "My name is [name] and the lamp broke."


def test_a_run_holds_what_is_likely_and_not_the_genitive() -> None:
    words = Words("told Quill Fen's cat, Quill", "en")
    runs = list(runs_of(words, np.array([0, 0.9, 0.8, 0.1, 0.7], np.float32), 0.6))
    assert [words.text[run.start : run.end] for run in runs] == ["Quill Fen", "Quill"]


def test_long_texts_are_read_in_blocks_alike() -> None:
    sentence = "We told Mr Quill about it.\n"
    length = len(Words(sentence, "en").all)
    many = chances(toy(), sentence * 900)
    assert len(many) == length * 900 > 2 * 1024
    assert np.allclose(np.reshape(many, (900, length))[10:-10], many[10 * length : 11 * length], atol=1e-6)


def test_a_saved_tagger_is_the_same_and_so_are_its_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        toy().save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    text = "We told Zorblat about the lamp."
    assert chances(load_tagger((tmp_path / "one").read_bytes()), text) == chances(toy(), text)


def test_a_damaged_file_is_refused_wherever_it_is_cut_or_changed(tmp_path: Path) -> None:
    toy().save(tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    for broken in (b"", b"PK", content[:-30], content[: len(content) // 2]):
        with pytest.raises(TaggerError, match="fit it again"):
            load_tagger(broken)
    place = content.index(b"weights.npy") + 60
    with pytest.raises(TaggerError):
        load_tagger(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    odd = Tagger(np.zeros(100, np.float32), toy().vocabulary, toy().thresholds)
    odd.save(tmp_path / "odd")
    with pytest.raises(TaggerError, match="do not fit"):
        load_tagger((tmp_path / "odd").read_bytes())


def test_words_are_known_by_language_and_by_how_they_are_written() -> None:
    vocabulary = toy().vocabulary
    assert vocabulary.look_up("window", "en") == (2, 0)
    assert vocabulary.look_up("lamp", None) == (1, 0)
    assert vocabulary.look_up("zorblat", "en") == (0, 3)
    assert vocabulary.look_up("window", "fi") == vocabulary.look_up("rare", "en") == (0, 0)


def test_the_shipped_file_is_small() -> None:
    assert shipped().bits == 16
    assert Path(module.__file__).with_name(module.WEIGHTS).stat().st_size < 300_000
