"""Gold labels as numbers: positive, missing, or negative ("any label but this one")."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

# Indices of labels; `MISSING`; or `negative(i)` for "any label but i".
LabelIds = NDArray[np.int64]
MISSING = -1

IdT = TypeVar("IdT", int, LabelIds)


def negative(label_id: IdT) -> IdT:
    """Convert the index of a label to the number of its negation, or back.

    label_id (int): Index of a label, or the number of a negation. Arrays as well.
    RETURNS (int): The number of the negation, "any label but this one", or the index.
    """
    return -2 - label_id


def allowed_labels(gold: LabelIds, n_labels: int) -> NDArray[np.bool_]:
    """Find the labels that each token may have.

    gold (LabelIds): Shape (tokens,).
    n_labels (int): Number of labels.
    RETURNS (NDArray[np.bool_]): Shape (tokens, labels): True for these labels.
    """
    allowed = np.zeros((len(gold), n_labels), dtype=bool)
    known = np.flatnonzero(gold >= 0)
    allowed[known, gold[known]] = True
    allowed[gold < 0] = True
    negated = np.flatnonzero(gold < MISSING)
    allowed[negated, negative(gold[negated])] = False
    return allowed
