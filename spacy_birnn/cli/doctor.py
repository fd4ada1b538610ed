"""`python -m spacy birnn doctor`: check this machine and this installation."""

import platform
from typing import Dict, Optional

import typer
from spacy.util import get_package_version
from thinc.api import require_gpu
from wasabi import msg

from ..errors import install_extra
from ..machine.advice import Advice, advise
from ..machine.facts import EXTRAS, PACKAGE, Facts, find_facts


def doctor_cli(
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU to train on, -1 for the CPU"),
) -> None:
    """Show what is installed and what this machine can do, and how to fix what is slow.

    Only things that are there get a tick, and unknown ones are left out. The exit status is 1 if
    the GPU cannot be used.

    Example: python -m spacy birnn doctor --gpu-id 0
    """
    facts = find_facts()
    names = (PACKAGE, "spacy", "thinc", "torch", "onnxruntime", "numpy")
    installed = {name: get_package_version(name) for name in names}
    versions = {name: number for name, number in installed.items() if number}
    rows = [("python", platform.python_version()), *versions.items()]
    msg.table([*rows, *describe(facts).items()])
    for advice in advise(facts):
        _print(advice)
    if gpu_id >= 0:
        try:
            require_gpu(gpu_id)
            # CuPy finds it, but torch, which runs the networks, may not.
            if facts.cupy_gpu and gpu_id >= len(facts.gpus):
                raise ValueError(f"torch finds {len(facts.gpus)} GPUs")
        except Exception as err:
            msg.fail(
                f"GPU {gpu_id} cannot be used ({err}): use --gpu-id -1 for the CPU, or install "
                f"a CUDA build of torch and CuPy ({install_extra('cuda12x')}).",
                exits=1,
            )
        msg.good(f"GPU {gpu_id} can be used.")


def _print(advice: Advice) -> None:
    if not advice.good:
        msg.warn(advice.text)
    elif advice.neutral:
        msg.info(advice.text)
    else:
        msg.good(advice.text)


def describe(facts: Facts) -> Dict[str, str]:
    """List the known facts about a machine.

    facts (Facts): The machine.
    RETURNS (Dict[str, str]): The facts by name.
    """
    instructions: Dict[str, Optional[bool]] = {}
    if facts.is_x86:
        instructions = {
            "AVX2": facts.avx2,
            "AVX-512": facts.avx512,
            "AVX512-BF16": facts.avx512_bf16,
            "AMX": facts.amx,
        }
    known: Dict[str, object] = {
        "CPU": facts.architecture,
        "CPU instructions": ", ".join(name for name, has in instructions.items() if has) or None,
        "not among them": ", ".join(n for n, has in instructions.items() if has is False) or None,
        "CPU kernels": facts.kernels,
        "CPU cores": facts.cores,
        "torch threads": facts.threads if facts.torch else None,
        **facts.settings,
        "memory": facts.memory and f"{facts.memory / 2**30:.1f} GiB",
        "torch built for": (facts.gpu_build or "CPUs") if facts.torch else None,
        "GPUs": (", ".join(facts.gpus) or "none") if facts.torch else None,
        "CuPy": "installed" if facts.cupy else "not installed",
        "extras": ", ".join(extra for extra in EXTRAS if not facts.missing.get(extra)) or "none",
    }
    return {name: str(value) for name, value in known.items() if value is not None}
