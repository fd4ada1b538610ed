"""The backward pass through layers that compute in float16."""

from typing import Sequence

import torch
from torch import Tensor

# What the largest gradient of the output is brought to: far above what vanishes in float16, and
# far enough below its largest number, 65,504, for sums over a batch. Where something is beyond
# that all the same, the next size is tried.
SIZES = (16.0, 2.0**-2, 2.0**-8)
# So that there is a scale for gradients of zero, too.
SMALLEST = 1e-30


def backward_scaled(output: Tensor, d_output: Tensor, leaves: Sequence[Tensor]) -> None:
    """`output.backward(d_output)` with gradients scaled up on their way (Micikevicius et al. 2018),
    so that small ones do not vanish. Each call chooses its own scale: no batch is lost while one is
    found, and what is added to `grad` has its true size.

    output (Tensor): What layers gave.
    d_output (Tensor): Its gradient, of float32.
    leaves (Sequence[Tensor]): Inputs and weights of the layers; those that need a gradient get it.
        It is not finite if even the smallest scale was too much, as without scaling.
    """
    learning = [leaf for leaf in leaves if leaf.requires_grad]
    largest = d_output.abs().amax().clamp_min(SMALLEST)
    for size in SIZES:
        scale = size / largest
        gradients = torch.autograd.grad(
            output, learning, d_output * scale, retain_graph=True, allow_unused=True
        )
        if all(g is None or g.isfinite().all() for g in gradients):
            break
    for leaf, gradient in zip(learning, gradients):
        if gradient is not None:
            gradient = gradient / scale
            leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient
