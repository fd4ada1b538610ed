"""Facts about this machine and this installation."""

import os
import platform
import shutil
from dataclasses import dataclass, field
from importlib.metadata import requires
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from packaging.requirements import Requirement
from spacy.util import get_package_version, is_compatible_version
from thinc.compat import has_cupy, has_cupy_gpu, has_torch

PACKAGE = "spacy-birnn"
# Settings of the number of threads, and settings that limit the instructions that torch uses.
THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
LIMITS = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
EXTRAS = {
    "torch": "Training, like a pipeline that is not compiled,",
    "onnx": "A compiled pipeline",
    "compile": "`birnn compile`",
    "report": "The page of `birnn report`",
    "visualize": "The page of `birnn visualize`",
    "dictionary": "A user dictionary",
    "parquet": "Parquet files in `birnn tag`",
    "frames": "`tag_frames` for Spark and Dask",
    "ray": "`birnn tag --engine ray`",
    "vectors": "`birnn vectors`",
    "project": "`spacy project run train`",
    "cuda12x": "A GPU with CUDA 12",
}


@dataclass(frozen=True)
class Facts:
    """Facts about a machine and an installation. What cannot be known is None.

    `torch.utils.collect_env` collects text for bug reports, which takes seconds.

    architecture (str): Architecture of the CPU, such as x86_64.
    cores (Optional[int]): Logical cores that this process may use.
    threads (int): Threads of torch.
    torch (bool): Whether torch is installed. Without it, what it reports is not known.
    settings (Dict[str, str]): Environment variables of `THREAD_SETTINGS` and `LIMITS`.
    kernels (Optional[str]): The instructions that the kernels of torch use, such as AVX2.
    onednn (bool): Whether torch is built with oneDNN.
    avx2, avx512, avx512_bf16, amx (Optional[bool]): Instructions of the CPU.
    memory (Optional[int]): Main memory in bytes.
    gpus (Tuple[str, ...]): Names of the GPUs that torch finds.
    nvidia_driver (bool): Whether there is a driver of NVIDIA.
    gpu_build (Optional[str]): The GPUs that torch is built for, such as "CUDA 12.8"; None for CPUs.
    visible_gpus (Optional[str]): The environment variable CUDA_VISIBLE_DEVICES.
    cupy (bool): Whether CuPy can be imported.
    cupy_gpu (bool): Whether CuPy finds a GPU.
    missing (Dict[str, List[str]]): Requirements that are not met, by the extra in `EXTRAS`.
    """

    architecture: str = "x86_64"
    cores: Optional[int] = None
    threads: int = 1
    torch: bool = True
    settings: Dict[str, str] = field(default_factory=dict)
    kernels: Optional[str] = "AVX2"
    onednn: bool = True
    avx2: Optional[bool] = None
    avx512: Optional[bool] = None
    avx512_bf16: Optional[bool] = None
    amx: Optional[bool] = None
    memory: Optional[int] = None
    gpus: Tuple[str, ...] = ()
    nvidia_driver: bool = False
    gpu_build: Optional[str] = None
    visible_gpus: Optional[str] = None
    cupy: bool = False
    cupy_gpu: bool = False
    missing: Dict[str, List[str]] = field(default_factory=dict)

    @property
    def is_x86(self) -> bool:
        """Whether the CPU is of the family that has AVX and AMX.

        RETURNS (bool): True for x86-64.
        """
        return self.architecture.lower() in ("x86_64", "amd64")


def find_facts() -> Facts:
    """Collect the facts about this machine and this installation.

    RETURNS (Facts): The facts.
    """
    of_torch: Dict[str, Any] = {"torch": False, "kernels": None}
    if has_torch:
        # Imported here: PyTorch is an extra.
        from .torch_facts import find_torch_facts

        of_torch = find_torch_facts()
    return Facts(
        architecture=platform.machine(),
        cores=count_cores(),
        settings={
            name: os.environ[name] for name in THREAD_SETTINGS + LIMITS if name in os.environ
        },
        memory=_measure_memory(),
        nvidia_driver=Path("/proc/driver/nvidia/version").exists()
        or shutil.which("nvidia-smi") is not None,
        visible_gpus=os.environ.get("CUDA_VISIBLE_DEVICES"),
        cupy=has_cupy,
        cupy_gpu=has_cupy_gpu,
        missing=_find_missing(),
        **of_torch,
    )


def count_cores() -> Optional[int]:
    """Count the logical cores that this process may use.

    RETURNS (Optional[int]): Their number, or None if it is not known.
    """
    # A container or a batch system may give a process only some of them.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _measure_memory() -> Optional[int]:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        # Windows has no `sysconf`.
        return None


def _find_missing() -> Dict[str, List[str]]:
    return {extra: list(_missing_of(extra)) for extra in EXTRAS}


def _missing_of(extra: str) -> Iterator[str]:
    for text in requires(PACKAGE) or ():
        requirement = Requirement(text)
        if not (requirement.marker and requirement.marker.evaluate({"extra": extra})):
            continue
        if requirement.name == PACKAGE:
            # An extra may consist of others.
            for other in sorted(requirement.extras):
                yield from _missing_of(other)
            continue
        version = get_package_version(requirement.name)
        if version is None or not is_compatible_version(version, str(requirement.specifier)):
            yield text.partition(";")[0].strip()
