"""The gradient and the counts of a whole model in training."""

import math
from contextlib import ExitStack, contextmanager
from typing import Any, Iterator

from thinc.api import Model, get_array_module
from torch import nn

from ..nn.feature_table import FeatureTable
from ..nn.shim import TorchShim
from ..nn.wrapped_model import get_wrapped_model


def clip_gradient(model: Model, max_norm: float) -> float:
    """Clip the gradient of all weights by its global norm (Pascanu et al. 2013).

    model (Model): A model after its backward pass.
    max_norm (float): Greatest norm; 0 for no limit.
    RETURNS (float): The Euclidean norm before clipping. If it is not finite, nothing is clipped.
    """
    gradients = list(_gradients(model))
    norm = 0.0
    if gradients:
        xp = get_array_module(gradients[0])
        # One synchronization with a GPU for all of them.
        squares = xp.stack([xp.vdot(gradient, gradient) for gradient in gradients])
        norm = float(squares.astype("float64").sum()) ** 0.5
    if 0 < max_norm < norm < math.inf:
        for gradient in gradients:
            gradient *= max_norm / norm
    return norm


def clear_gradient(model: Model) -> None:
    """Drop the gradient of all weights, including weights of PyTorch layers outside this package.

    model (Model): A model after its backward pass, or after an error in it.
    """
    for gradient in _gradients_of_thinc(model):
        gradient[...] = 0.0
    for module in _modules(model):
        module.zero_grad(set_to_none=True)


@contextmanager
def undo_on_failure(model: Model, with_gradient: bool) -> Iterator[None]:
    """Undo the counts, and the gradient, of a block that fails, so that a second try counts once.

    model (Model): The model.
    with_gradient (bool): Drop the gradient as well, including that of earlier batches.
    """
    parts = [part for module in _modules(model) for part in module.modules()]
    with ExitStack() as stack:
        for table in {id(part): part for part in parts}.values():
            if isinstance(table, FeatureTable):
                stack.enter_context(table.undo_on_failure())
        try:
            yield
        except BaseException:
            if with_gradient:
                clear_gradient(model)
            raise


def _modules(model: Model) -> Iterator[nn.Module]:
    for node in model.walk():
        for shim in node.shims:
            module = get_wrapped_model(shim)
            if isinstance(module, nn.Module):
                yield module


def _gradients_of_thinc(model: Model) -> Iterator[Any]:
    for node in model.walk():
        for name in node.param_names:
            if node.has_grad(name):
                yield node.get_grad(name)


def _gradients(model: Model) -> Iterator[Any]:
    yield from _gradients_of_thinc(model)
    for node in model.walk():
        for shim in node.shims:
            if isinstance(shim, TorchShim):
                yield from shim.gradients()
