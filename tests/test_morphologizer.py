"""`birnn_morphologizer`: what spaCy's `morphologizer` does, and the contracts of our components."""

from types import FunctionType

import pytest
import spacy
import srsly
from numpy.testing import assert_array_equal
from spacy.attrs import MORPH, POS
from spacy.language import Language
from spacy.tests.pipeline import test_morphologizer as suite
from spacy.tokens import Doc
from spacy.training import Example

from .conftest import SMALL_MODEL, train
from .test_spacy_suite import EMBED, NATS, SQUARED

# Our output layer grows where spaCy's raises an error.
DIFFERENT = {"test_no_resize"}
TESTS = sorted(name for name in vars(suite) if name.startswith("test_") and name not in DIFFERENT)
NAME = "birnn_morphologizer"
WORDS = [["I", "like", "green", "eggs"], ["Eat", "ham"]]
POS_TAGS = [["PRON", "VERB", "ADJ", "NOUN"], ["VERB", "NOUN"]]
MORPHS = [["Case=Nom|Number=Sing", "Tense=Pres", "_", "Number=Plur"], ["Mood=Imp", "_"]]
LABELS = (
    "Case=Nom|Number=Sing|POS=PRON",
    "Mood=Imp|POS=VERB",
    "Number=Plur|POS=NOUN",
    "POS=ADJ",
    "POS=NOUN",
    "POS=VERB|Tense=Pres",
)


class Settable:
    """spaCy's test changes settings by `cfg`, which is read-only in our components."""

    def __init__(self, pipe):
        self.pipe = pipe

    def __setitem__(self, name, value):
        self.pipe.configure(**{name: value})


def make_examples(vocab):
    golds = [
        Doc(vocab, words=words, pos=pos, morphs=morphs)
        for words, pos, morphs in zip(WORDS, POS_TAGS, MORPHS)
    ]
    return [Example(Doc(vocab, words=words), gold) for words, gold in zip(WORDS, golds)]


def annotations(doc):
    return [(token.pos_, str(token.morph)) for token in doc]


@pytest.fixture
def nlp():
    """A trained pipeline with a morphologizer."""
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME, config={"model": SMALL_MODEL})
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=40)
    return nlp


@pytest.mark.parametrize("name", TESTS)
def test_spacy_morphologizer(name, monkeypatch):
    add_pipe, get_pipe = Language.add_pipe, Language.get_pipe

    def add_birnn(self, factory_name, name=None, **kwargs):
        if factory_name == "morphologizer":
            model = {"tok2vec": {"embed": EMBED}}
            factory_name, name = NAME, name or "morphologizer"
            kwargs["config"] = {**kwargs.get("config", {}), "model": model}
        return add_pipe(self, factory_name, name, **kwargs)

    def get_settable(self, name):
        pipe = get_pipe(self, name)
        monkeypatch.setattr(type(pipe), "cfg", property(Settable))
        return pipe

    test = getattr(suite, name)
    consts = tuple(NATS if value == 0.00001 else value for value in test.__code__.co_consts)
    monkeypatch.setattr(Language, "add_pipe", add_birnn)
    if name == "test_overfitting_IO":
        assert SQUARED in test.__code__.co_consts
        monkeypatch.setattr(Language, "get_pipe", get_settable)
    FunctionType(test.__code__.replace(co_consts=consts), test.__globals__)()
