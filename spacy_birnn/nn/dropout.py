"""Variational dropout, with the rate as an argument of the call."""

import torch
from torch import Tensor


def dropout_mask(rows: int, units: int, rate: float, like: Tensor) -> Tensor:
    """Make a dropout mask for all steps of a batch of sequences (Gal & Ghahramani 2016).

    rows (int): Number of sequences.
    units (int): Units of a step.
    rate (float): Probability of dropping a unit, 0 <= rate < 1.
    like (Tensor): A tensor with the dtype and the device of the mask.
    RETURNS (Tensor): Shape (rows, units): 0 for dropped units, 1 / (1 - rate) for the others.
    """
    mask = torch.empty((rows, units), dtype=like.dtype, device=like.device)
    return mask.bernoulli_(1.0 - rate).div_(1.0 - rate)
