"""The backward pass through layers that compute in float16."""

from typing import Sequence

import torch
from torch import Tensor

# Sizes of the largest gradient of the output, tried in turn until no gradient overflows. The first
# is far above the smallest number of float16, and far enough below the largest, 65,504, for sums
# over a batch.
SIZES = (16.0, 2.0**-2, 2.0**-8)
# A lower bound of the largest gradient, because a scale needs one above zero.
MIN_GRADIENT = 1e-30


def backward_scaled(output: Tensor, d_output: Tensor, leaves: Sequence[Tensor]) -> None:
    """Backpropagate with scaled gradients, so that small ones do not underflow (Micikevicius et al.
    2018).

    Each call chooses its own scale, and no batch is skipped. `grad` is unscaled. (Thinc's
    `PyTorchGradScaler` skips batches to find a scale, and runs on CUDA only.)

    output (Tensor): The output of some layers.
    d_output (Tensor): Its gradient, in float32.
    leaves (Sequence[Tensor]): Inputs and weights of the layers; `grad` is added to those that
        require it. It is not finite if even the smallest scale overflows.
    """
    inputs = [leaf for leaf in leaves if leaf.requires_grad]
    largest = d_output.abs().amax().clamp_min(MIN_GRADIENT)
    for size in SIZES:
        scale = size / largest
        gradients = torch.autograd.grad(
            output, inputs, d_output * scale, retain_graph=True, allow_unused=True
        )
        if all(g is None or g.isfinite().all() for g in gradients):
            break
    for leaf, gradient in zip(inputs, gradients):
        if gradient is not None:
            gradient = gradient / scale
            leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient
