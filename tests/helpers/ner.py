"""Sentences with entities, and a model that learns them quickly."""

from spacy.tokens import Span
from spacy.training import Example

from .models import LABELLER, WORD_LAYERS

TEXTS = [
    ("Anna Maria Lopez met Bob in New York", [(0, 3, "PER"), (4, 5, "PER"), (6, 8, "LOC")]),
    ("York is old", [(0, 1, "LOC")]),
    ("They met there", []),
]
MODEL = {**LABELLER, "tok2vec": WORD_LAYERS}


def make_examples(nlp):
    examples = []
    for text, entities in TEXTS:
        gold = nlp.make_doc(text)
        gold.ents = [Span(gold, start, end, label=label) for start, end, label in entities]
        examples.append(Example(nlp.make_doc(text), gold))
    return examples


def entities_of(docs):
    return [[(ent.start, ent.end, ent.label_) for ent in doc.ents] for doc in docs]
