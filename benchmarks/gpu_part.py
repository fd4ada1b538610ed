"""What the parts of the GPU script share: their settings, devices and results."""

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

import torch
from spacy.util import fix_random_seed
from thinc.api import get_current_ops, require_cpu, require_gpu, set_current_ops

from .systems import Tagged

CPU, GPU = "cpu", "cuda"


class CheckError(Exception):
    """Something differs from what it should be."""


class OutOfTime(BaseException):
    """The time for a part is over. No part catches it, because it is no `Exception`."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End a block with `OutOfTime` after some time, on systems that have a timer."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: Any) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Setup:
    """Hold the settings of all parts.

    device (str): "cuda", or "cpu" where there is no GPU.
    steps (int): Training steps of each check.
    texts (Sequence[Sequence[Tagged]]): The texts that are timed.
    rounds (int): Rounds of each comparison.
    width (int): Width of the layers in checks.
    """

    device: str
    steps: int
    texts: Sequence[Sequence[Tagged]]
    rounds: int
    width: int


class Outcome(NamedTuple):
    """What a part has found, as Markdown and as figures for JSON."""

    text: str
    figures: Dict[str, Any]


@contextmanager
def on_device(device: str) -> Iterator[None]:
    """Use a device within a block, from a fixed seed."""
    before = get_current_ops()
    if device == GPU:
        require_gpu(0)
    else:
        require_cpu()
    fix_random_seed(0)
    try:
        yield
    finally:
        set_current_ops(before)


def finish(device: str) -> None:
    """Wait for the GPU, so that a clock measures its work."""
    if device == GPU:
        torch.cuda.synchronize()


def make_texts(n_docs: int) -> List[List[Tagged]]:
    """Make tagged Chinese texts, the same each time. Words with the tag N are entities."""
    words = [("他", "R"), ("在", "P"), ("北京", "N"), ("工作", "V"), ("上海", "N"), ("。", "U")]
    return [[words[(i + k * k) % len(words)] for k in range(3 + i % 7)] for i in range(n_docs)]
