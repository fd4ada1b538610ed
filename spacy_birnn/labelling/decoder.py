"""Decoding: from the scores of a model to the best legal labels and their probabilities."""

from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    cast,
)

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..tags.labels import MISSING
from ..tags.marginals import Marginals
from ..tags.repair import repair
from ..tags.schemes import TagSet
from ..tags.viterbi import Weights, viterbi
from .cutting import Window, make_batches
from .predictions import FloatArray, Prediction, join_predictions
from .scheme import LabelScheme
from .units import Unit

if TYPE_CHECKING:
    from ..models.heads import HeadMethods


class Scored(NamedTuple):
    """The scores of a batch.

    windows (List[Window]): The documents, or parts of them.
    scores (List[Floats2d]): For each window, shape (tokens, outputs).
    """

    windows: List[Window]
    scores: List[Floats2d]


@dataclass(frozen=True)
class Decoder:
    """Find the best legal sequence of outputs for each document.

    Outputs that a mask forbids score -inf. The Viterbi algorithm finds the best sequence that the
    scheme allows. A document longer than `max_length` is read in windows that overlap.

    model (Model[List[Doc], List[Floats2d]]): The model.
    scheme (LabelScheme): What its outputs stand for, and the settings.
    temperature (float): Scores are divided by it for probabilities (see `fit_temperatures`).
    """

    model: Model[List[Doc], List[Floats2d]]
    scheme: LabelScheme
    temperature: float = 1.0

    def predict(self, units: Sequence[Unit]) -> List[Prediction]:
        """Find the best labels of documents.

        units (Sequence[Unit]): What the model reads of each document.
        RETURNS (List[Prediction]): The best labels of each.
        """
        return self.decode(units, self.score(units))

    def predict_probs(self, units: Sequence[Unit]) -> List[FloatArray]:
        """Compute the probability of each output over all legal sequences.

        units (Sequence[Unit]): What the model reads of each document.
        RETURNS (List[FloatArray]): For each document, shape (tokens, outputs).
        """
        found = self._decode_parts(units, self.score(units), self._find_probs)
        # Of an empty document.
        none = np.zeros((0, self.scheme.n_outputs))
        return [np.concatenate([none, *(part.probs for part in parts)]) for parts in found]

    def score(self, units: Sequence[Unit]) -> Iterator[Scored]:
        """Run the model.

        units (Sequence[Unit]): What the model reads of each document.
        YIELDS (Scored): The scores, in batches of at most `max_length` tokens.
        """
        limit, overlap = self.scheme.settings.max_length, self.scheme.settings.overlap
        for windows in make_batches(units, limit, overlap, reads_parts(self.model)):
            scores = self.model.predict([cast(Doc, window.unit) for window in windows])
            yield Scored(windows, scores)

    def decode(self, units: Sequence[Unit], scored: Iterable[Scored]) -> List[Prediction]:
        """Find the best legal labels for scores.

        units (Sequence[Unit]): What the model read of each document.
        scored (Iterable[Scored]): The scores.
        RETURNS (List[Prediction]): The best labels of each document.
        """
        found = self._decode_parts(units, scored, self._find_best)
        return [self._join(unit, parts) for unit, parts in zip(units, found)]

    def _decode_parts(
        self,
        units: Sequence[Unit],
        scored: Iterable[Scored],
        find: Callable[[Floats2d, Sequence[int]], Prediction],
    ) -> List[List[Prediction]]:
        """Predict the parts of each document."""
        found: List[List[Prediction]] = [[] for _ in units]
        for windows, scores in scored:
            lengths = [len(window.unit) for window in windows]
            prediction = find(self._mask_scores(windows, scores), lengths)
            ends = np.cumsum(lengths).tolist()
            for window, start, end in zip(windows, [0, *ends], ends):
                found[window.parent].append(prediction.cut(slice(start, end)).cut(window.own))
        return found

    def _find_best(self, scores: Floats2d, lengths: Sequence[int]) -> Prediction:
        ops, transitions, weights = self.model.ops, self.scheme.transitions, self._weights
        if weights is None and not len(transitions.continuers):
            ids = ops.to_numpy(scores.argmax(axis=1))
        else:
            ids = viterbi(ops.to_numpy(scores), lengths, transitions, weights)
        if not self.scheme.settings.wants_probabilities:
            return Prediction(ids)
        marginals = self._marginals(scores, lengths)
        prediction = Prediction(ids, *marginals.of_path(ids))
        if not self.scheme.settings.n_top:
            return prediction
        log_probs = marginals.of_tags()
        top_ids = np.argsort(-log_probs, axis=1, kind="stable")[:, : self.scheme.settings.n_top]
        top_probs = np.exp(np.take_along_axis(log_probs, top_ids, axis=1))
        return prediction._replace(top_ids=top_ids, top_probs=top_probs)

    def _find_probs(self, scores: Floats2d, lengths: Sequence[int]) -> Prediction:
        """Compute the probabilities of all outputs, without a decision."""
        undecided = np.full(len(scores), MISSING, dtype=np.int64)
        return Prediction(undecided, probs=np.exp(self._marginals(scores, lengths).of_tags()))

    def _join(self, unit: Unit, parts: Sequence[Prediction]) -> Prediction:
        joined, tag_set = join_predictions(parts), self.scheme.tag_set
        if len(parts) < 2 or not isinstance(tag_set, TagSet):
            return joined
        return joined.replace_ids(repair(joined.ids, self.scheme.mask(unit), tag_set))

    def _mask_scores(self, windows: Sequence[Window], scores: Sequence[Floats2d]) -> Floats2d:
        """Put all scores into one array, with -inf for outputs that a mask forbids."""
        ops: Any = self.model.ops
        flat = ops.flatten(scores)
        if not ops.xp.isfinite(flat).all():
            bad = [w.unit.text for w, s in zip(windows, scores) if not ops.xp.isfinite(s).all()]
            raise ValueError(
                f"The model of the component '{self.scheme.name}' gives scores that are not "
                f"finite for the document {bad[0][:50]!r}: train it again, with a lower rate in "
                f"[training.optimizer.learn_rate]."
            )
        allowed = self.scheme.masks([window.unit for window in windows])
        return flat if allowed is None else ops.xp.where(ops.asarray(allowed), flat, -np.inf)

    def _marginals(self, scores: Floats2d, lengths: Sequence[int]) -> Marginals:
        weights = self._weights
        scaled = weights and Weights(*(weight / self.temperature for weight in weights))
        flat: Any = self.model.ops.to_numpy(scores)
        return Marginals(flat / self.temperature, lengths, self.scheme.transitions, scaled)

    @property
    def _weights(self) -> Optional[Weights]:
        head = self.model.get_ref("head")
        methods: HeadMethods = head.attrs["methods"]
        return methods.weights(head)


def reads_parts(model: Model) -> bool:
    """Check whether a model can read parts of documents.

    model (Model): A model.
    RETURNS (bool): False if it listens to another component, which reads whole documents.
    """
    return not any("listener" in node.name for node in model.walk())
