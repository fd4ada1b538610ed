"""An output layer that scores each token on its own."""

from typing import Any, Optional, Sequence, Tuple

from thinc.types import Floats2d

from ..tags.labels import LabelIds
from ..tags.masks import BoolArray
from ..tags.schemes import Transitions
from .cross_entropy import (
    label_gradient,
    label_losses,
    log_softmax,
    mask_scores,
    mask_targets,
    soften_gradient,
    soften_losses,
)
from .heads import HeadMethods, HeadT, make_head, resize_output


def Softmax(nO: Optional[int] = None) -> HeadT:
    """Score each token on its own. It learns by the cross-entropy of the softmax of its scores.

    nO (Optional[int]): Number of labels, inferred from the data if None.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (tokens, labels).
    """
    methods = HeadMethods(resize_output, softmax_loss, no_weights, soften_softmax)
    return make_head("softmax_head", nO, methods)


def softmax_loss(
    head: HeadT,
    scores: Floats2d,
    gold: LabelIds,
    lengths: Sequence[int],
    transitions: Transitions,
    label_smoothing: float,
    weight: float = 1.0,
    allowed: Optional[BoolArray] = None,
) -> Tuple[float, Floats2d]:
    """Compute the cross-entropy of the tokens that have a label, see `GetLoss`."""
    scores = mask_scores(scores, allowed)
    probs = head.ops.softmax(scores)
    gradient: Any = label_gradient(probs, gold, label_smoothing, allowed)
    losses: Any = label_losses(log_softmax(scores, probs), probs, gold, gradient)
    return weight * float(losses.sum()), weight * gradient


def soften_softmax(
    head: HeadT,
    scores: Floats2d,
    gold: LabelIds,
    gradient: Floats2d,
    targets: Floats2d,
    weight: float,
    allowed: Optional[BoolArray] = None,
) -> Tuple[float, Floats2d]:
    """Compute the cross-entropy of gold labels mixed with distributions, see `Soften`."""
    scores, targets = mask_scores(scores, allowed), mask_targets(targets, allowed)
    probs = head.ops.softmax(scores)
    log_probs = log_softmax(scores, probs)
    hard = label_losses(log_probs, probs, gold, gradient)
    losses: Any = soften_losses(hard, log_probs, gold, targets, weight)
    return float(losses.sum()), soften_gradient(gradient, probs, gold, targets, weight)


def no_weights(head: HeadT) -> None:
    """Get no scores of transitions, because a softmax has none."""
