"""Soft labels from the probabilities of teachers (Hinton et al. 2015), for distillation."""

from typing import Iterable, Iterator, List, Sequence

import numpy as np
from spacy.tokens import Doc

from ..corpora.soft_labels import set_soft_labels
from ..errors import InputError
from .teachers import Teacher


def check_agreement(teachers: Sequence[Teacher]) -> None:
    """Check that teachers have the same labels.

    teachers (Sequence[Teacher]): The teachers.
    RAISES (InputError): If their labels differ.
    """
    first = teachers[0]
    for other in teachers[1:]:
        if first.outputs.keys() != other.outputs.keys():
            raise InputError(
                f"The teachers must have labels for the same, but {first.name} has labels for "
                f"{' and '.join(first.outputs)}, and {other.name} for "
                f"{' and '.join(other.outputs)}: choose components by --component."
            )
        for kind, outputs in first.outputs.items():
            differing = sorted({*outputs} ^ {*other.outputs[kind]})
            if differing:
                knows, lacks = (first, other) if differing[0] in outputs else (other, first)
                raise InputError(
                    f"The teachers must have the same labels for {kind}, but {knows.name} has "
                    f"'{differing[0]}', and {lacks.name} does not: use teachers that are trained "
                    f"on the same labels."
                )


def distill(teachers: Sequence[Teacher], batches: Iterable[List[Doc]]) -> Iterator[Doc]:
    """Give documents soft labels, the mean of the distributions of teachers over labels.

    teachers (Sequence[Teacher]): Teachers with the same labels (see `check_agreement`).
    batches (Iterable[List[Doc]]): Batches of documents.
    YIELDS (Doc): The same documents, in order, with their annotations.
    """
    for docs in batches:
        taught = [teacher.teach(docs) for teacher in teachers]
        for kind, outputs in teachers[0].outputs.items():
            # Teachers may have their labels in different orders.
            orders = [[t.outputs[kind].index(name) for name in outputs] for t in teachers]
            for i, doc in enumerate(docs):
                probs = [of[kind][i][:, order] for of, order in zip(taught, orders)]
                set_soft_labels(doc, kind, outputs, np.mean(probs, axis=0))
        yield from docs
