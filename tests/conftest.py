import pytest
import spacy
import torch
from spacy.util import fix_random_seed

from .helpers.tagger import SMALL_MODEL, make_examples
from .helpers.training import overfit

# Few threads: the suite measures nothing, and more would fight on small machines.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def same_seed():
    fix_random_seed(0)


@pytest.fixture
def nlp():
    """A trained English pipeline with a tagger."""
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL})
    overfit(nlp, make_examples(nlp), steps=20)
    return nlp
