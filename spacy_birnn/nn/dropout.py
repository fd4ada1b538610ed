"""Dropout whose rate is an argument of the call, never a hidden state of a module."""

import torch
from torch import Tensor


def variational_dropout(x: Tensor, rate: float) -> Tensor:
    """Drop the same units at every step of a sequence (Gal & Ghahramani 2016).

    x (Tensor): Shape (steps, rows, units).
    rate (float): Share of the units to drop, 0 <= rate < 1. Zero returns `x` itself.
    RETURNS (Tensor): Shape (steps, rows, units), scaled so that its expected value is `x`.
    """
    if rate == 0.0:
        return x
    mask = torch.empty((1, *x.shape[1:]), dtype=x.dtype, device=x.device)
    return x * mask.bernoulli_(1.0 - rate).div_(1.0 - rate)
