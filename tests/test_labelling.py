"""The parts of a component without a pipeline: label scheme, decoder, objective and settings."""

import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import spacy
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import ConfigValidationError, Model

import spacy_birnn
from spacy_birnn.labelling.decoder import Decoder
from spacy_birnn.labelling.entity_scheme import EntityScheme, EntitySettings
from spacy_birnn.labelling.objective import Objective
from spacy_birnn.labelling.settings import Settings, check_settings
from spacy_birnn.labelling.spacy_internals import copy_context, release_listeners
from spacy_birnn.labelling.span_scheme import SpanScheme
from spacy_birnn.labelling.tag_scheme import TaggerSettings, TagScheme
from spacy_birnn.labelling.word_scheme import SegmenterSettings, WordScheme
from spacy_birnn.models.crf_head import CRF
from spacy_birnn.models.softmax_head import Softmax
from spacy_birnn.tags.labels import MISSING, negative

WORDS = ["I", "saw", "New", "York"]
TAGS = ["P", "V", "N", "N"]
ENTITIES = ["O", "O", "B-GPE", "I-GPE"]


def make_example(**annotations):
    vocab = Vocab()
    reference = Doc(vocab, words=WORDS, **annotations)
    return Example(Doc(vocab, words=WORDS), reference)


def make_scheme(scheme_class, labels, **settings):
    scheme = scheme_class("a_component", scheme_class.settings_class(**settings))
    for label in labels:
        scheme.add(label)
    return scheme


def score_by(rows, head=None):
    """A model that gives every document the same scores."""
    head = head or Softmax(nO=len(rows[0]))

    def forward(model, docs, is_train):
        read = [np.array(rows[: len(doc)], dtype="f") for doc in docs]
        return read, lambda gradients: docs

    return Model("fixed", forward, layers=[head], refs={"head": head})


# A label scheme


def test_scheme_translates_tags_to_outputs():
    example = make_example(tags=["P", "V", "N", ""])
    scheme = make_scheme(TagScheme, ["N", "P", "V"])
    assert scheme.collect_labels([example]) == ["N", "P", "V"]
    assert scheme.outputs == ("N", "P", "V")
    assert scheme.gold_ids([example, example]).tolist() == [1, 2, 0, MISSING] * 2


def test_scheme_translates_wrong_labels():
    example = make_example(tags=["P", "!V", "N", "!X"])
    scheme = make_scheme(TagScheme, ["N", "P", "V", "X"])
    assert scheme.collect_labels([example]) == ["!V", "!X", "N", "P"]
    assert scheme.gold_ids([example]).tolist() == [1, negative(2), 0, negative(3)]


def test_scheme_translates_spans_to_tags():
    scheme = make_scheme(EntityScheme, ["GPE"])
    assert scheme.outputs == ("O", "B-GPE", "I-GPE", "L-GPE", "U-GPE")
    assert scheme.gold_ids([make_example(ents=ENTITIES)]).tolist() == [0, 0, 1, 3]
    assert scheme.gold_ids([make_example()]).tolist() == [MISSING] * 4


class SpanGroups(SpanScheme):
    tag_scheme = "BIOES"

    def gold_spans(self, doc):
        return doc.spans["a"]


def test_spans_of_other_tokens_are_aligned():
    scheme, vocab = make_scheme(SpanGroups, ["X"]), Vocab()
    reference = Doc(vocab, words=WORDS)
    reference.spans["a"] = [Span(reference, 0, 1, "X"), Span(reference, 2, 4, "X")]
    together = Doc(vocab, words=["I", "saw", "New York"])
    assert scheme.gold_ids([Example(together, reference)]).tolist() == [4, 0, 4]
    apart = Doc(
        vocab, words=["I", "saw", "New", "Yo", "rk"], spaces=[True, True, True, False, False]
    )
    assert scheme.gold_ids([Example(apart, reference)]).tolist() == [4, 0, 1, 2, 3]


