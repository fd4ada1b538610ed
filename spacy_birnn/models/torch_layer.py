"""A torch module over sequences, as a Thinc layer from lists to lists."""

from typing import Any, Callable, Dict, List, Sequence, Tuple, cast

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..nn.shim import TorchShim


def get_shim(model: Model) -> TorchShim:
    """model (Model): A layer with a torch module.
    RETURNS (TorchShim): What holds the module.
    """
    return cast(TorchShim, model.shims[0])


def run_module(
    model: Model,
    arrays: Sequence[Any],
    lengths: Sequence[int],
    is_train: bool,
    **settings: Any,
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Floats2d]]]:
    """Run a layer's module over a batch of sequences that stand one after the other.

    model (Model): The layer.
    arrays (Sequence[ArrayXd]): The arguments of the module's `forward`.
    lengths (Sequence[int]): Length of each sequence, the next argument.
    is_train (bool): Record what the gradient needs.
    **settings (Any): Further arguments.
    RETURNS (Tuple[List[Floats2d], Callable]): The output of each sequence, and a function
        from its gradient to that of the first array, cut in the same way; it returns an
        empty list if that array holds integers.
    """
    ops, shim = model.ops, get_shim(model)
    sizes = cast(Ints1d, np.asarray(lengths, dtype="i"))
    if not is_train:
        predicted = shim.predict(*arrays, lengths=lengths, **settings)
        return ops.unflatten(cast(Floats2d, predicted), sizes), stop
    Y, backprop_module = shim.begin_update(*arrays, lengths=lengths, **settings)

    def backprop(dYs: List[Floats2d]) -> List[Floats2d]:
        dX = backprop_module(ops.flatten(dYs))[0]
        return [] if dX is None else ops.unflatten(cast(Floats2d, dX), sizes)

    return ops.unflatten(cast(Floats2d, Y), sizes), backprop


def counting(model: Model, name: str, rate: float) -> Dict[str, Any]:
    """model (Model): A layer in training, whose module counts what occurs.
    name (str): Name of the module's rate of treating what is rare as unknown.
    rate (float): The rate, which holds whatever the rate of dropout.
    RETURNS (Dict[str, Any]): Settings of the module.
    """
    return {"learn": True, name: rate, "dropout": model.attrs["dropout_rate"]}


def stop(dYs: List[Floats2d]) -> List[Floats2d]:
    """What backpropagation is in prediction: nothing."""
    return []
