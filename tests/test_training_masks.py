"""Training ignores the outputs that decoding never gives."""

import numpy as np
import pytest
import spacy
from numpy.testing import assert_allclose
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_birnn.labelling.entity_scheme import EntityScheme, EntitySettings
from spacy_birnn.labelling.word_scheme import WORD, SegmenterSettings, WordScheme
from spacy_birnn.models.crf_head import CRF
from spacy_birnn.models.heads import get_methods
from spacy_birnn.models.softmax_head import Softmax
from spacy_birnn.tags.labels import MISSING, negative
from spacy_birnn.tags.masks import admit_gold
from spacy_birnn.tags.schemes import TagSet, unrestricted

BILUO = TagSet("BILUO", 1)
OUT, BEGIN, INSIDE, LAST, UNIT = range(5)
HEADS = pytest.mark.parametrize("make", [Softmax, CRF])


def make_head(make, n_outputs):
    head = make(n_outputs)
    head.initialize(X=[head.ops.alloc2f(4, 5)])
    return head


def make_scores(n_tokens, n_outputs=5):
    return np.random.default_rng(0).normal(size=(n_tokens, n_outputs)).astype("f") * 3


def get_loss(make, scores, gold, allowed, transitions=BILUO.transitions, smoothing=0.0):
    head, gold = make_head(make, scores.shape[1]), np.array(gold)
    loss = get_methods(head).loss
    return loss(head, scores, gold, [len(gold)], transitions, smoothing, allowed=allowed)


def allow(*rows):
    return np.array([np.isin(range(5), row) for row in rows])


# Heads


@HEADS
def test_labels_that_are_not_allowed_have_no_part_in_the_loss(make):
    scores = make_scores(4)
    allowed = np.ones((4, 5), dtype=bool)
    allowed[:, 3] = False
    gold = [0, 4, MISSING, negative(1)]
    loss, gradient = get_loss(make, scores, gold, allowed, unrestricted(5))
    fewer = scores[:, [0, 1, 2, 4]]
    gold = [0, 3, MISSING, negative(1)]
    expected, d_expected = get_loss(make, fewer, gold, None, unrestricted(4))
    assert loss == pytest.approx(expected, rel=1e-5)
    assert not gradient[:, 3].any()
    assert_allclose(gradient[:, [0, 1, 2, 4]], d_expected, atol=1e-6)


@HEADS
@pytest.mark.parametrize("shift", [0.0, 3e4, -3e4])
def test_a_common_shift_lifts_no_label_that_is_not_allowed(make, shift):
    scores = np.round(make_scores(3)).astype("f")
    allowed = allow([OUT], [OUT, BEGIN], [OUT, LAST])
    expected, d_expected = get_loss(make, scores, [OUT, BEGIN, LAST], allowed)
    loss, gradient = get_loss(make, scores + np.float32(shift), [OUT, BEGIN, LAST], allowed)
    assert loss == pytest.approx(expected)
    assert_allclose(gradient, d_expected, atol=1e-6)


def test_smoothing_moves_probability_to_allowed_labels_only():
    allowed = np.array([[True, True, False], [True, False, False]])
    scores = make_scores(2, 3)
    loss, gradient = get_loss(Softmax, scores, [0, 0], allowed, unrestricted(3), 0.2)
    probs = np.exp(scores[0, :2]) / np.exp(scores[0, :2]).sum()
    assert loss == pytest.approx(-([0.8, 0.2] * np.log(probs)).sum(), rel=1e-5)
    assert_allclose(gradient, [[probs[0] - 0.8, probs[1] - 0.2, 0], [0, 0, 0]], atol=1e-6)