def test_spans_are_made_of_tags():
    scheme = make_scheme(SpanGroups, ["X", "Y"])
    found = scheme.tag_set.decode(np.array([8, 1, 2, 3]))
    spans = scheme.make_spans(Doc(Vocab(), words=WORDS), found)
    assert [(span.start, span.end, span.label_) for span in spans] == [(0, 1, "Y"), (1, 4, "X")]


def test_unknown_label_is_an_error():
    scheme = make_scheme(TagScheme, ["P", "V"])
    with pytest.raises(
        ValueError, match="'a_component' does not know the label 'N': call add_label"
    ):
        scheme.gold_ids([make_example(tags=TAGS)])


@pytest.mark.parametrize("scheme_class", [TagScheme, EntityScheme, WordScheme])
def test_state_of_a_scheme_is_restored(scheme_class):
    labels = ["WORD"] if scheme_class is WordScheme else ["X", "Y"]
    scheme, loaded = make_scheme(scheme_class, labels), make_scheme(scheme_class, [])
    loaded.load_state(scheme.state())
    assert loaded.labels == labels and loaded.state() == scheme.state()
    loaded.load_state({})
    assert loaded.labels == []


# A decoder


def test_decoder_finds_the_best_label_of_each_token():
    scheme = make_scheme(TagScheme, ["N", "P"], confidence=True, top_k=2)
    decoder = Decoder(score_by([[0, 1], [3, 1]]), scheme)
    first, empty = decoder.predict([Doc(Vocab(), words=["a", "b"]), Doc(Vocab())])
    assert first.ids.tolist() == [1, 0] and empty.ids.tolist() == []
    assert first.top_ids.tolist() == [[1, 0], [0, 1]]
    expected = np.exp([1, 2]) / (1 + np.exp([1, 2]))
    np.testing.assert_allclose(np.exp(first.log_probs), expected, rtol=1e-6)
    hot = Decoder(score_by([[0, 1], [3, 1]]), scheme, temperature=2.0)
    assert (hot.predict([Doc(Vocab(), words=["a", "b"])])[0].log_probs < first.log_probs).all()


def test_decoder_finds_only_legal_sequences():
    scheme = make_scheme(EntityScheme, ["X"])
    # The best outputs alone would be I-X O.
    decoder = Decoder(score_by([[0, 1, 5, 0, 2], [4, 0, 0, 3, 0]]), scheme)
    (prediction,) = decoder.predict([Doc(Vocab(), words=["a", "b"])])
    assert prediction.ids.tolist() == [4, 0]


def test_decoder_heeds_the_mask():
    scheme = make_scheme(EntityScheme, ["X"])
    decoder = Decoder(score_by([[0, 0, 0, 0, 9]] * 2), scheme)
    doc = Doc(Vocab(), words=["a", "b"])
    doc.set_ents([], blocked=[doc[1:2]])
    assert decoder.predict([doc])[0].ids.tolist() == [4, 0]


def test_decoder_uses_the_transitions_of_a_crf():
    head = CRF(nO=2)
    head.initialize(X=[np.zeros((2, 2), dtype="f")], Y=[np.zeros((2, 2), dtype="f")])
    scheme = make_scheme(TagScheme, ["N", "P"])
    decoder = Decoder(score_by([[0, 1], [0, 1]], head), scheme)
    docs = [Doc(Vocab(), words=["a", "b"])]
    assert decoder.predict(docs)[0].ids.tolist() == [1, 1]
    module = head.shims[0].module
    module.between.data[1, 1] = -5.0
    assert decoder.predict(docs)[0].ids.tolist() in ([0, 1], [1, 0])


