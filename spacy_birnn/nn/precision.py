"""The floating-point type that recurrent layers compute in."""

import warnings
from functools import cache
from typing import Dict

import torch
from torch import Tensor

DTYPES: Dict[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
PRECISIONS = ("auto", *DTYPES)


def choose_dtype(precision: str, x: Tensor, training: bool) -> torch.dtype:
    """Choose the type for an input. Weights are stored in float32 in any case.

    precision (str): "auto" for bfloat16 in prediction on CPUs that are made for it, and
        float32 otherwise; "float32"; "bfloat16", in training, too; "float16" in prediction
        alone, because small gradients would vanish in it. Where the device cannot compute in
        the type that was asked for, it is float32, with one warning.
    x (Tensor): The input. If it is not of float32, its own type is kept.
    training (bool): Whether a gradient will be taken.
    RETURNS (torch.dtype): The type.
    """
    if x.dtype != torch.float32:
        return x.dtype
    device = x.device.type
    if precision == "auto":
        fast = device == "cpu" and not training and is_supported("bfloat16", device)
        precision = "bfloat16" if fast else "float32"
    if not is_supported(precision, device):
        _warn(precision, device)
        precision = "float32"
    if precision == "float16" and training:
        precision = "float32"
    return DTYPES[precision]


@cache
def is_supported(precision: str, device: str) -> bool:
    """
    precision (str): "float32", "bfloat16" or "float16".
    device (str): Type of a torch device, such as "cpu".
    RETURNS (bool): Whether the device has instructions for the type.
    """
    if precision == "float32":
        return True
    if device == "cuda":
        return precision == "float16" or torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu" and precision == "bfloat16":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


@cache
def _warn(precision: str, device: str) -> None:
    warnings.warn(
        f"This {device.upper()} cannot compute in {precision}, so the encoder runs in float32: "
        f'set precision to "auto" or "float32" in the config of BiRNNEncoder.',
        stacklevel=2,
    )
