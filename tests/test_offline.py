"""No network: not at import, not in training, not in prediction."""

from .helpers.commands import run_python

SCRIPT = """
import pkgutil, socket, sys
from importlib import import_module

def refuse(event, args):
    if event.startswith(("socket.", "urllib.", "http.")):
        raise PermissionError(event)

sys.addaudithook(refuse)
try:
    socket.create_connection(("127.0.0.1", 9))
except PermissionError:
    print("blocked")

import spacy, spacy_birnn
for module in pkgutil.walk_packages(spacy_birnn.__path__, "spacy_birnn."):
    import_module(module.name)

from spacy.tokens import Doc
from spacy.training import Example

nlp = spacy.blank("zh")
for name in ("birnn_segmenter", "birnn_tagger", "birnn_ner"):
    nlp.add_pipe(name, config={"confidence": True} if name != "birnn_segmenter" else {})
words = ["中国", "人民"]
gold = Doc(nlp.vocab, words=words, spaces=[False] * 2, tags=["n"] * 2, ents=["B-LOC", "O"])
examples = [Example(Doc(nlp.vocab, words=words, spaces=[False] * 2), gold)]
losses = nlp.update(examples, sgd=nlp.initialize(lambda: examples))
expected = nlp("中国人民").to_json()
nlp.to_disk(sys.argv[1])
loaded = spacy.load(sys.argv[1])
assert loaded("中国人民").to_json() == expected
assert nlp.evaluate(examples)
print(sorted(losses))
"""


def test_nothing_needs_a_network(tmp_path):
    blocked, losses = run_python("-c", SCRIPT, tmp_path / "nlp").splitlines()
    assert blocked == "blocked"
    assert losses == "['birnn_ner', 'birnn_segmenter', 'birnn_tagger']"