def test_soft_labels_that_are_not_allowed_are_left_out():
    head, gold = make_head(Softmax, 3), np.array([MISSING, 0])
    allowed = np.array([[True, True, False], [True, True, False]])
    targets = np.array([[0.3, 0.1, 0.6], [0.0, 0.0, 1.0]], dtype="f")
    methods, scores = get_methods(head), make_scores(2, 3)
    settings = (head, scores, gold)
    _, hard = methods.loss(*settings, [2], unrestricted(3), 0.0, allowed=allowed)
    loss, gradient = methods.soften(*settings, hard, targets, 0.5, allowed)
    probs = np.exp(scores[:, :2]) / np.exp(scores[:, :2]).sum(axis=1, keepdims=True)
    assert_allclose(gradient[0], [probs[0, 0] - 0.75, probs[0, 1] - 0.25, 0], atol=1e-6)
    assert_allclose(gradient[1], hard[1])
    expected = -([0.75, 0.25] * np.log(probs[0])).sum() - np.log(probs[1, 0])
    assert loss == pytest.approx(expected, rel=1e-5)


# Gold labels that a mask forbids

FORBIDDEN = [
    # A gold label.
    ([BEGIN, LAST], allow([OUT], [OUT]), allow([OUT, BEGIN], [OUT, LAST])),
    # A negative label, whose token may have nothing else.
    ([OUT, negative(OUT)], allow([OUT], [OUT]), allow([OUT], [OUT, BEGIN, INSIDE, LAST, UNIT])),
    # A missing label inside of a span.
    (
        [BEGIN, MISSING, LAST],
        allow([OUT, BEGIN], [OUT], [OUT, LAST]),
        allow([OUT, BEGIN], range(5), [OUT, LAST]),
    ),
    # A missing label outside of spans.
    ([UNIT, MISSING, OUT], allow([OUT, UNIT], [OUT], [OUT]), allow([OUT, UNIT], [OUT], [OUT])),
]


@HEADS
@pytest.mark.parametrize(("gold", "mask", "expected"), FORBIDDEN)
def test_gold_labels_win_over_a_mask(make, gold, mask, expected):
    allowed = admit_gold(mask, np.array(gold), [len(gold)], BILUO.transitions)
    assert_allclose(allowed, expected)
    loss, gradient = get_loss(make, make_scores(len(gold)), gold, allowed)
    assert loss < 100
    assert not gradient[~allowed].any()


def test_only_the_sequence_without_a_legal_path_is_opened():
    gold = np.array([OUT, MISSING, BEGIN, MISSING, LAST])
    mask = np.tile(allow([OUT]), (5, 1))
    allowed = admit_gold(mask, gold, [2, 0, 3], BILUO.transitions)
    assert_allclose(allowed, allow([OUT], [OUT], [OUT, BEGIN], range(5), [OUT, LAST]))


# Components


def test_tags_of_white_space_and_of_sentence_starts_get_no_gradient():
    nlp = spacy.blank("en")
    words = ["New", " ", "York", "in", "Anna"]
    gold = Doc(nlp.vocab, words=words)
    gold.ents = [Span(gold, 0, 3, label="GPE")]
    predicted = Doc(nlp.vocab, words=words, sent_starts=[True, False, False, False, True])
    # Other entities are no rule of the text.
    predicted.ents = [Span(predicted, 3, 4, label="GPE")]
    scheme = EntityScheme("ner", EntitySettings())
    scheme.add("GPE")
    mask = scheme.training_mask(predicted)
    assert_allclose(mask, allow(range(5), [OUT, INSIDE], range(5), range(5), [OUT, BEGIN, UNIT]))
    assert_allclose(scheme.mask(predicted)[3], allow([OUT])[0])
    nlp.add_pipe("birnn_ner").add_label("GPE")
    nlp.initialize(lambda: [Example(nlp.make_doc(gold.text), gold)])
    objective = nlp.get_pipe("birnn_ner").objective
    _, (gradient,) = objective.get_loss([Example(predicted, gold)], [make_scores(5)])
    assert not gradient[~mask].any()
    assert gradient[mask].all()


def test_a_segmenter_learns_words_of_its_dictionary_and_nothing_of_white_space():
    scheme = WordScheme("words", SegmenterSettings(keep=["latin"]))
    scheme.add(WORD)
    scheme.dictionary.add(["北京"])
    doc = spacy.blank("zh").make_doc("北京 ab")
    mask = scheme.training_mask(doc)
    word = [1, 2, 3, 4]
    assert_allclose(mask, allow(word, word, [0], word, word))
    assert_allclose(scheme.mask(*scheme.read([doc])), allow([1], [3], [0], [1, 2], [2, 3]))
