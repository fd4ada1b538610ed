"""Gold labels in numbers: known, unknown, or only known not to be one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Numbers of labels; or `MISSING`; or for "any but label i" the number `negative(i)`.
LabelIds = NDArray[np.int64]
MISSING = -1


def negative(label_id: Any) -> Any:
    """label_id (int): Number of a label.
    RETURNS (int): The number that stands for "any label but this one", and back.
    """
    return -2 - label_id


def allowed_labels(gold: LabelIds, n_labels: int) -> NDArray[np.bool_]:
    """gold (LabelIds): Shape (tokens,).
    n_labels (int): Number of labels.
    RETURNS (NDArray[np.bool_]): Shape (tokens, labels): the labels that each token may have.
    """
    allowed = np.zeros((len(gold), n_labels), dtype=bool)
    known = np.flatnonzero(gold >= 0)
    allowed[known, gold[known]] = True
    allowed[gold < 0] = True
    negated = np.flatnonzero(gold < MISSING)
    allowed[negated, negative(gold[negated])] = False
    return allowed
