"""Tagged sentences, and a model that learns them quickly."""

import numpy as np
from spacy.language import Language
from spacy.training import Example

from .models import LABELLER, WORD_LAYERS

TAGGED = [
    ("I like green eggs", ["N", "V", "J", "N"]),
    ("Eat blue ham", ["V", "J", "N"]),
]

MODEL = {**LABELLER, "tok2vec": WORD_LAYERS}
# The same as a flat block.
SMALL_MODEL = {
    "@architectures": "spacy_birnn.BiLSTMTagger.v1",
    "width": 32,
    "depth": 1,
    "word_rows": 500,
    "affix_rows": 100,
    "word_dropout": 0.0,
}


def make_examples(nlp: Language, data=TAGGED):
    return [Example.from_dict(nlp.make_doc(text), {"tags": tags}) for text, tags in data]


def add_vectors(nlp: Language, width=8):
    """Give the words of `TAGGED` random vectors."""
    nlp.vocab.reset_vectors(width=width)
    rng = np.random.default_rng(0)
    for word in sorted({word for text, _ in TAGGED for word in text.split()}):
        nlp.vocab.set_vector(word, rng.normal(size=width).astype("f"))


def tags_of(docs):
    return [[token.tag_ for token in doc] for doc in docs]
