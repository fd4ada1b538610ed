import numpy as np
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.training import Example
from spacy.util import fix_random_seed

# Few threads: the suite measures nothing, and more would fight on small machines.
torch.set_num_threads(1)

TAGGED = [
    ("I like green eggs", ["N", "V", "J", "N"]),
    ("Eat blue ham", ["V", "J", "N"]),
]

# A model that is quick to train.
SMALL_MODEL = {
    "@architectures": "spacy_birnn.BiLSTMTagger.v1",
    "width": 32,
    "depth": 1,
    # All is learnt from the first step, and a gradient depends on no chance.
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


def train(nlp, examples, optimizer, steps=20, drop=0.0):
    losses = {}
    for _ in range(steps):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses, drop=drop)
    return losses


def tags_of(docs):
    return [[token.tag_ for token in doc] for doc in docs]


@pytest.fixture(autouse=True)
def same_seed():
    fix_random_seed(0)


@pytest.fixture
def nlp():
    """A trained English pipeline with a tagger."""
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer)
    return nlp
