"""Scorers of the components: spaCy's scores, and the calibration of confidences."""

from functools import partial
from typing import Any, Callable, Dict, Iterable, List, Tuple

import numpy as np
from spacy.attrs import ENT_IOB
from spacy.pipeline.ner import ner_score
from spacy.scorer import Scorer
from spacy.training import Example
from thinc.api import ConfigValidationError

from ..labelling.attributes import get_attribute
from ..labelling.resegment import words_of
from ..tags.calibration import measure_calibration

# Probability of a prediction, and whether it is correct.
Outcome = Tuple[float, bool]


def make_ner_scorer(bins: int) -> Callable:
    """Make a scorer of entities, which scores as `spacy.ner_scorer.v1` does.

    If entities have confidences, it adds "ents_calibration" (see `measure_calibration`).

    bins (int): Number of rows of the reliability table.
    RETURNS (Callable): The scorer.
    RAISES (ConfigValidationError): If the number is less than 1.
    """
    _check_bins("ents_calibration", bins)
    return partial(_score_entities, bins)


def make_tagger_scorer(bins: int) -> Callable:
    """Make a scorer of tags, which scores as `spacy.tagger_scorer.v1` does.

    If tags have confidences, it adds "tag_calibration" (see `measure_calibration`). For a component
    that annotates `token.pos`, the scores are "pos_acc" and "pos_calibration".

    bins (int): Number of rows of the reliability table.
    RETURNS (Callable): The scorer.
    RAISES (ConfigValidationError): If the number is less than 1.
    """
    _check_bins("tag_calibration", bins)
    return partial(_score_tags, bins)


def _check_bins(name: str, bins: int) -> None:
    if bins < 1:
        raise ConfigValidationError(
            title=f"Config error for the scorer of '{name}'",
            errors=[{"loc": ["bins"], "msg": f"{bins} is too small, it must be at least 1"}],
        )


def _score_entities(bins: int, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    examples = list(examples)
    found = [outcome for example in examples for outcome in entity_outcomes(example)]
    return {**ner_score(examples, **kwargs), **_calibration("ents_calibration", found, bins)}


def _score_tags(
    bins: int, examples: Iterable[Example], annotates: str = "tag", **kwargs: Any
) -> Dict[str, Any]:
    examples = list(examples)
    found = [outcome for example in examples for outcome in tag_outcomes(example, annotates)]
    scores = Scorer.score_token_attr(examples, annotates, **kwargs)
    return {**scores, **_calibration(f"{annotates}_calibration", found, bins)}


def _calibration(name: str, outcomes: List[Outcome], bins: int) -> Dict[str, Any]:
    if not outcomes:
        return {}
    probs, correct = np.array(outcomes).T
    return {name: measure_calibration(probs, correct, bins)}


def make_segmenter_scorer() -> Callable:
    """Make the scorer of words, `score_words`."""
    return score_words


def score_words(
    examples: Iterable[Example], lexicon: Iterable[str] = (), **kwargs: Any
) -> Dict[str, Any]:
    """Score words, which are correct if they begin and end as in the reference.

    examples (Iterable[Example]): The examples.
    lexicon (Iterable[str]): The words of the training data.
    RETURNS (Dict[str, Any]): spaCy's scores of tokenization, such as "token_f"; "oov_recall" and
        "iv_recall", the recall of words outside and inside the lexicon; and "oov_rate", the share
        of words outside it. They are None where there are no such words, or no lexicon.
    """
    examples = list(examples)
    known = set(lexicon)
    counts = {False: [0, 0], True: [0, 0]}
    for example in examples:
        if example.reference.has_unknown_spaces:
            continue
        found, text = set(words_of(example.predicted)), example.reference.text
        for start, end in words_of(example.reference):
            count = counts[text[start:end] in known]
            count[0] += (start, end) in found
            count[1] += 1
    if not known:
        counts = {False: [0, 0], True: [0, 0]}
    (oov_found, oov), (iv_found, iv) = counts[False], counts[True]
    return {
        **Scorer.score_tokenization(examples, **kwargs),
        "oov_recall": oov_found / oov if oov else None,
        "iv_recall": iv_found / iv if iv else None,
        "oov_rate": oov / (oov + iv) if oov + iv else None,
    }


def entity_outcomes(example: Example) -> List[Outcome]:
    """Compare predicted entities that have a probability with the reference.

    example (Example): An example with predicted entities.
    RETURNS (List[Outcome]): The outcomes, without entities for which the reference has no
        annotation. An entity is correct if its borders in the text and its label are.
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
            # Empty if the entity does not align with tokens of the reference.
            aligned = example.get_aligned_spans_x2y([ent])
            outcomes.append((prob, any((a.start, a.end, a.label_) in gold for a in aligned)))
    return outcomes


def tag_outcomes(example: Example, annotates: str = "tag") -> List[Outcome]:
    """Compare predicted tags that have a probability with the reference.

    example (Example): An example with predicted tags.
    annotates (str): The attribute of tokens: "tag" or "pos".
    RETURNS (List[Outcome]): The outcomes, without tokens that have no gold tag.
    """
    probs = [get_attribute(token, f"{annotates}_confidence") for token in example.predicted]
    if not any(prob is not None for prob in probs):
        return []
    gold = example.get_aligned(annotates.upper(), as_string=True)
    return [
        (prob, getattr(token, f"{annotates}_") == tag)
        for token, prob, tag in zip(example.predicted, probs, gold)
        if prob is not None and tag
    ]
