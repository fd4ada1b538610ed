"""Segmented sentences, and a model that learns them quickly."""

import spacy
from spacy.tokens import Doc
from spacy.training import Example

from .models import CHAR_LAYERS, HEADS, LABELLER
from .training import overfit

MODEL = {**LABELLER, "tok2vec": CHAR_LAYERS, "head": {"@architectures": HEADS[0]}}
# Words, with the space that follows.
SEGMENTED = [
    ["他", "在", "北京", "工作", "。"],
    ["中国", "人民", "在", "北京", "。"],
    ["Việt Nam ", "đẹp ", "!"],
]


def make_gold(vocab, tokens):
    words = [token.rstrip(" ") for token in tokens]
    return Doc(vocab, words=words, spaces=[token.endswith(" ") for token in tokens])


def make_examples(nlp):
    golds = [make_gold(nlp.vocab, tokens) for tokens in SEGMENTED]
    return [Example(nlp.make_doc(gold.text), gold) for gold in golds]


def tokens_of(docs):
    return [[token.text_with_ws for token in doc] for doc in docs]


def make_segmenter(lang="zh", head=HEADS[0]):
    """A pipeline with a segmenter that has overfit."""
    nlp = spacy.blank(lang)
    model = {**MODEL, "head": {"@architectures": head}}
    nlp.add_pipe("birnn_segmenter", config={"model": model})
    overfit(nlp, make_examples(nlp), steps=40)
    return nlp
