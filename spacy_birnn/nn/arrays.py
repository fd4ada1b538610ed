"""Conversion between arrays of Thinc and tensors of PyTorch."""

from typing import Iterable, Optional, cast

import torch
from thinc.api import get_torch_default_device, torch2xp
from thinc.types import ArrayXd, FloatsXd


def new_device() -> torch.device:
    """Get the device of new weights.

    RETURNS (torch.device): The device of Thinc's arrays, which share memory with the weights: the
        CPU on machines with Apple's GPUs.
    """
    device = get_torch_default_device()
    return torch.device("cpu") if device.type == "mps" else device


def to_torch(array: ArrayXd, device: torch.device) -> torch.Tensor:
    """Convert an array to a tensor. (`xp2torch` of Thinc calls a deprecated method of CuPy.)

    array (ArrayXd): An array, NumPy or CuPy.
    device (torch.device): The device of the tensor.
    RETURNS (torch.Tensor): The tensor, which shares the memory of an array on that device.
    """
    return torch.utils.dlpack.from_dlpack(array).to(device)


def to_floats(tensor: torch.Tensor) -> FloatsXd:
    """Convert a tensor to an array with the same memory.

    tensor (torch.Tensor): A tensor of floating-point numbers.
    RETURNS (FloatsXd): The array.
    """
    return cast(FloatsXd, torch2xp(tensor))


def assign(tensor: torch.Tensor, value: ArrayXd) -> None:
    """Copy an array to a tensor, unless they share memory.

    tensor (torch.Tensor): The tensor.
    value (ArrayXd): Its new values.
    """
    values = to_torch(value, tensor.device)
    if values.data_ptr() != tensor.data_ptr():
        tensor.data.copy_(values)


def get_gradient(x: torch.Tensor) -> Optional[ArrayXd]:
    """Get the gradient of a tensor after a backward pass.

    x (torch.Tensor): The tensor.
    RETURNS (Optional[ArrayXd]): The gradient; None if the tensor does not require one.
    """
    if not x.requires_grad:
        return None
    return torch2xp(torch.zeros_like(x) if x.grad is None else x.grad)


def all_finite(gradients: Iterable[Optional[torch.Tensor]]) -> bool:
    """Tell whether gradients are finite.

    gradients (Iterable[Optional[torch.Tensor]]): The gradients, sparse ones included.
    RETURNS (bool): True if all of their values are finite.
    """
    found = [g for g in gradients if g is not None]
    values = [g.coalesce().values() if g.is_sparse else g for g in found]
    if not values:
        return True
    # A sum is finite only if all of its terms are, and is faster than a look at each of them. One
    # synchronization with a GPU for all sums.
    sums = torch.stack([v.sum() for v in values])
    # A sum of huge numbers may overflow.
    return bool(sums.isfinite().all()) or all(bool(v.isfinite().all()) for v in values)
