"""Distillation: what teachers know of documents becomes soft labels, for another one to learn from
(Hinton et al. 2015).
"""

from typing import Iterable, Iterator, List, Sequence

import numpy as np
from spacy.tokens import Doc

from ..corpora.soft_labels import set_soft_labels
from ..errors import InputError
from .teachers import Teacher


def check_agreement(teachers: Sequence[Teacher]) -> None:
    """teachers (Sequence[Teacher]): Pipelines.
    RAISES (InputError): If they do not all know the same labels.
    """
    first = teachers[0]
    for other in teachers[1:]:
        if first.outputs.keys() != other.outputs.keys():
            raise InputError(
                f"The teachers must label the same, but {first.name} has labels for "
                f"{' and '.join(first.outputs)}, and {other.name} for "
                f"{' and '.join(other.outputs)}: choose components by --component."
            )
        for kind, outputs in first.outputs.items():
            differing = sorted({*outputs} ^ {*other.outputs[kind]})
            if differing:
                knows, lacks = (first, other) if differing[0] in outputs else (other, first)
                raise InputError(
                    f"The teachers must know the same labels for {kind}, but {knows.name} knows "
                    f"'{differing[0]}', and {lacks.name} does not: train them on the same labels, "
                    f"or take teachers that were."
                )


def distill(teachers: Sequence[Teacher], batches: Iterable[List[Doc]]) -> Iterator[Doc]:
    """Give documents the soft labels of teachers: the mean of their distributions over labels.

    teachers (Sequence[Teacher]): Pipelines that know the same labels (see `check_agreement`).
    batches (Iterable[List[Doc]]): Documents.
    YIELDS (Doc): The same documents, in order, with what they are annotated with.
    """
    for docs in batches:
        taught = [teacher.teach(docs) for teacher in teachers]
        for kind, outputs in teachers[0].outputs.items():
            # Labels may stand in any order.
            orders = [[t.outputs[kind].index(name) for name in outputs] for t in teachers]
            for i, doc in enumerate(docs):
                probs = [of[kind][i][:, order] for of, order in zip(taught, orders)]
                set_soft_labels(doc, kind, outputs, np.mean(probs, axis=0))
        yield from docs
