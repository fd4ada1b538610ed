"""The gradient of a model as a whole."""

from typing import Any, Iterator

from thinc.api import Model, get_array_module

from ..nn.shim import TorchShim


def clip_gradient(model: Model, max_norm: float) -> float:
    """Shorten the gradient of all weights together, so that its direction stays (Pascanu et al.
    2013).

    model (Model): A model after its backward pass.
    max_norm (float): Greatest norm; 0 for no limit.
    RETURNS (float): The Euclidean norm before.
    """
    gradients = list(_gradients(model))
    norm = sum(float(get_array_module(g).vdot(g, g)) for g in gradients) ** 0.5
    if 0 < max_norm < norm:
        for gradient in gradients:
            gradient *= max_norm / norm
    return norm


def clear_gradient(model: Model) -> None:
    """model (Model): A model, which forgets what it has not learnt from yet."""
    for gradient in _gradients(model):
        gradient[...] = 0


def _gradients(model: Model) -> Iterator[Any]:
    for node in model.walk():
        for name in node.param_names:
            if node.has_grad(name):
                yield node.get_grad(name)
        for shim in node.shims:
            if isinstance(shim, TorchShim):
                yield from shim.gradients()
