"""Temperature scaling, which makes confidences agree with how often predictions are right."""

import warnings
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import InputError
from ..labelling.decoder import Scored
from ..pipeline.labelling_pipe import LabellingPipe
from ..tags.calibration import FloatVector, log_loss, measure_calibration, minimize

# The range of temperatures to search, and how often the search shrinks it by 0.62.
LOWEST, HIGHEST, STEPS = 0.25, 4.0, 10


class Fit(NamedTuple):
    """The calibration of a component.

    temperature (float): Its temperature.
    before (Dict[str, Any]): `measure_calibration` without the temperature.
    after (Dict[str, Any]): `measure_calibration` with the temperature.
    """

    temperature: float
    before: Dict[str, Any]
    after: Dict[str, Any]


class CalibrationError(InputError):
    """The error for documents on which no component can be calibrated."""


def fit_temperatures(
    nlp: Language, examples: Sequence[Example], bins: int, min_count: int = 1
) -> Dict[str, Fit]:
    """Give each of our components the temperature with the lowest log-loss of its confidences.

    Temperature scaling (Guo et al. 2017) divides all scores by one number, so that the best
    sequence stays the same. Each model reads the examples once. If a component has too few
    predictions, or if they are no better than a guess, it stays as it is, with a warning. Another
    warning counts unknown labels.

    nlp (Language): The trained pipeline.
    examples (Sequence[Example]): Annotated documents that it was not trained on.
    bins (int): Number of rows of the reliability table.
    min_count (int): Fewest annotated predictions of a component.
    RETURNS (Dict[str, Fit]): The calibration by the name of the component, without components
        that the examples have no annotation for.
    RAISES (CalibrationError): If the examples have annotation, but no component can be calibrated.
    """
    fits, problems = {}, []
    docs = [example.predicted.copy() for example in examples]
    for name, pipe in nlp.pipeline:
        if not isinstance(pipe, LabellingPipe) or "confidence" not in pipe.settings.as_dict():
            others = [other for other in nlp.pipe_names if other != name]
            docs = list(nlp.pipe(docs, disable=others))
            continue
        scored = list(pipe.decoder.score(pipe.scheme.read(docs)))
        with _full_confidence(pipe):
            found = _fit(pipe, scored, docs, examples, bins, min_count)
        if isinstance(found, Fit):
            fits[name] = found
        elif found is not None:
            problems.append(found)
        pipe.set_annotations(docs, pipe.decoder.decode(pipe.scheme.read(docs), scored))
    if problems and not fits:
        raise CalibrationError(problems[0])
    for problem in problems:
        warnings.warn(problem, stacklevel=2)
    for name, fit in fits.items():
        pipe_: Any = nlp.get_pipe(name)
        pipe_.temperature = fit.temperature
    return fits


def _fit(
    pipe: LabellingPipe,
    scored: Sequence[Scored],
    docs: Sequence[Doc],
    examples: Sequence[Example],
    bins: int,
    min_count: int,
) -> Optional[Union[Fit, str]]:
    """The calibration of a component, or why there is none; None if the examples have no annotation
    for it."""
    units, annotate = pipe.scheme.read(docs), pipe.annotator()

    def outcomes(log_temperature: float) -> FloatVector:
        decoder = replace(pipe.decoder, temperature=float(np.exp(log_temperature)))
        pairs: List[Any] = []
        for doc, example, found in zip(docs, examples, decoder.decode(units, scored)):
            pairs += pipe.outcomes(Example(annotate(doc.copy(), found), example.reference))
        return np.array(pairs, dtype=np.float64).reshape(-1, 2).T

    before = outcomes(0.0)
    if not before.size and not any(pipe.scheme.find_labels(example) for example in examples):
        return None
    pipe.scheme.warn_of_unknown_labels(examples)
    problem = _find_problem(pipe, before, min_count)
    if problem:
        return problem
    best = minimize(lambda t: log_loss(*outcomes(t)), np.log(LOWEST), np.log(HIGHEST), STEPS)
    tables = [measure_calibration(pairs[0], pairs[1], bins) for pairs in (before, outcomes(best))]
    return Fit(float(np.exp(best)), *tables)


def _find_problem(pipe: LabellingPipe, outcomes: FloatVector, min_count: int) -> str:
    """Why a component cannot be calibrated; "" if it can."""
    count, chance = outcomes.shape[1], pipe.scheme.chance
    if count < min_count:
        return (
            f"The component '{pipe.name}' has {count:,} annotated predictions, and "
            f"calibration needs {min_count:,}: annotate more documents for it, or lower "
            f"--min-count."
        )
    accuracy = float(outcomes[1].mean()) if count else 0.0
    if accuracy <= chance and accuracy < 1:
        return (
            f"The component '{pipe.name}' is right in {accuracy:.1%} of {count:,} predictions, no "
            f"better than a guess ({chance:.1%}): use documents with the labels that it was "
            f"trained on, or train it longer."
        )
    return ""


@contextmanager
def _full_confidence(pipe: LabellingPipe) -> Iterator[None]:
    settings = pipe.settings
    known = settings.as_dict()
    full = {"confidence": True, "threshold": 0.0, "top_k": 0}
    pipe.configure(**{setting: full[setting] for setting in full if setting in known})
    try:
        yield
    finally:
        pipe.scheme.settings = settings
