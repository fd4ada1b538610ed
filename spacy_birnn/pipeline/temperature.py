"""Calibrated probabilities, which agree with how often predictions are right."""

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..tags.calibration import FloatVector, log_loss, measure_calibration, minimize_each
from .labelling_pipe import LabellingPipe

# The search for the temperature: its range, and how often that shrinks by 0.62.
LOWEST, HIGHEST, STEPS = 0.25, 4.0, 10


class Fit(NamedTuple):
    """The calibration of a component.

    temperature (float): Its temperature.
    before (Dict[str, Any]): Calibration without it. See `measure_calibration`.
    after (Dict[str, Any]): Calibration with it.
    """

    temperature: float
    before: Dict[str, Any]
    after: Dict[str, Any]


def fit_temperatures(nlp: Language, examples: Sequence[Example], bins: int) -> Dict[str, Fit]:
    """Give each of our components the temperature with the lowest log-loss of its confidences.

    Temperature scaling (Guo et al. 2017) divides all scores by one number, which leaves the best
    sequence as it is. Each component reads the examples once.

    nlp (Language): The pipeline, as it is after training.
    examples (Sequence[Example]): Annotated documents that it was not trained on.
    bins (int): Number of rows of the reliability table.
    RETURNS (Dict[str, Fit]): The calibration by the name of the component. Components for whose
        predictions the examples have no annotation are left out.
    """
    fits = {}
    docs = [example.predicted.copy() for example in examples]
    for name, pipe in nlp.pipeline:
        if isinstance(pipe, LabellingPipe):
            with _full_confidence(pipe):
                fit = _fit(pipe, docs, examples, bins)
            if fit is not None:
                fits[name] = fit
                pipe.temperature = fit.temperature
        others = [other for other in nlp.pipe_names if other != name]
        docs = list(nlp.pipe(docs, disable=others))
    return fits


def _fit(
    pipe: LabellingPipe, docs: Sequence[Doc], examples: Sequence[Example], bins: int
) -> "Fit | None":
    """The calibration of a component; None without annotations."""
    if not pipe.settings.wants_probabilities:
        return None
    units = pipe.scheme.read(docs)
    scored = list(pipe.decoder.score(units))
    annotate = pipe.annotator()

    def outcomes(log_temperature: float) -> FloatVector:
        pipe.temperature = float(np.exp(log_temperature))
        pairs: List[Any] = []
        for doc, example, found in zip(docs, examples, pipe.decoder.decode(units, scored)):
            pairs += pipe.outcomes(Example(annotate(doc.copy(), found), example.reference))
        return np.array(pairs, dtype=np.float64).reshape(-1, 2).T

    def losses(log_temperatures: FloatVector) -> FloatVector:
        return np.array([log_loss(*outcomes(log_temperatures[0]))])

    before = outcomes(0.0)
    if not before.size:
        pipe.temperature = 1.0
        return None
    limits = np.log([[LOWEST], [HIGHEST]])
    best = minimize_each(losses, limits[0], limits[1], STEPS)[0]
    after = outcomes(best)
    tables = [measure_calibration(probs, correct, bins) for probs, correct in (before, after)]
    return Fit(float(np.exp(best)), *tables)


@contextmanager
def _full_confidence(pipe: LabellingPipe) -> Iterator[None]:
    settings = pipe.settings
    full = {"confidence": True, "threshold": 0.0, "top_k": 0}
    known = settings.as_dict()
    pipe.scheme.settings = settings.change({k: v for k, v in full.items() if k in known})
    try:
        yield
    finally:
        pipe.scheme.settings = settings