def test_probabilities_of_outputs_sum_to_one():
    scheme = make_scheme(EntityScheme, ["X"])
    decoder = Decoder(score_by([[0, 1, 5, 0, 2], [4, 0, 0, 3, 0]]), scheme)
    first, empty = decoder.predict_probs([Doc(Vocab(), words=["a", "b"]), Doc(Vocab())])
    np.testing.assert_allclose(first.sum(axis=1), 1.0)
    # Illegal at the beginning.
    assert first[0, 2] == first[0, 3] == 0 and empty.shape == (0, 5)


def test_long_documents_are_cut():
    scheme = make_scheme(TagScheme, ["N", "P"], max_length=3, overlap=0)
    doc = Doc(Vocab(), words=list("abcdefgh"))
    model = score_by([[0, 1], [1, 0], [0, 1]])
    lengths = [len(w.unit) for batch in Decoder(model, scheme).score([doc]) for w in batch.windows]
    assert max(lengths) <= 3 and sum(lengths) == 8
    assert len(Decoder(model, scheme).predict([doc])[0].ids) == 8


def test_scores_that_are_not_finite_are_an_error():
    decoder = Decoder(score_by([[0, np.nan]]), make_scheme(TagScheme, ["N", "P"]))
    with pytest.raises(ValueError, match="'a_component' gives scores that are not finite"):
        decoder.predict([Doc(Vocab(), words=["a"])])


# An objective


def test_gradient_is_that_of_the_cross_entropy():
    scheme = make_scheme(TagScheme, ["N", "P", "V"])
    objective = Objective(score_by([[0, 0, 0]]), scheme)
    example = make_example(tags=["P", "V", "N", ""])
    scores = [np.zeros((4, 3), dtype="f")]
    loss, (gradient,) = objective.get_loss([example], scores)
    third = 1 / 3
    expected = [
        [third, -2 * third, third],
        [third, third, -2 * third],
        [-2 * third, third, third],
        [0, 0, 0],
    ]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)
    assert loss > 0


def test_loss_that_is_not_finite_is_an_error():
    objective = Objective(score_by([[0, 0, 0]]), make_scheme(TagScheme, ["N", "P", "V"]))
    with pytest.raises(ValueError, match="The loss of the component 'a_component' is nan"):
        objective.get_loss([make_example(tags=TAGS)], [np.full((4, 3), np.nan, dtype="f")])


def test_rehearsal_keeps_the_scores_of_the_earlier_model():
    objective = Objective(score_by([[0, 0]]), make_scheme(TagScheme, ["N", "P"]))
    scores = [np.array([[1, 2], [3, 4]], dtype="f")]
    assert objective.get_rehearsal_loss(scores, scores)[0] == 0
    loss, (gradient,) = objective.get_rehearsal_loss(scores, [scores[0][:, ::-1]])
    assert loss > 0 and gradient.shape == (2, 2)


# Settings

PROBLEMS = [
    (Settings, "label_smoothing", -0.1, "at least 0 and less than 0.5"),
    (Settings, "label_smoothing", 0.5, "at least 0 and less than 0.5"),
    (Settings, "max_length", -1, "must be 0, or more than twice the overlap"),
    (Settings, "max_length", 64, "must be 0, or more than twice the overlap"),
    (Settings, "overlap", -1, "must be 0 or greater"),
    (Settings, "max_grad_norm", -1.0, "must be 0 or greater"),
    (Settings, "soft_labels", 1.1, "between 0 and 1"),
    (TaggerSettings, "top_k", -1, "must be a number of tags, or 0"),
    (EntitySettings, "threshold", 1.1, "between 0 and 1"),
    (SegmenterSettings, "keep", ["words"], "must be of url, email, number, latin"),
    (SegmenterSettings, "keep_max_split", -0.1, "between 0 and 1"),
    (SegmenterSettings, "auxiliary_weight", -1.0, "must be 0 or greater"),
    (SegmenterSettings, "dictionary_mode", "cut", "must be 'force' or 'combine'"),
]


