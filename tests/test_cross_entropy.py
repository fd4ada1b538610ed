"""The losses of the heads: negative log-likelihoods, with their own gradients."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from spacy_birnn.models.crf_head import CRF
from spacy_birnn.models.heads import get_methods
from spacy_birnn.models.softmax_head import Softmax
from spacy_birnn.tags.labels import MISSING, negative
from spacy_birnn.tags.schemes import unrestricted

# Two gold labels, "any but label 2", and an unknown one.
GOLD = np.array([0, 2, negative(2), MISSING])
SCORES = np.random.default_rng(0).normal(size=(4, 3))


def log_softmax(scores):
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def make_head(make):
    head = make(3)
    head.initialize(X=[head.ops.alloc2f(4, 5)])
    return head


def softmax_loss(scores, smoothing=0.0, targets=None, weight=0.0):
    head = make_head(Softmax)
    methods = get_methods(head)
    loss, gradient = methods.loss(head, scores, GOLD, [3, 1], unrestricted(3), smoothing)
    if targets is None:
        return loss, gradient
    return methods.soften(head, scores, GOLD, gradient, targets, weight)


def test_both_heads_have_the_same_loss_without_transitions():
    expected = -log_softmax(SCORES)[[0, 1], GOLD[:2]].sum()
    expected -= np.log(np.exp(log_softmax(SCORES)[2, :2]).sum())
    assert softmax_loss(SCORES)[0] == pytest.approx(expected)
    head = make_head(CRF)
    scores = SCORES.astype("f")
    loss, _ = get_methods(head).loss(head, scores, GOLD, [3, 1], unrestricted(3), 0.0)
    assert loss == pytest.approx(expected, rel=1e-5)


def test_smoothed_labels_are_distributions():
    logs = log_softmax(SCORES)[:2]
    target = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    extra = softmax_loss(SCORES, smoothing=0.2)[0] - softmax_loss(SCORES)[0]
    assert extra == pytest.approx(-(target * logs).sum() + logs[[0, 1], GOLD[:2]].sum())


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_gradient_is_that_of_the_loss(smoothing, weight):
    targets = np.exp(log_softmax(np.random.default_rng(1).normal(size=(4, 3))))
    targets[1] = 0.0
    soft = {"targets": targets, "weight": weight} if weight else {}
    _, gradient = softmax_loss(SCORES, smoothing, **soft)
    step = 1e-5
    for place in np.ndindex(SCORES.shape):
        moved = np.zeros_like(SCORES)
        moved[place] = step
        higher, lower = (softmax_loss(SCORES + m, smoothing, **soft)[0] for m in (moved, -moved))
        expected = (higher - lower) / (2 * step)
        # As in spaCy's tagger, a negative label lowers its own score and raises no other.
        if weight == 0.0 and place in [(2, 0), (2, 1)]:
            expected = 0.0
        elif place in [(2, 0), (2, 1)]:
            continue
        assert_allclose(gradient[place], expected, atol=1e-6)


def test_a_sure_score_of_a_wrong_label_makes_a_finite_loss():
    scores = np.array([[0.0, 500.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 500.0], [0.0, 0.0, 0.0]])
    loss, _ = softmax_loss(scores.astype("f"))
    assert loss == pytest.approx(500 + np.log(3) + 500 - np.log(2))
