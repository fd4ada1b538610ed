"""What a component predicts, and how sure it is of it."""

from typing import Any, NamedTuple, Sequence

import numpy as np

from ..tags.labels import LabelIds


class Prediction(NamedTuple):
    """The labels of a document, or of a part of one. All arrays but `ids` may be None.

    ids (LabelIds): Shape (tokens,): number of the label of each token.
    log_probs (Any): Shape (tokens,): log-probability of this label; nan if unknown.
    log_steps (Any): Shape (tokens,): the same, given the label of the token before.
    top_ids (Any): Shape (tokens, k): numbers of the most probable labels, best first.
    top_probs (Any): Shape (tokens, k): their probabilities.
    probs (Any): Shape (tokens, outputs): the probabilities of all.
    """

    ids: LabelIds
    log_probs: Any = None
    log_steps: Any = None
    top_ids: Any = None
    top_probs: Any = None
    probs: Any = None

    def cut(self, part: slice) -> "Prediction":
        """part (slice): Some of the tokens.
        RETURNS (Prediction): The prediction for these.
        """
        columns: Any = (None if column is None else column[part] for column in self)
        return Prediction(*columns)

    def replace_ids(self, ids: LabelIds) -> "Prediction":
        """Replace the labels. The probability of a new label is unknown.

        ids (LabelIds): Shape (tokens,): the new labels.
        RETURNS (Prediction): The prediction.
        """
        changed = np.flatnonzero(ids != self.ids)
        if self.log_probs is not None:
            self.log_probs[changed] = np.nan
            self.log_steps[changed] = np.nan
        return self._replace(ids=ids)


def join_predictions(parts: Sequence[Prediction]) -> Prediction:
    """parts (Sequence[Prediction]): Predictions for the parts of a document.
    RETURNS (Prediction): The prediction for the document.
    """
    if not parts:
        return Prediction(np.zeros(0, dtype=np.int64))
    columns: Any = (None if c[0] is None else np.concatenate(c) for c in zip(*parts))
    return Prediction(*columns)
