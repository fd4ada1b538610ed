"""Output layers: the linear layer that they share, and the methods that components call."""

from typing import Callable, List, NamedTuple, Optional, Protocol, Sequence, Tuple, cast

import numpy as np
from thinc.api import Linear, Model, with_array, zero_init
from thinc.types import Floats2d, Ints1d

from ..nn.shim import TorchShim
from ..tags.labels import LabelIds
from ..tags.masks import BoolArray
from ..tags.schemes import Transitions
from ..tags.viterbi import Weights
from .parts import join_parts
from .torch_layer import no_backprop

SeqT = List[Floats2d]
HeadT = Model[SeqT, SeqT]


class Resize(Protocol):
    """Adds labels to a head, and keeps the scores of the others.

    head (HeadT): The head, with at most `nO` labels.
    nO (int): The new number of labels.
    """

    def __call__(self, head: HeadT, nO: int) -> None: ...


class GetLoss(Protocol):
    """Computes the negative log-likelihood of gold labels, in nats.

    head (HeadT): The head.
    scores (Floats2d): Shape (tokens, labels): the scores of all sequences, concatenated.
    gold (LabelIds): Shape (tokens,).
    lengths (Sequence[int]): Length of each sequence.
    transitions (Transitions): The legal transitions.
    label_smoothing (float): Probability moved from the gold label to the others that are allowed,
        evenly.
    weight (float): Weight of the loss, and so of all its gradients.
    allowed (Optional[BoolArray]): Shape (tokens, labels): the labels that a token may have, gold
        ones included. The others have the probability 0 and no gradient. None for all.
    RETURNS (Tuple[float, Floats2d]): The loss of all tokens, and its gradient by the scores.
    """

    def __call__(
        self,
        head: HeadT,
        scores: Floats2d,
        gold: LabelIds,
        lengths: Sequence[int],
        transitions: Transitions,
        label_smoothing: float,
        weight: float = 1.0,
        allowed: Optional[BoolArray] = None,
    ) -> Tuple[float, Floats2d]: ...


class Soften(Protocol):
    """Mixes distributions over labels into the loss of gold labels.

    head (HeadT): The head.
    scores (Floats2d): Shape (tokens, labels): the scores of all sequences, concatenated.
    gold (LabelIds): Shape (tokens,).
    gradient (Floats2d): Shape (tokens, labels): the gradient of the loss of the gold labels.
    targets (Floats2d): Shape (tokens, labels): distributions; zeros where there is none.
    weight (float): Weight of the distributions. The gold labels have the weight 1 - weight.
    allowed (Optional[BoolArray]): See `GetLoss`.
    RETURNS (Tuple[float, Floats2d]): The loss of all tokens, and its gradient by the scores.
    """

    def __call__(
        self,
        head: HeadT,
        scores: Floats2d,
        gold: LabelIds,
        gradient: Floats2d,
        targets: Floats2d,
        weight: float,
        allowed: Optional[BoolArray] = None,
    ) -> Tuple[float, Floats2d]: ...


class GetWeights(Protocol):
    """Gets the scores of transitions for decoding; None if there are none.

    head (HeadT): The head.
    RETURNS (Optional[Weights]): The scores.
    """

    def __call__(self, head: HeadT) -> Optional[Weights]: ...


class HeadMethods(NamedTuple):
    """The methods of an output layer that components call. They are in `head.attrs["methods"]`.

    resize (Resize): Adds labels.
    loss (GetLoss): Compares scores with gold labels.
    weights (GetWeights): Gets the scores of transitions.
    soften (Optional[Soften]): Compares scores with distributions over labels as well. None if the
        layer cannot learn from distributions or smoothed labels.
    """

    resize: Resize
    loss: GetLoss
    weights: GetWeights
    soften: Optional[Soften] = None


def get_methods(head: Model) -> HeadMethods:
    """Get the methods of an output layer.

    head (Model): The output layer.
    RETURNS (HeadMethods): Its methods.
    """
    return cast(HeadMethods, head.attrs["methods"])


def make_head(
    name: str, nO: Optional[int], methods: HeadMethods, shims: Sequence[TorchShim] = ()
) -> HeadT:
    """Make an output layer that scores labels by a linear layer.

    name (str): Name of the Thinc model.
    nO (Optional[int]): Number of labels, inferred from the data if None.
    methods (HeadMethods): Its methods.
    shims (Sequence[TorchShim]): Further weights, of modules that are built with `n_tags`.
    RETURNS (HeadT): The model. Output shape (tokens, labels).
    """
    output = Linear(nO, init_W=zero_init)
    head: HeadT = Model(
        name,
        forward,
        init=init,
        layers=[with_array(output)],
        dims={"nO": nO, "nI": None},
        refs={"output_layer": output},
        attrs={"methods": methods},
        shims=list(shims),
    )
    return head


def forward(model: HeadT, X: SeqT, is_train: bool) -> Tuple[SeqT, Callable[[SeqT], SeqT]]:
    if is_train:
        return model.layers[0](X, is_train)
    # Not its reference, which a copy of the model does not have.
    output = model.layers[0].layers[0]
    scores, _ = output(join_parts(model.ops, X), False)
    lengths = cast(Ints1d, np.array([len(x) for x in X], dtype="i"))
    return model.ops.unflatten(scores, lengths), no_backprop


def init(model: HeadT, X: Optional[SeqT] = None, Y: Optional[SeqT] = None) -> None:
    output = model.get_ref("output_layer")
    model.layers[0].initialize(X=X, Y=Y)
    for dim in ("nI", "nO"):
        model.set_dim(dim, output.get_dim(dim))
    for shim in cast(List[TorchShim], model.shims):
        shim.initialize(n_tags=output.get_dim("nO"))


def resize_output(head: HeadT, nO: int) -> None:
    """Add labels to the linear layer.

    The resized layer is a new node, because an optimizer keeps its momentum by node, and the
    momentum has the shape of the weights.

    head (HeadT): The head, with at most `nO` labels.
    nO (int): The new number of labels.
    """
    old = head.get_ref("output_layer")
    new = Linear(nO, old.maybe_get_dim("nI"), init_W=zero_init)
    if old.has_param("W"):
        new.initialize()
        for name in new.param_names:
            resized = new.ops.xp.zeros_like(new.get_param(name))
            resized[: old.get_dim("nO")] = old.get_param(name)
            new.set_param(name, resized)
    head.replace_node(old, new)
    head.layers[0].set_dim("nO", nO, force=True)
    head.set_dim("nO", nO, force=True)
