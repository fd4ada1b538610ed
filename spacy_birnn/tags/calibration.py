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


def minimize(loss: Callable[[float], float], low: float, high: float, steps: int) -> float:
    """Find the minimum of a function by golden-section search (Kiefer 1953).

    loss (Callable[[float], float]): The function, with one minimum between the limits.
    low (float): Lowest value of its argument.
    high (float): Highest value.
    steps (int): Number of times that the search range shrinks, by 0.62.
    RETURNS (float): The argument with the lowest value found.
    """
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    of_left, of_right = loss(left), loss(right)
    for _ in range(steps):
        if of_left < of_right:
            high, right, of_right = right, left, of_left
            left = high - ratio * (high - low)
            of_left = loss(left)
        else:
            low, left, of_left = left, right, of_right
            right = low + ratio * (high - low)
            of_right = loss(right)
    return left if of_left < of_right else right
