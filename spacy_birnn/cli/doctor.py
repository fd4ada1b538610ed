"""`python -m spacy birnn doctor`: what this machine and this installation can do."""

import os
import platform
from importlib.metadata import version

import torch
import typer
from thinc.api import require_gpu
from wasabi import msg

from ..nn.precision import is_supported


def doctor_cli(
    gpu_id: int = typer.Option(
        -1, "--gpu-id", "-g", help="GPU that training shall use, -1 for the CPU"
    ),
) -> None:
    """Say which versions and which hardware are at hand, and whether a GPU can be used.

    Exits with 1 if the GPU asked for cannot be used.

    Example: python -m spacy birnn doctor --gpu-id 0
    """
    names = ("spacy-birnn", "spacy", "thinc", "torch", "numpy")
    msg.table(
        [("python", platform.python_version())]
        + [(name, version(name)) for name in names]
        + [
            ("CPU cores", os.cpu_count()),
            ("torch threads", torch.get_num_threads()),
            ("CPU kernels", torch.backends.cpu.get_cpu_capability()),
            ("bfloat16 on the CPU", "yes" if is_supported("bfloat16", "cpu") else "no"),
            ("GPUs", torch.cuda.device_count()),
        ]
    )
    if gpu_id >= 0:
        try:
            require_gpu(gpu_id)
        except Exception as err:
            msg.fail(
                f"GPU {gpu_id} cannot be used ({err}): use --gpu-id -1 for the CPU, or install "
                f"a CUDA build of torch, and spacy-birnn with its extra 'cuda12x'.",
                exits=1,
            )
        msg.good(f"GPU {gpu_id} can be used.")
