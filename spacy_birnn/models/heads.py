"""Output layers: from token vectors to one score a label, and what is learnt from them."""

from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
from thinc.api import Linear, Model, with_array, zero_init
from thinc.types import Floats2d

from ..nn.crf import LinearChainCRF
from ..nn.shim import TorchShim
from ..tags.labels import LabelIds, allowed_labels
from ..tags.schemes import Transitions
from ..tags.viterbi import Weights
from .cross_entropy import label_gradient, soften_gradient
from .torch_layer import get_shim

SeqT = List[Floats2d]


class HeadMethods(NamedTuple):
    """What a component asks of its output layer. They stand in `head.attrs["methods"]`, and
    take the head first.

    resize (Callable[[Model, int], None]): Makes room for more labels, and leaves the scores of
        the others as they are.
    loss (Callable[..., Tuple[float, Floats2d]]): Compares scores with gold labels. See
        `softmax_loss`.
    weights (Callable[[Model], Optional[Weights]]): Scores of transitions for decoding; None if
        there are none.
    soften (Optional[Callable[..., Tuple[float, Floats2d]]]): Lets distributions over labels have
        their part in a loss. See `soften_softmax`. None if the layer cannot learn from them, nor
        from smoothed labels.
    """

    resize: Callable[[Model, int], None]
    loss: Callable[..., Tuple[float, Floats2d]]
    weights: Callable[[Model], Optional[Weights]]
    soften: Optional[Callable[..., Tuple[float, Floats2d]]] = None


def get_methods(head: Model) -> HeadMethods:
    """head (Model): An output layer.
    RETURNS (HeadMethods): Its methods.
    """
    return cast(HeadMethods, head.attrs["methods"])


def Softmax(nO: Optional[int] = None) -> Model[SeqT, SeqT]:
    """Score each token on its own. It learns by the cross-entropy of the softmax of its scores.

    nO (Optional[int]): Number of labels, inferred from the data if None.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (tokens, labels).
    """
    methods = HeadMethods(resize_output, softmax_loss, no_weights, soften_softmax)
    return _make_head("softmax_head", nO, methods, [])


def CRF(nO: Optional[int] = None) -> Model[SeqT, SeqT]:
    """Score tokens and transitions between their labels: a linear-chain conditional random
    field (Lafferty et al. 2001; behind a BiLSTM, Huang et al. 2015). It learns by the
    probability of whole sequences.

    nO (Optional[int]): Number of labels, inferred from the data if None.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (tokens, labels).
    """
    methods = HeadMethods(resize_crf, crf_loss, crf_weights)
    return _make_head("crf_head", nO, methods, [TorchShim(LinearChainCRF)])


def _make_head(
    name: str, nO: Optional[int], methods: HeadMethods, shims: List[Any]
) -> Model[SeqT, SeqT]:
    output = Linear(nO, init_W=zero_init)
    head: Model[SeqT, SeqT] = Model(
        name,
        forward,
        init=init,
        layers=[with_array(output)],
        dims={"nO": nO, "nI": None},
        refs={"output_layer": output},
        attrs={"methods": methods},
        shims=shims,
    )
    return head


def forward(
    model: Model[SeqT, SeqT], X: SeqT, is_train: bool
) -> Tuple[SeqT, Callable[[SeqT], SeqT]]:
    return model.layers[0](X, is_train)


def init(model: Model[SeqT, SeqT], X: Optional[SeqT] = None, Y: Optional[SeqT] = None) -> None:
    output = model.get_ref("output_layer")
    model.layers[0].initialize(X=X, Y=Y)
    for dim in ("nI", "nO"):
        model.set_dim(dim, output.get_dim(dim))
    for shim in cast(List[TorchShim], model.shims):
        shim.initialize(n_tags=output.get_dim("nO"))


def resize_output(head: Model[SeqT, SeqT], nO: int) -> None:
    """Add labels to the linear layer.

    The grown layer is a new node: an optimizer keeps its momentum by node, and that of the
    old layer has the old shape.

    head (Model[List[Floats2d], List[Floats2d]]): The head, with at most `nO` labels.
    nO (int): The new number of labels.
    """
    old = head.get_ref("output_layer")
    new = Linear(nO, old.maybe_get_dim("nI"), init_W=zero_init)
    if old.has_param("W"):
        new.initialize()
        for name in new.param_names:
            grown = new.ops.xp.zeros_like(new.get_param(name))
            grown[: old.get_dim("nO")] = old.get_param(name)
            new.set_param(name, grown)
    head.replace_node(old, new)
    head.layers[0].set_dim("nO", nO, force=True)
    head.set_dim("nO", nO, force=True)


