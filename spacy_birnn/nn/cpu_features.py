"""Instructions of the CPU, as private functions of PyTorch report them."""

from typing import Optional

import torch


def cpu_has(feature: str) -> Optional[bool]:
    """Tell whether the CPU has instructions of a kind.

    feature (str): "avx2", "avx512", "avx512_bf16" or "amx_tile".
    RETURNS (Optional[bool]): Whether it has them; None if this release of PyTorch does not report
        it, such as 2.4 for the last two.
    """
    probe = getattr(torch.cpu, f"_is_{feature}_supported", None)
    return None if probe is None else probe()
