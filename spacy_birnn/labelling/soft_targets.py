"""Targets from soft labels: a distribution over the outputs for each token."""

import warnings
from typing import Dict, Iterable, Sequence, Set, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.training import Example

from ..corpora.soft_labels import WORDS, get_soft_labels
from ..tags.schemes import IntArray
from .alignment import same_tokens
from .scheme import LabelScheme


def find_labels(scheme: LabelScheme, examples: Iterable[Example]) -> Set[str]:
    """Collect the labels of soft labels, and warn about gold labels that are not among them.

    scheme (LabelScheme): The label scheme of a component.
    examples (Iterable[Example]): The training data.
    RETURNS (Set[str]): The labels.
    RAISES (ValueError): If there are no soft labels.
    """
    outputs: Set[str] = set()
    gold: Set[str] = set()
    for example in examples:
        soft = get_soft_labels(example.reference, scheme.kind)
        outputs.update(soft.names if soft is not None else ())
        gold.update(scheme.find_labels(example))
    if not outputs:
        raise ValueError(
            f"The component '{scheme.name}' learns from soft labels, but the training data "
            f"have none for {scheme.kind}: train on a file written by "
            f"birnn distill, or set soft_labels of the component to 0."
        )
    labels = scheme.tag_set.labels_of(outputs)
    unknown = {label for label in gold - labels if not scheme.is_negative(label)}
    if unknown:
        warnings.warn(
            f"The teachers of the component '{scheme.name}' do not know {len(unknown)} of the "
            f"{len(gold)} gold labels, such as '{min(unknown)}', and know "
            f"'{min(labels, default='')}': if these are other labels, take other teachers.",
            stacklevel=2,
        )
    return labels


def find_targets(scheme: LabelScheme, examples: Sequence[Example]) -> NDArray[np.float32]:
    """Make the targets of a batch.

    Only tokens that the predicted document and the reference share have targets.

    scheme (LabelScheme): The label scheme of a component.
    examples (Sequence[Example]): The batch.
    RETURNS (NDArray[np.float32]): Shape (tokens, outputs): the distribution for each predicted
        token; zeros where there is none.
    RAISES (ValueError): If the component does not know a label.
    """
    numbers = {name: i for i, name in enumerate(scheme.outputs)}
    return np.concatenate([_targets(scheme, numbers, example) for example in examples])


def _targets(scheme: LabelScheme, numbers: Dict[str, int], example: Example) -> NDArray[np.float32]:
    kind = scheme.kind
    predicted = example.predicted
    length = len(predicted.text) if kind == WORDS else len(predicted)
    targets = np.zeros((length, len(numbers)), dtype=np.float32)
    soft = get_soft_labels(example.reference, kind)
    if soft is None:
        return targets
    unknown = sorted(scheme.tag_set.labels_of(set(soft.names) - numbers.keys()))
    if unknown:
        raise ValueError(
            f"The component '{scheme.name}' does not know the label '{unknown[0]}' of the soft "
            f"labels: call add_label() before training, or initialize it with all training data."
        )
    columns = [numbers[name] for name in soft.names]
    if kind == WORDS or same_tokens(example):
        targets[:, columns] = soft.probs
    else:
        predicted_ids, reference_ids = _shared_tokens(example)
        targets[predicted_ids[:, None], columns] = soft.probs[reference_ids]
    return targets


def _shared_tokens(example: Example) -> Tuple[IntArray, IntArray]:
    """Find the predicted tokens that are tokens of the reference as well, and these."""
    x2y, y2x = example.alignment.x2y, example.alignment.y2x
    predicted = np.flatnonzero(x2y.lengths == 1)
    reference = x2y.data[(np.cumsum(x2y.lengths) - x2y.lengths)[predicted]]
    shared = y2x.lengths[reference] == 1
    return predicted[shared], reference[shared]
