"""A pickled pipeline works in a process that has never seen one: a pool, joblib, Spark."""

import copy
import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, Token
from spacy.tokens.underscore import Underscore
from srsly import cloudpickle

from .helpers.confidence import make_uncertain
from .helpers.fresh import TEXTS, annotate, describe, run_fresh
from .helpers.models import HEADS
from .helpers.shared_tok2vec import SHARED
from .helpers.strange import make_pipeline
from .helpers.tagger import make_examples as make_tagged
from .helpers.training import train


def make_initialised():
    nlp = spacy.util.load_model_from_config(SHARED, auto_fill=True)
    examples = make_tagged(nlp)
    nlp.initialize(lambda: examples)
    return nlp


def make_shared():
    nlp = make_initialised()
    train(nlp, make_tagged(nlp), nlp.resume_training(), steps=3)
    return nlp


def make_rehearsing():
    nlp, examples = make_uncertain(HEADS[1])
    nlp.rehearse(examples, sgd=nlp.resume_training())
    return nlp


def make_with_dictionary():
    nlp = make_pipeline()
    nlp.get_pipe("birnn_segmenter").add_words(["京工作\tX"])
    nlp.get_pipe("birnn_tagger").configure(confidence=True, top_k=2)
    # Builds the search, which cannot be pickled.
    assert "京工作" in [token.text for token in nlp(TEXTS[2])]
    return nlp


STATES = {
    "softmax": lambda: make_uncertain(HEADS[0])[0],
    "crf": lambda: make_uncertain(HEADS[1])[0],
    "rehearsing": make_rehearsing,
    "dictionary": make_with_dictionary,
    "initialised": make_initialised,
    "shared tok2vec": make_shared,
}


@pytest.fixture(scope="module")
def pipelines():
    return {name: make() for name, make in STATES.items()}


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_pipelines_and_components_in_a_fresh_process(dumps, pipelines, tmp_path):
    nlps = list(pipelines.values())
    components = [nlps[0].get_pipe("birnn_ner"), nlps[1].get_pipe("birnn_tagger")]
    paths, expected = [], []
    for number, pipe in enumerate([*components, *nlps]):
        paths.append(tmp_path / f"{number}.pickle")
        paths[-1].write_bytes(dumps(pipe))
        expected.append(annotate(pipe))
    assert run_fresh(1, *paths) == expected
    assert any(ent[-1] for _, _, ents in expected[0] for ent in ents)


def test_spawned_workers_have_confidences(pipelines, tmp_path):
    nlp = pipelines["crf"]
    (tmp_path / "nlp.pickle").write_bytes(pickle.dumps(nlp))
    (found,) = run_fresh(2, tmp_path / "nlp.pickle")
    tokens = [token for doc, _, _ in annotate(nlp) for token in doc]
    for ours, theirs in zip(tokens, [token for doc, _, _ in found for token in doc]):
        assert ours[:-1] == theirs[:-1]
        assert theirs[-1] == pytest.approx(ours[-1], abs=1e-5)


def test_stored_documents_show_their_confidences_without_a_pipeline(pipelines, tmp_path):
    docs = list(pipelines["softmax"].pipe(TEXTS))
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "docs.spacy")
    assert run_fresh(1, tmp_path / "docs.spacy") == [[describe(doc) for doc in docs]]


@pytest.mark.parametrize("name", STATES)
def test_copies_are_alike_and_apart(name, pipelines):
    nlp = pipelines[name]
    expected = annotate(nlp)
    copied = copy.deepcopy(nlp)
    assert annotate(copied) == expected
    for _, pipe in copied.pipeline:
        for node in pipe.model.walk():
            for shim in node.shims:
                for weight in shim.module.parameters():
                    weight.data.zero_()
    assert annotate(nlp) == expected


@pytest.mark.parametrize("factory", ["birnn_segmenter", "birnn_tagger", "birnn_ner"])
def test_blank_pipelines_are_pickled(factory):
    nlp = spacy.blank("en")
    nlp.add_pipe(factory)
    loaded = pickle.loads(pickle.dumps(nlp))
    examples = make_tagged(loaded)
    for example in examples:
        example.reference.ents = [Span(example.reference, 0, 1, label="X")]
    loaded.initialize(lambda: examples)
    assert loaded("I like ham").text == "I like ham"


def test_attributes_are_registered_again_on_use(pipelines, monkeypatch):
    nlp = pipelines["softmax"]
    expected = annotate(nlp)
    # As where something else sets spaCy's registry of them.
    for kind in ("token_extensions", "span_extensions"):
        monkeypatch.setattr(Underscore, kind, {})
    assert annotate(nlp) == expected
    assert Token.has_extension("tag_probs")
    assert Doc(nlp.vocab, words=["a"])[0]._.tag_confidence is None
