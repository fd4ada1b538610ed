"""Facts about the PyTorch of this installation, and what it knows about the machine."""

from typing import Any, Dict, Tuple

import torch

from ..nn.cpu_features import cpu_has


def find_torch_facts() -> Dict[str, Any]:
    """Collect what PyTorch knows.

    RETURNS (Dict[str, Any]): Fields of `Facts`.
    """
    gpu_build = torch.version.cuda and f"CUDA {torch.version.cuda}"
    if torch.version.hip:
        gpu_build = f"ROCm {torch.version.hip}"
    return {
        "threads": torch.get_num_threads(),
        "kernels": torch.backends.cpu.get_cpu_capability(),
        "onednn": torch.backends.mkldnn.is_available(),
        "avx2": cpu_has("avx2"),
        "avx512": cpu_has("avx512"),
        "avx512_bf16": cpu_has("avx512_bf16"),
        "amx": cpu_has("amx_tile"),
        "gpus": _name_gpus(),
        "gpu_build": gpu_build or None,
    }


def _name_gpus() -> Tuple[str, ...]:
    try:
        return tuple(map(torch.cuda.get_device_name, range(torch.cuda.device_count())))
    except (RuntimeError, AssertionError):
        # The driver counts GPUs, but does not answer.
        return ()
