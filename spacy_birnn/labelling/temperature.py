"""Probabilities that agree with how often predictions are right, by temperature scaling (Guo et
al. 2017): scores are divided by one number, which leaves the best sequence as it is.
"""

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

import numpy as np
from spacy.language import Language
from spacy.training import Example

from ..pipeline.labeller import SequenceLabeller
from ..tags.calibration import FloatVector, log_loss, measure_calibration, minimize_each

# The search for the temperature: its range, and how often that shrinks by 0.62.
LOWEST, HIGHEST, STEPS = 0.25, 4.0, 10


class Fit(NamedTuple):
    """What came out for a component.

    temperature (float): Its temperature.
    before (Dict[str, Any]): Calibration without it. See `measure_calibration`.
    after (Dict[str, Any]): Calibration with it.
    """

    temperature: float
    before: Dict[str, Any]
    after: Dict[str, Any]


def fit_temperatures(nlp: Language, examples: Sequence[Example], bins: int) -> Dict[str, Fit]:
    """Give each of our components the temperature with the lowest log-loss of its confidences.

    nlp (Language): The pipeline, as it is after training.
    examples (Sequence[Example]): Annotated documents that it was not trained on.
    bins (int): Number of rows of the reliability table.
    RETURNS (Dict[str, Fit]): What came out, by the name of the component. Those for whose
        predictions the examples have no annotation are left out.
    """
    pipes = {n: pipe for n, pipe in nlp.pipeline if isinstance(pipe, SequenceLabeller)}
    if not pipes:
        return {}
    with _full_confidence(pipes.values()):

        def outcomes(log_temperatures: FloatVector) -> List[FloatVector]:
            for pipe, value in zip(pipes.values(), log_temperatures):
                pipe.cfg["temperature"] = float(np.exp(value))
            docs = nlp.pipe([example.predicted.copy() for example in examples])
            annotated = [Example(doc, eg.reference) for doc, eg in zip(docs, examples)]
            pairs = ([o for eg in annotated for o in pipe.outcomes(eg)] for pipe in pipes.values())
            return [np.array(of_pipe, dtype=np.float64).reshape(-1, 2).T for of_pipe in pairs]

        def losses(log_temperatures: FloatVector) -> FloatVector:
            found = outcomes(log_temperatures)
            return np.array([log_loss(*pairs) if pairs.size else 0.0 for pairs in found])

        best = np.zeros(len(pipes))
        before = outcomes(best)
        known = np.array([pairs.size > 0 for pairs in before])
        if known.any():
            found = minimize_each(losses, best + np.log(LOWEST), best + np.log(HIGHEST), STEPS)
            best = np.where(known, found, 0.0)
        after = outcomes(best)
    fits = {}
    for i in np.flatnonzero(known).tolist():
        name, temperature = list(pipes)[i], float(np.exp(best[i]))
        pipes[name].cfg["temperature"] = temperature
        fits[name] = Fit(temperature, *(_measure(pairs[i], bins) for pairs in (before, after)))
    return fits


def _measure(pairs: FloatVector, bins: int) -> Dict[str, Any]:
    probs, correct = pairs
    return measure_calibration(probs, correct, bins)


@contextmanager
def _full_confidence(pipes: Any) -> Iterator[None]:
    settings = [dict(pipe.cfg) for pipe in pipes]
    for pipe in pipes:
        pipe.cfg.update(confidence=True, threshold=0.0)
    try:
        yield
    finally:
        for pipe, old in zip(pipes, settings):
            pipe.cfg.clear()
            pipe.cfg.update(old)
