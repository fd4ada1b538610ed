"""The floating-point type of recurrent layers."""

import warnings
from functools import cache
from typing import Dict

import torch
from torch import Tensor

from .cpu_features import cpu_has

DTYPES: Dict[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
# Instructions of CPUs, each of which suffices for bfloat16.
BFLOAT16 = ("avx512_bf16", "amx_tile")


def choose_dtype(precision: str, x: Tensor, training: bool) -> torch.dtype:
    """Choose the type to compute in. Weights are always stored in float32.

    precision (str): "auto" for bfloat16 in prediction on CPUs with instructions for it, and
        float32 otherwise; "fast" for the same in training as well; "float32"; "bfloat16" or
        "float16". Where the device does not support a named type, it is float32, with one warning.
    x (Tensor): The input. If it is not of float32, its own type is kept.
    training (bool): Whether a gradient is computed.
    RETURNS (torch.dtype): The type.
    """
    if x.dtype != torch.float32:
        return x.dtype
    device = x.device.type
    if precision in ("auto", "fast"):
        may_round = device == "cpu" and (precision == "fast" or not training)
        precision = "bfloat16" if may_round and is_supported("bfloat16", device) else "float32"
    if not is_supported(precision, device):
        _warn(precision, device)
        precision = "float32"
    return DTYPES[precision]


@cache
def is_supported(precision: str, device: str) -> bool:
    """Tell whether a device has instructions for a type.

    precision (str): "float32", "bfloat16" or "float16".
    device (str): Type of a torch device, such as "cpu".
    RETURNS (bool): Whether it has them.
    """
    if precision == "float32":
        return True
    if device == "cuda":
        return precision == "float16" or torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu" and precision == "bfloat16":
        return any(cpu_has(feature) for feature in BFLOAT16)
    return False


@cache
def _warn(precision: str, device: str) -> None:
    warnings.warn(
        f"This {device.upper()} cannot compute in {precision}, so the encoder runs in float32: "
        f'set precision to "auto" or "float32" in the config of BiRNNEncoder.',
        stacklevel=2,
    )
