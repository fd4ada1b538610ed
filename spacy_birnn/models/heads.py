"""Output layers: from token vectors to one score a label."""

from typing import List, Optional

from thinc.api import Model, Softmax_v2, with_array, zero_init
from thinc.types import Floats2d

SeqT = List[Floats2d]


def Softmax(nO: Optional[int] = None) -> Model[SeqT, SeqT]:
    """Score each token on its own: a linear layer, with a softmax in training.

    In prediction the scores are not normalised: the best label does not depend on it.

    nO (Optional[int]): Number of labels, inferred from the data if None.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (tokens, labels).
    """
    output = Softmax_v2(nO, init_W=zero_init, normalize_outputs=False)
    head: Model[SeqT, SeqT] = with_array(output)
    head.set_ref("output_layer", output)
    head.attrs["resize_output"] = resize_softmax
    return head


def resize_softmax(head: Model[SeqT, SeqT], nO: int) -> None:
    """Add labels to a softmax head, and leave the scores of the others as they are.

    The grown layer is a new node: an optimizer keeps its momentum by node, and that of the
    old layer has the old shape.

    head (Model[List[Floats2d], List[Floats2d]]): The head, with at most `nO` labels.
    nO (int): The new number of labels.
    """
    old = head.get_ref("output_layer")
    new = Softmax_v2(nO, old.maybe_get_dim("nI"), init_W=zero_init, normalize_outputs=False)
    if old.has_param("W"):
        new.initialize()
        for name in new.param_names:
            grown = new.ops.xp.zeros_like(new.get_param(name))
            grown[: old.get_dim("nO")] = old.get_param(name)
            new.set_param(name, grown)
    head.replace_node(old, new)
    head.set_dim("nO", nO, force=True)