def softmax_loss(
    head: Model[SeqT, SeqT],
    scores: Floats2d,
    gold: LabelIds,
    lengths: Sequence[int],
    transitions: Transitions,
    label_smoothing: float,
    weight: float = 1.0,
) -> Tuple[float, Floats2d]:
    """Compare the scores of each token with its gold label.

    head (Model[List[Floats2d], List[Floats2d]]): The head.
    scores (Floats2d): Shape (tokens, labels): all sequences one after the other.
    gold (LabelIds): Shape (tokens,).
    lengths (Sequence[int]): Length of each sequence.
    transitions (Transitions): The legal transitions.
    label_smoothing (float): See `label_gradient`.
    weight (float): Weight of the loss, and so of all its gradients.
    RETURNS (Tuple[float, Floats2d]): The loss, and its gradient by the scores.
    """
    gradient: Any = label_gradient(head.ops.softmax(scores), gold, label_smoothing)
    return weight * float((gradient**2).sum()), weight * gradient


def soften_softmax(
    head: Model[SeqT, SeqT],
    scores: Floats2d,
    gold: LabelIds,
    gradient: Floats2d,
    targets: Floats2d,
    weight: float,
) -> Tuple[float, Floats2d]:
    """head (Model[List[Floats2d], List[Floats2d]]): The head.
    scores (Floats2d): Shape (tokens, labels): all sequences one after the other.
    gold (LabelIds): Shape (tokens,).
    gradient (Floats2d): Shape (tokens, labels): what `softmax_loss` gives.
    targets (Floats2d): Shape (tokens, labels): distributions; zeros where there is none.
    weight (float): Weight of the distributions.
    RETURNS (Tuple[float, Floats2d]): The loss, and its gradient by the scores.
    """
    probs = head.ops.softmax(scores)
    softened = soften_gradient(gradient, probs, gold, targets, weight)
    return float(cast(Any, softened**2).sum()), softened


def no_weights(head: Model[SeqT, SeqT]) -> None:
    """RETURNS (None): A softmax does not score transitions."""


def crf_loss(
    head: Model[SeqT, SeqT],
    scores: Floats2d,
    gold: LabelIds,
    lengths: Sequence[int],
    transitions: Transitions,
    label_smoothing: float,
    weight: float = 1.0,
) -> Tuple[float, Floats2d]:
    """Compare the probability of whole sequences with 1, without smoothing.

    The arguments are the same as in `softmax_loss`. The gradient of the transitions is kept for
    the next update. Where a label is missing, the probability is that of all sequences that fit.
    """
    allowed: Any = head.ops.asarray(allowed_labels(gold, scores.shape[1]))  # type: ignore[arg-type]
    losses, backprop = get_shim(head).begin_update(
        scores, allowed, lengths=lengths, transitions=transitions
    )
    gradient = backprop(head.ops.xp.full_like(losses, weight))[0]
    return weight * float(cast(Any, losses).sum()), cast(Floats2d, gradient)


def crf_weights(head: Model[SeqT, SeqT]) -> Weights:
    """head (Model[List[Floats2d], List[Floats2d]]): A CRF.
    RETURNS (Weights): Its scores of transitions.
    """
    module = cast(LinearChainCRF, get_shim(head).module)
    return Weights(*(w.detach().cpu().numpy() for w in (module.start, module.between, module.end)))


def resize_crf(head: Model[SeqT, SeqT], nO: int) -> None:
    """Add labels to a CRF. Transitions from and to them start at zero.

    head (Model[List[Floats2d], List[Floats2d]]): The head, with at most `nO` labels.
    nO (int): The new number of labels.
    """
    initialized = head.get_ref("output_layer").has_param("W")
    old = crf_weights(head) if initialized else None
    resize_output(head, nO)
    head.shims[0] = TorchShim(LinearChainCRF)
    if old is not None:
        get_shim(head).initialize(n_tags=nO)
        for name, value in old._asdict().items():
            weight = get_shim(head).module.get_parameter(name)
            grown = np.zeros(tuple(weight.shape), dtype="f")
            grown[tuple(slice(n) for n in value.shape)] = value
            weight.data.copy_(weight.new_tensor(grown))
