"""An output layer that scores tokens and transitions between their labels."""

from typing import Any, Optional, Sequence, Tuple, cast

import numpy as np
from thinc.types import Floats2d

from ..nn.shim import TorchShim
from ..tags.labels import LabelIds, allowed_labels
from ..tags.masks import BoolArray
from ..tags.schemes import Transitions
from ..tags.viterbi import Weights
from .cross_entropy import mask_scores
from .heads import HeadMethods, HeadT, make_head, resize_output
from .torch_layer import get_shim


def CRF(nO: Optional[int] = None) -> HeadT:
    """Score tokens and transitions between their labels: a linear-chain conditional random
    field (Lafferty et al. 2001; on top of a BiLSTM, Huang et al. 2015). It learns by the
    negative log-likelihood of whole sequences.

    nO (Optional[int]): Number of labels, inferred from the data if None.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (tokens, labels).
    """
    methods = HeadMethods(resize_crf, crf_loss, crf_weights)
    return make_head("crf_head", nO, methods, [TorchShim(build_module)])


def build_module(n_tags: int) -> Any:
    """Build the module of `CRF`.

    n_tags (int): Number of labels.
    RETURNS (LinearChainCRF): The module.
    """
    # Imported here: a compiled model runs without PyTorch.
    from ..nn.crf import LinearChainCRF

    return LinearChainCRF(n_tags)


def crf_loss(
    head: HeadT,
    scores: Floats2d,
    gold: LabelIds,
    lengths: Sequence[int],
    transitions: Transitions,
    label_smoothing: float,
    weight: float = 1.0,
    allowed: Optional[BoolArray] = None,
) -> Tuple[float, Floats2d]:
    """Compute the negative log-likelihood of the gold sequences, without smoothing, see `GetLoss`.

    Where a label is missing, all sequences that fit are summed. The gradient of the
    transitions is kept for the next update.
    """
    fits: Any = head.ops.asarray(allowed_labels(gold, scores.shape[1]))  # type: ignore[arg-type]
    losses, backprop = get_shim(head).begin_update(
        mask_scores(scores, allowed), fits, lengths=lengths, transitions=transitions
    )
    gradient = backprop(head.ops.xp.full_like(losses, weight))[0]
    return weight * float(cast(Any, losses).sum()), cast(Floats2d, gradient)


def crf_weights(head: HeadT) -> Weights:
    """Get the scores of the transitions.

    head (HeadT): A CRF.
    RETURNS (Weights): The scores.
    """
    get_array = get_shim(head).get_array
    return Weights(*(get_array(name) for name in ("start", "between", "end")))


def resize_crf(head: HeadT, nO: int) -> None:
    """Add labels to a CRF. The scores of their transitions start at zero.

    head (HeadT): The head, with at most `nO` labels.
    nO (int): The new number of labels.
    """
    initialized = head.get_ref("output_layer").has_param("W")
    old = crf_weights(head) if initialized else None
    resize_output(head, nO)
    head.shims[0] = TorchShim(build_module)
    if old is not None:
        get_shim(head).initialize(n_tags=nO)
        for name, value in old._asdict().items():
            weight = get_shim(head).module.get_parameter(name)
            resized = np.zeros(tuple(weight.shape), dtype="f")
            resized[tuple(slice(n) for n in value.shape)] = value
            weight.data.copy_(weight.new_tensor(resized))
