"""Dropout whose rate is an argument of the call, never a hidden state of a module."""

import torch
from torch import Tensor


def dropout_mask(rows: int, units: int, rate: float, like: Tensor) -> Tensor:
    """A mask to multiply with every step of a sequence, so that the same units are dropped
    at each (variational dropout, Gal & Ghahramani 2016).

    rows (int): Number of sequences.
    units (int): Units of a step.
    rate (float): Share of the units to drop, 0 <= rate < 1.
    like (Tensor): A tensor of the type and the device of the mask.
    RETURNS (Tensor): Shape (rows, units): zeros, and what keeps the expected value.
    """
    mask = torch.empty((rows, units), dtype=like.dtype, device=like.device)
    return mask.bernoulli_(1.0 - rate).div_(1.0 - rate)
