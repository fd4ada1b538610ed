"""A second output layer that is trained beside the first and not used in prediction."""

from typing import Any, Callable, List, Optional, Tuple, cast

from thinc.api import Model
from thinc.types import Floats2d

SeqT = List[Floats2d]


def with_auxiliary(head: Model[SeqT, SeqT], auxiliary: Model[SeqT, SeqT]) -> Model[SeqT, SeqT]:
    """Train an output layer for related labels on the same vectors, which improves the vectors for
    the main labels (multi-task learning, Caruana 1997).

    head (Model[List[Floats2d], List[Floats2d]]): The main output layer.
    auxiliary (Model[List[Floats2d], List[Floats2d]]): The other one, which is not used in
        prediction.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (tokens, labels);
        in training (tokens, labels + auxiliary labels).
    """
    layers = [head, auxiliary]
    return Model("with_auxiliary", forward, init=init, layers=layers, dims={"nO": None})


def forward(
    model: Model[SeqT, SeqT], X: SeqT, is_train: bool
) -> Tuple[SeqT, Callable[[SeqT], SeqT]]:
    head, auxiliary = model.layers
    scores, backprop_head = head(X, is_train)
    if not is_train:
        return scores, backprop_head
    others, backprop_auxiliary = auxiliary(X, is_train)
    xp: Any = model.ops.xp
    n_labels = head.get_dim("nO")

    def backprop(dY: SeqT) -> SeqT:
        # The layers need contiguous arrays.
        d_head = [xp.ascontiguousarray(d[:, :n_labels]) for d in dY]
        d_auxiliary = [xp.ascontiguousarray(d[:, n_labels:]) for d in dY]
        both = zip(backprop_head(d_head), backprop_auxiliary(d_auxiliary))
        return [cast(Floats2d, one + other) for one, other in both]

    return [xp.hstack(pair) for pair in zip(scores, others)], backprop


def init(model: Model[SeqT, SeqT], X: Optional[SeqT] = None, Y: Optional[SeqT] = None) -> None:
    head, auxiliary = model.layers
    head.initialize(X=X, Y=Y)
    auxiliary.initialize(X=X)
    model.set_dim("nO", head.get_dim("nO"))
