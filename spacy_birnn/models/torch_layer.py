"""PyTorch modules over sequences as Thinc layers from lists to lists."""

from typing import Any, Callable, Dict, List, Sequence, Tuple, cast

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..nn.shim import TorchShim


def get_shim(model: Model) -> TorchShim:
    """Get the shim of a layer.

    model (Model): A layer with a PyTorch module.
    RETURNS (TorchShim): The shim that holds the module.
    """
    return cast(TorchShim, model.shims[0])


def run_module(
    model: Model,
    arrays: Sequence[Any],
    lengths: Sequence[int],
    is_train: bool,
    **settings: Any,
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Floats2d]]]:
    """Run a layer's module over a batch of concatenated sequences.

    model (Model): The layer.
    arrays (Sequence[ArrayXd]): The arguments of the module's `forward`.
    lengths (Sequence[int]): Length of each sequence, the next argument.
    is_train (bool): Record the gradient.
    **settings (Any): Further arguments.
    RETURNS (Tuple[List[Floats2d], Callable]): The output of each sequence, and a function
        from its gradient to the gradient of the first array, split in the same way, which is an
        empty list if that array has integers.
    """
    ops, shim = model.ops, get_shim(model)
    sizes = cast(Ints1d, np.asarray(lengths, dtype="i"))
    if not is_train:
        predicted: Any = shim.predict(*arrays, lengths=lengths, **settings)
        # A compiled network stays on the CPU.
        return ops.unflatten(ops.asarray2f(predicted), sizes), no_backprop
    Y, backprop_module = shim.begin_update(*arrays, lengths=lengths, **settings)

    def backprop(dYs: List[Floats2d]) -> List[Floats2d]:
        dX = backprop_module(ops.flatten(dYs))[0]
        return [] if dX is None else ops.unflatten(cast(Floats2d, dX), sizes)

    return ops.unflatten(cast(Floats2d, Y), sizes), backprop


def training_settings(model: Model, name: str, rate: float) -> Dict[str, Any]:
    """Make the settings of an embedding in training, whose module counts the values of features.

    model (Model): The layer.
    name (str): The module's argument for the rate at which rare values are treated as unknown.
    rate (float): This rate, which is independent of the dropout rate.
    RETURNS (Dict[str, Any]): Arguments for the module.
    """
    return {"learn": True, name: rate, "dropout": model.attrs["dropout_rate"]}


def no_backprop(dYs: List[Floats2d]) -> List[Floats2d]:
    """Return no gradient: the backward pass of a prediction."""
    return []
