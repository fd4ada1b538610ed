"""What a component learns from soft labels: a distribution over its outputs for each token."""

import warnings
from typing import Any, Iterable, Sequence, Set, Tuple

import numpy as np
from spacy.training import Example

from ..corpora.soft_labels import WORDS, get_soft_labels
from .alignment import same_tokens
from .scheme import LabelScheme


def find_labels(scheme: LabelScheme, examples: Iterable[Example]) -> Set[str]:
    """scheme (LabelScheme): The label scheme of a component.
    examples (Iterable[Example]): The training data.
    RETURNS (Set[str]): The labels that their soft labels are over. A warning counts the gold labels
        that are not among them.
    RAISES (ValueError): If they have none.
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
            f"have none for {scheme.kind}: train on a file that birnn distill has "
            f"written, or set soft_labels of the component to 0."
        )
    labels = scheme.tag_set.labels_of(outputs)
    untaught = {label for label in gold - labels if not scheme.is_negative(label)}
    if untaught:
        warnings.warn(
            f"The teachers of the component '{scheme.name}' do not know {len(untaught)} of the "
            f"{len(gold)} gold labels, such as '{min(untaught)}', and know "
            f"'{min(labels, default='')}': if these are other labels, take other teachers.",
            stacklevel=2,
        )
    return labels


def find_targets(scheme: LabelScheme, examples: Sequence[Example]) -> Any:
    """scheme (LabelScheme): The label scheme of a component.
    examples (Sequence[Example]): A batch.
    RETURNS (Any): Shape (tokens, outputs): for each predicted token the distribution; zeros where
        there is none. Where the tokens are not those of the reference, those have one that are.
    RAISES (ValueError): If the component does not know a label.
    """
    numbers = {name: i for i, name in enumerate(scheme.outputs)}
    return np.concatenate([_targets(scheme, numbers, example) for example in examples])


def _targets(scheme: LabelScheme, numbers: dict, example: Example) -> Any:
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
            f"labels: call add_label() before training, or initialise it with all training data."
        )
    columns = [numbers[name] for name in soft.names]
    if kind == WORDS or same_tokens(example):
        targets[:, columns] = soft.probs
    else:
        ours, theirs = _same(example)
        targets[ours[:, None], columns] = soft.probs[theirs]
    return targets


def _same(example: Example) -> Tuple[Any, Any]:
    """The tokens of the prediction that are tokens of the reference, too, and these."""
    there, back = example.alignment.x2y, example.alignment.y2x
    ours = np.flatnonzero(there.lengths == 1)
    theirs = there.data[(np.cumsum(there.lengths) - there.lengths)[ours]]
    both = back.lengths[theirs] == 1
    return ours[both], theirs[both]
