"""spaCy's scores, and with them how well confidences are calibrated."""

from functools import partial
from typing import Any, Callable, Dict, Iterable, List, Tuple

import numpy as np
from spacy.attrs import ENT_IOB
from spacy.pipeline.ner import ner_score
from spacy.pipeline.tagger import tagger_score
from spacy.training import Example

from ..tags.calibration import measure_calibration
from .confidence import get_attribute

# Probability of a prediction, and whether it is right.
Outcome = Tuple[float, bool]


def make_ner_scorer(bins: int) -> Callable:
    """Score entities as `spacy.ner_scorer.v1` does. Where they have confidences, the scores hold
    "ents_calibration", too (see `measure_calibration`).

    bins (int): Number of rows of the reliability table.
    RETURNS (Callable): The scorer.
    """
    return partial(_score, ner_score, entity_outcomes, "ents_calibration", bins)


def make_tagger_scorer(bins: int) -> Callable:
    """Score tags as `spacy.tagger_scorer.v1` does. Where they have confidences, the scores hold
    "tag_calibration", too (see `measure_calibration`).

    bins (int): Number of rows of the reliability table.
    RETURNS (Callable): The scorer.
    """
    return partial(_score, tagger_score, tag_outcomes, "tag_calibration", bins)


def _score(
    scorer: Callable,
    outcomes: Callable[[Example], List[Outcome]],
    name: str,
    bins: int,
    examples: Iterable[Example],
    **kwargs: Any,
) -> Dict[str, Any]:
    examples = list(examples)
    scores = scorer(examples, **kwargs)
    found = [outcome for example in examples for outcome in outcomes(example)]
    if found:
        probs, correct = np.array(found).T
        scores[name] = measure_calibration(probs, correct, bins)
    return scores


def entity_outcomes(example: Example) -> List[Outcome]:
    """example (Example): An example, whose prediction has entities.
    RETURNS (List[Outcome]): Probability of each entity that has one and for which the reference
        is annotated; right is one with the same borders and the same label.
    """
    gold = {(ent.start, ent.end, ent.label_) for ent in example.reference.ents}
    missing = example.reference.to_array([ENT_IOB]) == 0
    outcomes = []
    for ent in example.predicted.ents:
        prob = get_attribute(ent, "confidence")
        if prob is None:
            continue
        tokens = example.alignment.x2y[ent.start : ent.end]
        if len(tokens) and not missing[tokens].any():
            correct = (int(tokens[0]), int(tokens[-1]) + 1, ent.label_) in gold
            outcomes.append((prob, correct))
    return outcomes


def tag_outcomes(example: Example) -> List[Outcome]:
    """example (Example): An example, whose prediction has tags.
    RETURNS (List[Outcome]): Probability of each tag that has one and for which the reference has
        a tag, too.
    """
    probs = [get_attribute(token, "tag_confidence") for token in example.predicted]
    if not any(prob is not None for prob in probs):
        return []
    gold = example.get_aligned("TAG", as_string=True)
    return [
        (prob, token.tag_ == tag)
        for token, prob, tag in zip(example.predicted, probs, gold)
        if prob is not None and tag
    ]
