"""The chunker of `docs/how-to/add-a-task.md`: a task outside the package."""

import importlib.util
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

DOCS = Path(__file__).parents[1] / "docs"
CHUNKER = DOCS / "examples" / "chunker.py"
# Chunks are in brackets.
SENTENCES = [
    "[the old dog] sleeps on [a red mat]",
    "[she] reads [a long letter] to [the child]",
    "[green apples] fall from [the tree]",
    "[the child] and [the old dog] play",
    "on [the table] lies [a letter]",
    "[he] gives [her] [a green apple]",
    "sleep",
    "[a man] with [a dog] walks",
    "[trains] arrive at [the station] in [the morning]",
    "[the long train] waits",
    "give [him] [the red letter]",
    "[old friends] meet at [the station]",
]
MODEL = {
    "@architectures": "spacy_birnn.BiLSTMTagger.v1",
    "width": 32,
    "depth": 1,
    "word_rows": 500,
    "affix_rows": 500,
    "word_dropout": 0.0,
}


def make_reference(vocab, sentence):
    words, spans, start = [], [], 0
    for word in sentence.split():
        start = len(words) if word.startswith("[") else start
        words.append(word.strip("[]"))
        if word.endswith("]"):
            spans.append((start, len(words)))
    doc = Doc(vocab, words=words)
    doc.spans["chunks"] = [spacy.tokens.Span(doc, *span, label="NP") for span in spans]
    return doc


def chunks_of(doc):
    return [(span.start, span.end, span.label_) for span in doc.spans["chunks"]]


@pytest.fixture(scope="module", autouse=True)
def chunker():
    """Import the example by its path, as its readers do."""
    spec = importlib.util.spec_from_file_location("chunker", CHUNKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def nlp():
    nlp = spacy.blank("en")
    nlp.add_pipe("chunker", config={"model": MODEL})
    return nlp


def make_examples(nlp):
    references = [make_reference(nlp.vocab, sentence) for sentence in SENTENCES]
    return [Example(nlp.make_doc(reference.text), reference) for reference in references]


def test_chunker_overfits_and_is_the_same_after_loading(nlp, tmp_path):
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    gold = [chunks_of(example.reference) for example in examples]
    texts = [example.reference.text for example in examples]
    assert [chunks_of(doc) for doc in nlp.pipe(texts)] == gold
    assert nlp.evaluate(make_examples(nlp))["spans_chunks_f"] == 1.0
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert [chunks_of(doc) for doc in loaded.pipe(texts)] == gold


def test_chunker_skips_references_without_chunks(nlp):
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    bare = Example(nlp.make_doc("a dog"), nlp.make_doc("a dog"))
    scheme = nlp.get_pipe("chunker").scheme
    assert scheme.gold_ids([bare]).tolist() == [-1, -1]
    assert scheme.gold_ids(examples[:1]).tolist() == [1, 2, 3, 0, 0, 1, 2, 3]


def test_how_to_shows_the_example():
    code = CHUNKER.read_text(encoding="utf8")
    assert f"```python\n{code}```" in (DOCS / "how-to" / "add-a-task.md").read_text(encoding="utf8")
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 60
