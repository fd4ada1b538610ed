"""Probabilities that agree with how often predictions are right, by temperature scaling (Guo et
al. 2017): scores are divided by one number, which leaves the best sequence as it is.
"""

import warnings
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..tags.calibration import FloatVector, log_loss, measure_calibration, minimize_each
from .labeller import Scored, SequenceLabeller
from .predictions import Prediction

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


class CalibrationError(ValueError):
    """Probabilities cannot be calibrated by these documents."""


class Recording:
    """What the model of a component scores, kept so that it is asked once.

    pipe (SequenceLabeller): The component.
    """

    def __init__(self, pipe: SequenceLabeller) -> None:
        self.pipe = pipe
        self._batches: List[Tuple[List[Doc], List[Scored]]] = []

    def predict(self, docs: Sequence[Doc]) -> List[Prediction]:
        """Predict as the component does.

        docs (Sequence[Doc]): A batch.
        RETURNS (List[Prediction]): What is predicted for each.
        """
        # What the component annotates would change its masks.
        copies = [doc.copy() for doc in docs]
        scored = list(self.pipe.score_units(self.pipe.read(copies)))
        predictions = self.pipe.predict_units(self.pipe.read(copies), scored)
        # Last, because a batch that fails is tried again in halves.
        self._batches.append((copies, scored))
        return predictions

    def outcomes(self, examples: Sequence[Example], temperature: float) -> FloatVector:
        """Say how sure the predictions are at a temperature, and which are right.

        examples (Sequence[Example]): What was read.
        temperature (float): What the scores are divided by.
        RETURNS (FloatVector): Shape (2, predictions): the probability of each, and 1 where it is
            right.
        """
        self.pipe.cfg["temperature"] = temperature
        found, references = [], iter(examples)
        for copies, scored in self._batches:
            docs = [doc.copy() for doc in copies]
            self.pipe.set_annotations(docs, self.pipe.predict_units(self.pipe.read(copies), scored))
            for doc, example in zip(docs, references):
                found += self.pipe.outcomes(Example(doc, example.reference))
        return np.array(found, dtype=np.float64).reshape(-1, 2).T


def fit_temperatures(
    nlp: Language, examples: Sequence[Example], bins: int, min_count: int = 1
) -> Dict[str, Fit]:
    """Give each of our components the temperature with the lowest log-loss of its confidences.

    A component stays as it is, with a warning, if its predictions are too few or no better than a
    guess. Another warning counts labels that it does not know.

    nlp (Language): The pipeline, as it is after training.
    examples (Sequence[Example]): Annotated documents that it was not trained on.
    bins (int): Number of rows of the reliability table.
    min_count (int): Least number of predictions of a component.
    RETURNS (Dict[str, Fit]): What came out, by the name of the component. Those for whose
        predictions the examples have no annotation are left out.
    RAISES (CalibrationError): If no component that they are annotated for can be calibrated.
    """
    pipes = {n: pipe for n, pipe in nlp.pipeline if isinstance(pipe, SequenceLabeller)}
    fits, problems = {}, []
    with _full_confidence(pipes.values()):
        recordings = _record(nlp, examples, pipes)
        for name, recording in recordings.items():
            before = recording.outcomes(examples, 1.0)
            annotated = before.size > 0 or any(
                recording.pipe.example_labels(example) for example in examples
            )
            if not annotated:
                continue
            recording.pipe.warn_of_unknown_labels(examples)
            problem = _find_problem(recording.pipe, before, min_count)
            if problem:
                problems.append(problem)
                continue
            temperature = _fit(recording, examples)
            after = recording.outcomes(examples, temperature)
            fits[name] = Fit(temperature, _measure(before, bins), _measure(after, bins))
    if problems and not fits:
        raise CalibrationError(" ".join(problems))
    for problem in problems:
        warnings.warn(problem, stacklevel=2)
    for name, fit in fits.items():
        pipes[name].cfg["temperature"] = fit.temperature
    return fits


def _record(
    nlp: Language, examples: Sequence[Example], pipes: Mapping[str, SequenceLabeller]
) -> Dict[str, Recording]:
    """Run the pipeline, and keep the scores of the components that have probabilities."""
    rated: Dict[str, Any] = {name: pipe for name, pipe in pipes.items() if pipe.wants_probabilities}
    found = {name: Recording(pipe) for name, pipe in rated.items()}
    try:
        for name, pipe in rated.items():
            pipe.predict = found[name].predict
        for _ in nlp.pipe([example.predicted.copy() for example in examples]):
            pass
    finally:
        for pipe in rated.values():
            del pipe.predict
    return found


def _find_problem(pipe: SequenceLabeller, outcomes: FloatVector, min_count: int) -> str:
    """What keeps a component from being calibrated; "" if nothing does."""
    count = outcomes.shape[1]
    if count < min_count:
        return (
            f"The component '{pipe.name}' makes {count:,} predictions that can be checked, and "
            f"calibration needs {min_count:,}: annotate more documents for it, or lower "
            f"--min-count."
        )
    accuracy = float(outcomes[1].mean()) if count else 0.0
    if accuracy <= pipe.chance and accuracy < 1:
        return (
            f"The component '{pipe.name}' is right in {accuracy:.1%} of {count:,} predictions, no "
            f"better than a guess ({pipe.chance:.1%}): use documents with the labels that it was "
            f"trained on, or train it longer."
        )
    return ""


def _fit(recording: Recording, examples: Sequence[Example]) -> float:
    def losses(log_temperatures: FloatVector) -> FloatVector:
        found = [recording.outcomes(examples, t) for t in np.exp(log_temperatures).tolist()]
        return np.array([log_loss(*pairs) for pairs in found])

    low, high = np.log([LOWEST]), np.log([HIGHEST])
    return float(np.exp(minimize_each(losses, low, high, STEPS)[0]))


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
