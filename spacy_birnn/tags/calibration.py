"""Calibration: how well probabilities of predictions agree with their accuracy."""

from typing import Any, Callable, Dict

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float64]


def measure_calibration(probs: FloatVector, correct: FloatVector, bins: int) -> Dict[str, Any]:
    """Compute the reliability table and the expected calibration error (Guo et al. 2017).

    probs (FloatVector): Shape (n,), n > 0: probability that each prediction is right.
    correct (FloatVector): Shape (n,): 1 for a right prediction, 0 for a wrong one.
    bins (int): Number of equal bins of the probability.
    RETURNS (Dict[str, Any]): "ece", the mean difference of accuracy and mean probability of a bin,
        weighted by its count; "log_loss", see `log_loss`; "count", the number n; and
        "reliability", for each bin that is not empty "from", "to", "count", "confidence" (its mean
        probability) and "accuracy".
    """
    numbers = np.minimum((probs * bins).astype(int), bins - 1)
    table = [
        {
            "from": number / bins,
            "to": (number + 1) / bins,
            "count": int(inside.sum()),
            "confidence": float(probs[inside].mean()),
            "accuracy": float(correct[inside].mean()),
        }
        for number in range(bins)
        for inside in [numbers == number]
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
    """Compute the mean negative log-probability of the outcomes.

    probs (FloatVector): Shape (n,), n > 0: probability that each prediction is right.
    correct (FloatVector): Shape (n,): 1 for a right prediction, 0 for a wrong one.
    RETURNS (float): The mean.
    """
    tiny = np.finfo(np.float64).eps
    return float(-np.log(np.where(correct, probs, 1.0 - probs) + tiny).mean())


def minimize(loss: Callable[[float], float], low: float, high: float, steps: int) -> float:
    """Minimize a function by golden-section search (Kiefer 1953). (SciPy has it, but is no
    dependency.)

    loss (Callable[[float], float]): The function, with one minimum between the bounds.
    low (float): Lower bound of its argument.
    high (float): Upper bound.
    steps (int): Number of steps, each of which shrinks the range to 0.62 of its length.
    RETURNS (float): The argument with the lowest value found.
    """
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    left_loss, right_loss = loss(left), loss(right)
    for _ in range(steps):
        if left_loss < right_loss:
            high, right, right_loss = right, left, left_loss
            left = high - ratio * (high - low)
            left_loss = loss(left)
        else:
            low, left, left_loss = left, right, right_loss
            right = low + ratio * (high - low)
            right_loss = loss(right)
    return left if left_loss < right_loss else right
