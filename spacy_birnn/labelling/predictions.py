"""Predicted labels and their probabilities."""

from typing import Any, NamedTuple, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from ..tags.labels import LabelIds

FloatArray = NDArray[np.float64]


class Prediction(NamedTuple):
    """The predicted outputs for a document, or for a part of one.

    Arrays that were not computed are None.

    ids (LabelIds): Shape (tokens,): the output of each token.
    log_probs (Optional[FloatArray]): Shape (tokens,): its log-probability; nan if unknown.
    log_steps (Optional[FloatArray]): Shape (tokens,): its log-probability given the output of the
        previous token; nan if unknown.
    top_ids (Optional[LabelIds]): Shape (tokens, k): the most probable outputs, best first.
    top_probs (Optional[FloatArray]): Shape (tokens, k): their probabilities.
    probs (Optional[FloatArray]): Shape (tokens, outputs): the probabilities of all outputs.
    """

    ids: LabelIds
    log_probs: Optional[FloatArray] = None
    log_steps: Optional[FloatArray] = None
    top_ids: Optional[LabelIds] = None
    top_probs: Optional[FloatArray] = None
    probs: Optional[FloatArray] = None

    def cut(self, part: slice) -> "Prediction":
        """Take the prediction for some of the tokens.

        part (slice): The tokens.
        RETURNS (Prediction): The prediction for them.
        """
        columns: Any = (None if column is None else column[part] for column in self)
        return Prediction(*columns)

    def replace_ids(self, ids: LabelIds) -> "Prediction":
        """Replace the outputs. Where one changes, its probability becomes unknown.

        ids (LabelIds): Shape (tokens,): the new outputs.
        RETURNS (Prediction): The prediction.
        """
        changed = np.flatnonzero(ids != self.ids)
        for log_probs in (self.log_probs, self.log_steps):
            if log_probs is not None:
                log_probs[changed] = np.nan
        return self._replace(ids=ids)


def join_predictions(parts: Sequence[Prediction]) -> Prediction:
    """Join the predictions for the parts of a document.

    parts (Sequence[Prediction]): The predictions, in order.
    RETURNS (Prediction): The prediction for the document.
    """
    if not parts:
        return Prediction(np.zeros(0, dtype=np.int64))
    columns: Any = (None if c[0] is None else np.concatenate(c) for c in zip(*parts))
    return Prediction(*columns)