@pytest.mark.parametrize("settings_class, name, value, message", PROBLEMS)
def test_setting_out_of_its_range_is_a_problem(settings_class, name, value, message):
    assert list(settings_class().problems()) == []
    ((setting, problem),) = settings_class(**{name: value}).problems()
    assert setting == name
    assert message in problem


def test_all_problems_are_in_one_error():
    settings = TaggerSettings(top_k=-1, max_grad_norm=-1.0)
    with pytest.raises(ConfigValidationError) as caught:
        check_settings("a_component", settings, score_by([[0, 0]]), False)
    assert "'a_component'" in str(caught.value)
    assert "top_k" in str(caught.value) and "max_grad_norm" in str(caught.value)


@pytest.mark.parametrize("setting", ["label_smoothing", "soft_labels"])
def test_crf_does_not_learn_from_distributions(setting):
    with pytest.raises(ConfigValidationError, match=r"use the head spacy_birnn\.Softmax\.v1"):
        check_settings("x", Settings(**{setting: 0.1}), score_by([[0, 0]], CRF(nO=2)), False)


def test_settings_are_frozen_and_replaced():
    settings = TaggerSettings()
    with pytest.raises(AttributeError):
        settings.top_k = 2
    assert settings.change({"top_k": 2}) == TaggerSettings(top_k=2)
    with pytest.raises(ValueError, match=r"There is no setting 'topk': choose from .*top_k"):
        settings.change({"topk": 2})


def test_configure_changes_a_setting_or_nothing():
    tagger = spacy.blank("en").add_pipe("birnn_tagger")
    tagger.configure(top_k=2)
    assert tagger.cfg["top_k"] == tagger.settings.top_k == tagger.decoder.scheme.settings.top_k == 2
    for bad in [{"top_k": -1}, {"topk": 1}]:
        with pytest.raises(ValueError):
            tagger.configure(confidence=True, **bad)
    assert tagger.settings == TaggerSettings(top_k=2)


def test_cfg_is_read_only():
    tagger = spacy.blank("en").add_pipe("birnn_tagger")
    with pytest.raises(NotImplementedError, match=r"change them by its method configure\(\)"):
        tagger.cfg["top_k"] = 2


def test_defaults_of_factories_are_those_of_settings():
    nlp = spacy.blank("en")
    for name in ("birnn_tagger", "birnn_ner", "birnn_segmenter"):
        settings = nlp.add_pipe(name).settings
        config = nlp.get_pipe_config(name)
        assert {key: config[key] for key in settings.as_dict()} == settings.as_dict()


# The package


def test_package_has_its_components_and_a_version():
    assert spacy_birnn.__version__
    for name in spacy_birnn.__all__:
        assert getattr(spacy_birnn, name)
    assert spacy_birnn.BiRNNTagger is type(spacy.blank("en").add_pipe("birnn_tagger"))
    with pytest.raises(AttributeError, match="'spacy_birnn' has no attribute 'Tagger'"):
        _ = spacy_birnn.Tagger


def test_package_imports_components_when_they_are_used():
    code = "import sys, spacy_birnn; print([m for m in sys.modules if 'birnn.pipeline' in m])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


# spaCy without its private attributes


@dataclass
class Bare:
    words: int = 0


def test_context_is_copied_where_spacy_has_one():
    source, target = Doc(Vocab()), Doc(Vocab())
    source._context = "context"
    copy_context(source, target)
    assert target._context == "context"
    bare = Bare()
    copy_context(bare, bare)
    assert vars(bare) == {"words": 0}


def test_listeners_release_their_backpropagation(monkeypatch):
    listener = Tok2VecListener("tok2vec", width=2)
    listener.receive(1, [], lambda gradients: [1])
    release_listeners(listener)
    assert listener._backprop([]) == []
    # Without the private attributes, nothing is released and nothing fails.
    received = []
    bare = SimpleNamespace(walk=lambda: [listener], receive=received.append)
    del listener._batch_id, listener._outputs
    release_listeners(bare)
    assert received == []
