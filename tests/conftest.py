import pytest
import spacy
import torch
from hypothesis import settings
from spacy.util import fix_random_seed

from .helpers.tagger import SMALL_MODEL, make_examples
from .helpers.training import overfit

# A busy machine does not fail a test.
settings.register_profile("any_speed", deadline=None)
settings.load_profile("any_speed")

# Few threads: the suite measures nothing, and more would fight on small machines.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def same_seed():
    fix_random_seed(0)


def make_blank():
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    return nlp


@pytest.fixture(scope="session")
def overfit_tagger():
    fix_random_seed(0)
    nlp = make_blank()
    overfit(nlp, make_examples(nlp), steps=20)
    return nlp.to_bytes()


@pytest.fixture
def nlp(overfit_tagger):
    """A trained English pipeline with a tagger."""
    return make_blank().from_bytes(overfit_tagger)
