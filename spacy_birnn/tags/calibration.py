"""How well probabilities agree with how often predictions are right."""

from typing import Any, Callable, Dict

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float64]


def measure_calibration(probs: FloatVector, correct: FloatVector, bins: int) -> Dict[str, Any]:
    """The reliability table and the expected calibration error (Guo et al. 2017).

    probs (FloatVector): Shape (n,): probability that each prediction is right. n is not 0.
    correct (FloatVector): Shape (n,): 1 where it is, otherwise 0.
    bins (int): Number of equal ranges of the probability.
    RETURNS (Dict[str, Any]): "ece", the mean distance of the accuracy of a range from the mean
        probability in it, weighted by its count; "log_loss", the mean negative log-probability
        of what is the case; "count", that is n; and "reliability", for each range that is not
        empty "from", "to", "count", "confidence" (its mean probability) and "accuracy".
    """
    ranges = np.minimum((probs * bins).astype(int), bins - 1)
    table = [
        {
            "from": number / bins,
            "to": (number + 1) / bins,
            "count": int(inside.sum()),
            "confidence": float(probs[inside].mean()),
            "accuracy": float(correct[inside].mean()),
        }
        for number in range(bins)
        for inside in [ranges == number]
        if inside.any()
    ]
    gaps = [row["count"] * abs(row["accuracy"] - row["confidence"]) for row in table]
    return {
        "ece": sum(gaps) / len(probs),
        "log_loss": log_loss(probs, correct),
        "count": len(probs),
        "reliability": table,
    }


def log_loss(probs: FloatVector, correct: FloatVector) -> float:
    """probs (FloatVector): Shape (n,): probability that each prediction is right. n is not 0.
    correct (FloatVector): Shape (n,): 1 where it is, otherwise 0.
    RETURNS (float): The mean negative log-probability of what is the case.
    """
    tiny = np.finfo(np.float64).eps
    return float(-np.log(np.where(correct, probs, 1.0 - probs) + tiny).mean())


def minimize_each(
    losses: Callable[[FloatVector], FloatVector], low: FloatVector, high: FloatVector, steps: int
) -> FloatVector:
    """Golden-section search (Kiefer 1953) for several independent variables side by side.

    losses (Callable[[FloatVector], FloatVector]): The loss of each variable at its value.
    low (FloatVector): Shape (n,): lowest value of each.
    high (FloatVector): Shape (n,): highest value of each.
    steps (int): Number of times that the search range shrinks, by 0.62.
    RETURNS (FloatVector): Shape (n,): the value of each with the lowest loss found.
    """
    ratio = (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    left_loss, right_loss = losses(left), losses(right)
    for _ in range(steps):
        fall = left_loss < right_loss
        low, high = np.where(fall, low, left), np.where(fall, right, high)
        probe = np.where(fall, high - ratio * (high - low), low + ratio * (high - low))
        probe_loss = losses(probe)
        left, right = np.where(fall, probe, right), np.where(fall, left, probe)
        left_loss, right_loss = (
            np.where(fall, probe_loss, right_loss),
            np.where(fall, left_loss, probe_loss),
        )
    return np.where(left_loss < right_loss, left, right)
