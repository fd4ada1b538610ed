"""Initialization: labels and dimensions of a model from training data."""

import warnings
from itertools import islice
from typing import Callable, Iterable, List, Optional, Sequence, Set, cast

from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model

from .scheme import LabelScheme
from .units import Unit

GetExamples = Callable[[], Iterable[Example]]


def choose_labels(
    scheme: LabelScheme,
    get_examples: GetExamples,
    labels: Optional[Iterable[str]],
    soft_labels: bool,
) -> List[str]:
    """Choose the labels of a component.

    scheme (LabelScheme): Its label scheme.
    get_examples (GetExamples): Returns the training data.
    labels (Optional[Iterable[str]]): Labels from the user; None to collect them.
    soft_labels (bool): Whether the component learns from soft labels.
    RETURNS (List[str]): The labels, in the order of the outputs.
    RAISES (ValueError): If there are no labels, or if soft labels are wanted and there are none.
    """
    of_soft_labels: Set[str] = set()
    if soft_labels:
        # Imported here: blank pipelines load no corpora.
        from .soft_targets import find_labels

        of_soft_labels = find_labels(scheme, get_examples())
    chosen = list(labels or ())
    if labels is None:
        chosen = sorted({*scheme.collect_labels(get_examples()), *of_soft_labels})
    if not (chosen or scheme.labels):
        raise ValueError(
            f"The training data have no labels for the component '{scheme.name}': check "
            f"[paths.train] and the column or annotation that should hold them."
        )
    return chosen


def initialize_auxiliary(model: Model, scheme: LabelScheme, get_examples: GetExamples) -> None:
    """Give the auxiliary output layer of a model its labels, and warn if there are none.

    model (Model): The model.
    scheme (LabelScheme): The label scheme of the component.
    get_examples (GetExamples): Returns the training data.
    """
    head, auxiliary = model.maybe_get_ref("auxiliary"), scheme.auxiliary
    if head is None or auxiliary is None:
        return
    for label in auxiliary.collect_labels(get_examples()):
        auxiliary.add(label)
    if not auxiliary.labels:
        warnings.warn(
            f"The training data have no labels for [model.auxiliary] of the component "
            f"'{scheme.name}', which learns without them.",
            stacklevel=3,
        )
    head.attrs["methods"].resize(head, max(1, len(auxiliary.labels)))


def initialize_model(model: Model, scheme: LabelScheme, get_examples: GetExamples) -> None:
    """Initialize the dimensions and weights of a model.

    model (Model): The model.
    scheme (LabelScheme): What its outputs stand for.
    get_examples (GetExamples): Returns the training data.
    RAISES (ValueError): If the model does not give one output for each token.
    """
    docs = list(islice((example.x for example in get_examples() if len(example.x)), 10))
    units = scheme.read(docs)
    model.initialize(X=docs, Y=[model.ops.alloc2f(len(unit), scheme.n_outputs) for unit in units])
    if not _fits(model, units):
        raise ValueError(
            f"The model of the component '{scheme.name}' does not give one output for each "
            f"{scheme.unit}: choose another [model.tok2vec.embed], such as '{scheme.embed}'."
        )


def _fits(model: Model, units: Sequence[Unit]) -> bool:
    try:
        scores = model.predict([cast(Doc, unit) for unit in units])
        return [len(of_unit) for of_unit in scores] == [len(unit) for unit in units]
    except (AttributeError, IndexError):
        return False
