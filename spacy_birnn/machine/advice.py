"""Advice about a machine: what is slow or missing, why, and how to fix it."""

from typing import Iterator, List, NamedTuple

from ..errors import install_extra
from .facts import EXTRAS, LIMITS, THREAD_SETTINGS, Facts

# From docs/benchmarks: prediction in bfloat16 against float32, AVX-512 without AMX.
BFLOAT16_GAIN = "about 1.6 times as fast as float32 on the CPU of the benchmarks"
NO_TORCH = (
    "PyTorch is not installed: compiled pipelines work, and nothing else is known about the CPU "
    "and about GPUs."
)
CUPY = "https://docs.cupy.dev/en/stable/install.html"


class Advice(NamedTuple):
    """A sentence about a machine.

    good (bool): Whether there is nothing to fix.
    text (str): The sentence.
    neutral (bool): Whether it is about something that is missing, but not needed.
    """

    good: bool
    text: str
    neutral: bool = False


def advise(facts: Facts) -> List[Advice]:
    """Tell what the facts about a machine mean for training and prediction.

    facts (Facts): The facts.
    RETURNS (List[Advice]): Sentences about its CPU, threads, GPU and extras.
    """
    if not facts.torch:
        return [Advice(True, NO_TORCH, neutral=True), *_advise_on_extras(facts)]
    return [
        *_advise_on_bfloat16(facts),
        *_advise_on_kernels(facts),
        *_advise_on_threads(facts),
        *_advise_on_gpus(facts),
        *_advise_on_extras(facts),
    ]


def _advise_on_bfloat16(facts: Facts) -> Iterator[Advice]:
    if not facts.is_x86:
        yield Advice(
            True,
            f"Prediction on this CPU ({facts.architecture}) is in float32: bfloat16 is used on "
            f"x86 CPUs only.",
            neutral=True,
        )
    elif facts.amx:
        yield Advice(
            True,
            "The CPU has bfloat16 instructions (AMX): prediction uses them where `precision` is "
            '"auto".',
        )
    elif facts.avx512_bf16:
        without = " without AMX" if facts.amx is False else ""
        yield Advice(
            True,
            f"The CPU has bfloat16 instructions (AVX-512{without}): prediction uses them where "
            f'`precision` is "auto", {BFLOAT16_GAIN}.',
        )
    elif facts.avx512_bf16 is None and facts.amx is None:
        yield Advice(
            False,
            "This release of torch does not tell whether the CPU has bfloat16 instructions, so "
            "prediction is in float32: install a newer torch.",
        )
    else:
        kind = "AVX-512" if facts.avx512 else "a CPU"
        yield Advice(
            True,
            f"The CPU has no bfloat16 instructions ({kind} without AVX512-BF16 and AMX): "
            f"prediction is in float32, and bfloat16 pays on other CPUs only, "
            f"{BFLOAT16_GAIN}.",
            neutral=True,
        )


def _advise_on_kernels(facts: Facts) -> Iterator[Advice]:
    if facts.is_x86 and facts.avx2 is False:
        yield Advice(
            False,
            "The CPU has no AVX2, so all matrix products are slow: train and tag large "
            "corpora on a newer one.",
        )
    for name in LIMITS:
        if name in facts.settings:
            yield Advice(
                False,
                f"{name}={facts.settings[name]} may keep torch from the fastest instructions of "
                f"the CPU: unset it, unless results must agree with another machine.",
            )
    if not facts.onednn:
        yield Advice(
            False,
            "This build of torch has no oneDNN, and so no fused LSTM on the CPU: if there is an "
            "official build for this system, install that.",
        )


def _advise_on_threads(facts: Facts) -> Iterator[Advice]:
    if facts.cores is None:
        return
    here = f"{_count(facts.threads, 'thread')} on {_count(facts.cores, 'core')}"
    settings = [name for name in THREAD_SETTINGS if name in facts.settings]
    why = "".join(f", because {name} is {facts.settings[name]}" for name in settings[:1])
    remedy = (
        f"unset {settings[0]}, or set it to the number of cores to use"
        if settings
        else f"set the environment variable OMP_NUM_THREADS to at most {facts.cores}"
    )
    if facts.threads > facts.cores:
        yield Advice(False, f"{here}{why}: the threads wait for each other, so {remedy}.")
    elif facts.threads == facts.cores:
        yield Advice(True, f"{here}: none is idle, and none has to wait.")
    # By default torch uses one thread per physical core, which may be two logical ones.
    elif facts.threads * 2 >= facts.cores:
        yield Advice(
            True,
            f"{here}{why}: right if two of them are one physical core, as is usual; if not, "
            f"{remedy}.",
        )
    else:
        yield Advice(
            False,
            f"{here}{why}: training, and prediction in one process, leave the other cores idle, "
            f"so {remedy}; or tag in several processes (`--n-process`) of one thread each.",
        )


def _advise_on_gpus(facts: Facts) -> Iterator[Advice]:
    names = ", ".join(facts.gpus)
    visible = facts.visible_gpus
    if facts.gpus and facts.cupy_gpu:
        yield Advice(True, f"torch and CuPy find a GPU ({names}): `--gpu-id 0` uses it.")
    elif facts.gpus and facts.cupy:
        yield Advice(
            False,
            f"torch finds a GPU ({names}), but CuPy does not, and spaCy needs both: install the "
            f"CuPy that fits the driver ({CUPY}).",
        )
    elif facts.gpus:
        is_cuda_12 = (facts.gpu_build or "").startswith("CUDA 12")
        install = install_extra("cuda12x")
        remedy = install if is_cuda_12 else f"install the one for {facts.gpu_build} ({CUPY})"
        yield Advice(
            False,
            f"torch finds a GPU ({names}), but spaCy needs CuPy for it, which is not installed: "
            f"{remedy}",
        )
    elif not (facts.nvidia_driver or facts.cupy_gpu):
        yield Advice(
            True, "torch finds no GPU: train and predict on the CPU (--gpu-id -1).", neutral=True
        )
    elif facts.gpu_build is None:
        found = "CuPy finds a GPU" if facts.cupy_gpu else "There is a driver for NVIDIA GPUs"
        cupy = "" if facts.cupy else f", and CuPy: {install_extra('cuda12x')}"
        yield Advice(
            False,
            f"{found}, but this build of torch is for CPUs: install a CUDA build of torch "
            f"(https://pytorch.org/get-started/locally){cupy}",
        )
    elif visible is not None and visible.strip() in ("", "-1"):
        yield Advice(
            False,
            f"torch finds no GPU, though there is a driver, because CUDA_VISIBLE_DEVICES is "
            f"'{visible}': unset it to use a GPU.",
        )
    else:
        named = f", whether CUDA_VISIBLE_DEVICES ('{visible}') names a GPU" if visible else ""
        yield Advice(
            False,
            f"torch finds no GPU, though there is a driver: see with nvidia-smi whether the driver "
            f"is new enough for {facts.gpu_build}{named}, and whether this container may use a "
            f"GPU.",
        )


def _advise_on_extras(facts: Facts) -> Iterator[Advice]:
    for extra, missing in facts.missing.items():
        # The advice on GPUs covers that one.
        if missing and extra != "cuda12x":
            yield Advice(
                True,
                f"{EXTRAS[extra]} needs packages that are not installed ({', '.join(missing)}): "
                f"{install_extra(extra)}",
                neutral=True,
            )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
