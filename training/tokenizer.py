"""The tokenizer: one Unigram vocabulary for several languages, shared out so that none of them shatters."""

from __future__ import annotations

import io
import random
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from training.careless import strip_diacritics
from training.recipe import TokenizerRecipe

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_APART = r"\d+|[^\w\s]|_"  # numbers, punctuation and symbols stand as words of their own
_WORD = re.compile(r"[^\W\d_]+")


def train_tokenizer(texts: Mapping[str, Sequence[str]], recipe: TokenizerRecipe, seed: int) -> Tokenizer:
    """Choose the pieces on a balanced sample of the texts per language, and return a ready tokenizer.

    Text is NFKC-normalised and lower-cased (the teacher is uncased too); diacritics are kept, since in Vietnamese
    and Finnish they are letters of their own.
    """
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_balanced(texts, recipe, seed),
        model_writer=written,
        model_type="unigram",
        vocab_size=recipe.vocabulary,
        character_coverage=0.9999,
        normalization_rule_name="identity",
        max_sentencepiece_length=18,
        max_sentence_length=4096,
        hard_vocab_limit=False,
        num_threads=2,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        pad_piece="[PAD]",
        unk_piece="[UNK]",
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        control_symbols=["[MASK]"],
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    vocabulary = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(pieces.get_piece_size())]
    return _assemble(vocabulary)


def fertility(tokenizer: Tokenizer, texts: Sequence[str]) -> float:
    """Pieces per word (a run of letters; in Vietnamese that is a syllable)."""
    words = [word for text in texts for word in _WORD.findall(text)]
    encoded = tokenizer.encode_batch_fast(words, add_special_tokens=False)
    return sum(len(e.ids) for e in encoded) / max(1, len(words))


def _assemble(vocabulary: list[tuple[str, float]]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=1))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(_APART), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="always"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def _balanced(texts: Mapping[str, Sequence[str]], recipe: TokenizerRecipe, seed: int) -> Iterator[str]:
    """Yield lines as the assembled tokenizer will see them, each language up to its share of the characters."""
    for language, share in recipe.share.items():
        source = random.Random(f"{seed}-{language}")
        lines = list(texts[language])
        source.shuffle(lines)
        budget = int(share * recipe.characters)
        while lines and budget > 0:
            for line in lines:
                seen = re.sub(f"({_APART})", r" \1 ", unicodedata.normalize("NFKC", line).lower())
                yield seen
                budget -= len(seen)
                if language != "en" and source.random() < recipe.without_diacritics:
                    yield strip_diacritics(seen)
                if budget <= 0:
                    break
