"""The encoder under spaCy's own components, as a layer of their own and shared."""

import pytest
import spacy
from spacy.training import Example

TOK2VEC = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {"@architectures": "spacy_birnn.WordCharEmbed.v1"},
    "encode": {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 34},
}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 34}
MEAN_POOLING = {
    "@architectures": "spacy.TextCatReduce.v1",
    "exclusive_classes": True,
    "use_reduce_first": False,
    "use_reduce_last": False,
    "use_reduce_max": False,
    "use_reduce_mean": True,
}
MODELS = {
    "tagger": {},
    "morphologizer": {},
    "senter": {},
    "ner": {},
    "parser": {},
    "spancat": {},
    "textcat": MEAN_POOLING,
}
WORDS = ["They", "saw", "New", "York", "."]


def make_examples(nlp):
    annotations = {
        "words": WORDS,
        "tags": ["PRP", "VBD", "NNP", "NNP", "."],
        "pos": ["PRON", "VERB", "PROPN", "PROPN", "PUNCT"],
        "morphs": ["Number=Plur", "Tense=Past", "", "", ""],
        "heads": [1, 1, 3, 1, 1],
        "deps": ["nsubj", "ROOT", "compound", "obj", "punct"],
        "entities": ["O", "O", "B-GPE", "L-GPE", "O"],
        "spans": {"sc": [(9, 17, "GPE")]},
        "cats": {"A": 1.0, "B": 0.0},
    }
    doc = spacy.tokens.Doc(nlp.vocab, words=WORDS, spaces=[True, True, True, False, False])
    return [Example.from_dict(doc, annotations)]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_component_learns(name, shared):
    nlp = spacy.blank("en")
    if shared:
        nlp.add_pipe("tok2vec", config={"model": TOK2VEC})
    model = {**MODELS[name], "tok2vec": LISTENER if shared else TOK2VEC}
    # The parser would take labels seen less than 30 times for one.
    settings = {"min_action_freq": 1} if name == "parser" else {}
    nlp.add_pipe(name, config={"model": model, **settings})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    losses = []
    for _ in range(15):
        losses.append(nlp.update(examples, sgd=optimizer, drop=0.1)[name])
    assert losses[-1] < losses[0]
    nlp(examples[0].predicted)
