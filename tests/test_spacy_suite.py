"""spaCy's own tests of its tagger, with our component in its place."""

from types import FunctionType

import pytest
from spacy.language import Language
from spacy.tests.pipeline import test_tagger as suite

from .helpers.bounds import NATS, SQUARED

# Our output layer grows where spaCy's raises E922: see test_tagger.py.
DIFFERENT = {"test_no_resize"}
# Their updates overfit in 50 steps, without dropout of any kind.
EMBED = {"@architectures": "spacy_birnn.WordCharEmbed.v1", "word_dropout": 0.0}
MODEL = {"tok2vec": {"embed": EMBED}}
TESTS = sorted(name for name in vars(suite) if name.startswith("test_") and name not in DIFFERENT)
WITH_LOSS = {"test_incomplete_data", "test_overfitting_IO"}


def in_nats(test):
    """A test of spaCy with its bound of the loss in nats."""
    consts = tuple(NATS if value == SQUARED else value for value in test.__code__.co_consts)
    return FunctionType(test.__code__.replace(co_consts=consts), test.__globals__)


@pytest.mark.parametrize("name", TESTS)
def test_spacy_tagger(name, monkeypatch):
    add_pipe = Language.add_pipe

    def add_birnn(self, factory_name, name=None, **kwargs):
        if factory_name == "tagger":
            factory_name, name = "birnn_tagger", name or "tagger"
            kwargs["config"] = {**kwargs.get("config", {}), "model": MODEL}
        return add_pipe(self, factory_name, name, **kwargs)

    monkeypatch.setattr(Language, "add_pipe", add_birnn)
    test = getattr(suite, name)
    assert (SQUARED in test.__code__.co_consts) == (name in WITH_LOSS)
    in_nats(test)()


def test_the_suite_is_there():
    assert len(TESTS) >= 10
