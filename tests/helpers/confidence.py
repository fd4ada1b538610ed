"""A pipeline with confidences."""

import spacy
from spacy.util import fix_random_seed

from .ner import MODEL, make_examples
from .training import overfit


def make_uncertain(head, confidence=True, **settings):
    """A pipeline that has learned a little, so that nothing is certain."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    model = {**MODEL, "head": {"@architectures": head}}
    config = {"model": model, "confidence": confidence}
    nlp.add_pipe("birnn_ner", config={**config, **settings})
    nlp.add_pipe("birnn_tagger", config={**config, "top_k": 2})
    examples = make_examples(nlp)
    for number, example in enumerate(examples):
        for token in example.reference:
            token.tag_ = "NNP" if token.is_title and number < 2 else "X" + token.text[0]
    overfit(nlp, examples, steps=50, rate=0.003)
    return nlp, examples
