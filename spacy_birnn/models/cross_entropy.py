"""The gradient of the cross-entropy, for labels given as numbers or as distributions."""

from thinc.types import Floats2d
from thinc.util import get_array_module

from ..tags.labels import MISSING, LabelIds, negative


def label_gradient(probs: Floats2d, gold: LabelIds, label_smoothing: float) -> Floats2d:
    """Gradient of the cross-entropy by the scores before the softmax.

    As in spaCy's tagger, a missing label adds nothing, and a negative one only lowers its
    own label.

    probs (Floats2d): Shape (tokens, labels): the softmax of the scores.
    gold (LabelIds): Shape (tokens,).
    label_smoothing (float): Probability moved from the gold label to the others, evenly
        (Szegedy et al. 2016).
    RETURNS (Floats2d): Shape (tokens, labels).
    """
    xp = get_array_module(probs)
    gold = xp.asarray(gold)
    n_labels = probs.shape[1]
    positive = xp.flatnonzero(gold >= 0)
    target = xp.zeros_like(probs)
    target[positive] = label_smoothing / max(1, n_labels - 1)
    target[positive, gold[positive]] = 1.0 - label_smoothing
    gradient = probs - target
    other = gold < 0
    gradient[other] = 0.0
    negated = xp.flatnonzero(gold < MISSING)
    label = negative(gold[negated])
    gradient[negated, label] = probs[negated, label]
    return gradient


def soften_gradient(
    hard: Floats2d, probs: Floats2d, gold: LabelIds, targets: Floats2d, weight: float
) -> Floats2d:
    """Gradient of a cross-entropy with two targets, the gold label and the distribution of a
    teacher (Hinton et al. 2015). A token that has one of them learns from that alone.

    hard (Floats2d): Shape (tokens, labels): the gradient for the gold labels.
    probs (Floats2d): Shape (tokens, labels): the softmax of the scores.
    gold (LabelIds): Shape (tokens,).
    targets (Floats2d): Shape (tokens, labels): distributions; zeros where there is none.
    weight (float): Weight of the distributions; the gold labels have the rest.
    RETURNS (Floats2d): Shape (tokens, labels).
    """
    xp = get_array_module(probs)
    weights = xp.where(xp.asarray(gold) == MISSING, 1.0, weight)
    weights = xp.where(targets.any(axis=1), weights, 0.0).astype(probs.dtype)
    return hard + weights[:, None] * (probs - targets - hard)
