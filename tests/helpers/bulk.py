"""Texts for `birnn tag`, and a pipeline that tags them."""

import json

import spacy
from spacy.tokens import Span
from spacy.util import fix_random_seed

from .commands import run
from .segmenter import MODEL
from .tagger import SMALL_MODEL, make_examples

# With a byte-order mark, Windows line ends, empty lines, white space, and no end of the last line.
TEXT = "\ufeffI like green eggs\r\n\r\n  Eat\tblue ham \n\nham | 🙂\u2028ham"

LINES = ["I like green eggs", "", "  Eat\tblue ham ", "", "ham | 🙂\u2028ham"]


def make_untrained():
    """Words, tags and entities of untrained networks."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_segmenter", config={"model": MODEL})
    nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL, "confidence": True})
    nlp.add_pipe("birnn_ner", config={"model": SMALL_MODEL, "confidence": True})
    examples = make_examples(nlp)
    examples[0].reference.ents = [Span(examples[0].reference, 2, 4, label="FOOD")]
    nlp.initialize(lambda: examples)
    return nlp


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def json_of(doc):
    names = ["confidence", "ent_confidence", "tag_confidence"]
    stored = {key[1] for key in doc.user_data if isinstance(key, tuple)}
    return json.loads(json.dumps(doc.to_json(underscore=[n for n in names if n in stored])))


def tag(model, *args, input=None):
    """Run `birnn tag`."""
    return run("tag", model, *args, input=input)
