"""The cross-entropy and its gradient, for labels given as numbers or as distributions."""

from typing import Any, Optional

from thinc.types import Floats1d, Floats2d
from thinc.util import get_array_module

from ..tags.labels import MISSING, LabelIds, negative
from ..tags.masks import MASKED, BoolArray


def mask_scores(scores: Floats2d, allowed: Optional[BoolArray]) -> Floats2d:
    """Lower the scores of labels that are not allowed, so that their probability is zero.

    scores (Floats2d): Shape (tokens, labels).
    allowed (Optional[BoolArray]): Shape (tokens, labels): the labels that a token may have, at
        least one; None for all.
    RETURNS (Floats2d): The scores. All allowed labels of a token are shifted alike.
    """
    if allowed is None:
        return scores
    xp: Any = get_array_module(scores)
    mask = xp.asarray(allowed)
    highest = xp.where(mask, scores, -xp.inf).max(axis=1, keepdims=True)
    return xp.where(mask, scores - highest, MASKED).astype(scores.dtype)


def mask_targets(targets: Floats2d, allowed: Optional[BoolArray]) -> Floats2d:
    """Leave out labels that are not allowed from distributions.

    targets (Floats2d): Shape (tokens, labels): distributions; zeros where there is none.
    allowed (Optional[BoolArray]): See `mask_scores`.
    RETURNS (Floats2d): The distributions over the labels that are left; zeros if there are none.
    """
    if allowed is None:
        return targets
    xp: Any = get_array_module(targets)
    kept = xp.where(xp.asarray(allowed), targets, 0.0)
    before, after = (t.sum(axis=1, keepdims=True) for t in (targets, kept))
    return (kept * (before / xp.where(after > 0, after, 1.0))).astype(targets.dtype)


def log_softmax(scores: Floats2d, probs: Floats2d) -> Floats2d:
    """Compute the logarithm of the softmax, of scores far below the highest one as well.

    scores (Floats2d): Shape (tokens, labels).
    probs (Floats2d): Shape (tokens, labels): the softmax of the scores.
    RETURNS (Floats2d): Shape (tokens, labels).
    """
    xp = get_array_module(scores)
    # The highest probability is the inverse of the normalizer.
    return scores + (xp.log(xp.max(probs, axis=1)) - xp.max(scores, axis=1))[:, None]


def label_losses(
    log_probs: Floats2d, probs: Floats2d, gold: LabelIds, gradient: Floats2d
) -> Floats1d:
    """Compute the cross-entropy of each token: 0 for a missing label, and the negative
    log-probability of all other labels for a negative one.

    log_probs (Floats2d): Shape (tokens, labels): the log-softmax of the scores.
    probs (Floats2d): Shape (tokens, labels): the softmax of the scores.
    gold (LabelIds): Shape (tokens,).
    gradient (Floats2d): Shape (tokens, labels): the result of `label_gradient`.
    RETURNS (Floats1d): Shape (tokens,).
    """
    xp = get_array_module(log_probs)
    gold = xp.asarray(gold)
    # The gradient of a positive label is the difference of the probabilities and the target.
    losses: Any = -xp.einsum("ij,ij->i", probs - gradient, log_probs)
    losses[gold < 0] = 0.0
    negated = xp.flatnonzero(gold < MISSING)
    if len(negated):
        others: Any = log_probs[negated]
        others[xp.arange(len(negated)), negative(gold[negated])] = MASKED
        highest = others.max(axis=1)
        losses[negated] = -highest - xp.log(xp.exp(others - highest[:, None]).sum(axis=1))
    return losses


def label_gradient(
    probs: Floats2d, gold: LabelIds, label_smoothing: float, allowed: Optional[BoolArray] = None
) -> Floats2d:
    """Compute the gradient of the cross-entropy by the scores before the softmax.

    As in spaCy's tagger, the gradient of a missing label is zero, and a negative one only lowers
    its own label.

    probs (Floats2d): Shape (tokens, labels): the softmax of the scores.
    gold (LabelIds): Shape (tokens,).
    label_smoothing (float): Probability moved from the gold label to the others that are allowed,
        evenly (Szegedy et al. 2016).
    allowed (Optional[BoolArray]): See `mask_scores`.
    RETURNS (Floats2d): Shape (tokens, labels).
    """
    xp = get_array_module(probs)
    gold = xp.asarray(gold)
    positive = xp.flatnonzero(gold >= 0)
    target = xp.zeros_like(probs)
    target[positive, gold[positive]] = 1.0
    if label_smoothing:
        others = xp.ones(probs.shape, dtype=bool) if allowed is None else xp.array(allowed)
        others[positive, gold[positive]] = False
        shares = label_smoothing / xp.maximum(others.sum(axis=1, keepdims=True), 1)
        smooth = (others * shares)[positive].astype(probs.dtype)
        target[positive] *= 1.0 - smooth.sum(axis=1, keepdims=True)
        target[positive] += smooth
    gradient: Any = probs - target
    gradient[gold < 0] = 0.0
    negated = xp.flatnonzero(gold < MISSING)
    label = negative(gold[negated])
    gradient[negated, label] = probs[negated, label]
    return gradient


def soften_losses(
    hard: Floats1d, log_probs: Floats2d, gold: LabelIds, targets: Floats2d, weight: float
) -> Floats1d:
    """Mix the cross-entropy of each gold label with that of a teacher's distribution (Hinton et al.
    2015). A token that has one of them learns from it alone.

    hard (Floats1d): Shape (tokens,): the cross-entropy of the gold labels.
    log_probs (Floats2d): Shape (tokens, labels): the log-softmax of the scores.
    gold (LabelIds): Shape (tokens,).
    targets (Floats2d): Shape (tokens, labels): distributions; zeros where there is none.
    weight (float): Weight of the distributions. The gold labels have the weight 1 - weight.
    RETURNS (Floats1d): Shape (tokens,).
    """
    soft: Any = -get_array_module(targets).einsum("ij,ij->i", targets, log_probs)
    return hard + _soft_weights(gold, targets, weight) * (soft - hard)


def soften_gradient(
    hard: Floats2d, probs: Floats2d, gold: LabelIds, targets: Floats2d, weight: float
) -> Floats2d:
    """Compute the gradient of `soften_losses` by the scores before the softmax.

    hard (Floats2d): Shape (tokens, labels): the gradient of the gold labels.
    probs (Floats2d): Shape (tokens, labels): the softmax of the scores.
    gold (LabelIds): Shape (tokens,).
    targets (Floats2d): See `soften_losses`.
    weight (float): See `soften_losses`.
    RETURNS (Floats2d): Shape (tokens, labels).
    """
    weights: Any = _soft_weights(gold, targets, weight).astype(probs.dtype)
    return hard + weights[:, None] * (probs - targets - hard)


def _soft_weights(gold: LabelIds, targets: Floats2d, weight: float) -> Any:
    """Shape (tokens,): the weight of the distribution of each token."""
    xp = get_array_module(targets)
    weights = xp.where(xp.asarray(gold) == MISSING, 1.0, weight)
    return xp.where(targets.any(axis=1), weights, 0.0)
