"""Compare the recurrent stack with a bare `torch.nn.LSTM` without padding."""

from functools import partial
from typing import Any, Dict, List, Optional, Sequence

import torch
from torch import nn

from spacy_birnn.nn.birnn import BiRNN
from spacy_birnn.nn.precision import DTYPES

from .timing import Jobs, race, ratios, spread

# Equal lengths for the bare module: a typical sentence, and enough rows for its fastest kernels.
STEPS, ROWS = 32, 64


def compare_stacks(
    width: int,
    lengths: Sequence[int],
    precision: str,
    train: bool,
    rounds: int,
    device: str = "cpu",
) -> List[List[str]]:
    """Make a table row for equal lengths and one for the lengths of real sentences.

    width (int): Width of input and output, both directions together.
    train (bool): Run the backward pass as well, in batches of 64; otherwise predict all at once.
    """
    bare = nn.LSTM(width, width // 2, num_layers=2, bidirectional=True).to(device)
    ours = BiRNN(width, [width, width], precision=precision).to(device)
    enabled = precision != "float32"
    memo: Optional[Dict[Any, Any]] = None if train else {}

    def run_bare(x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device, DTYPES[precision], enabled=enabled):
            return bare(x)[0].float()

    def run_ours(x: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        return ours(x, lengths, learn=train, memo=memo)

    def job(run, batches) -> int:
        for x, *arguments in batches:
            with torch.inference_mode(not train):
                y = run(x.requires_grad_(train), *arguments)
                if train:
                    y.sum().backward()
        if device == "cuda":
            torch.cuda.synchronize()
        return sum(x.numel() // width for x, *_ in batches)

    def batches_of(lengths: Sequence[int]) -> List:
        size = ROWS if train else len(lengths)
        batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
        return [(torch.randn(sum(batch), width, device=device), batch) for batch in batches]

    n_bare = max(1, sum(lengths) // (STEPS * ROWS))
    equal = torch.randn(STEPS, ROWS, width, device=device)
    jobs: Jobs = {
        "bare": partial(job, run_bare, [(equal,)] * n_bare),
        "equal": partial(job, run_ours, batches_of([STEPS] * ROWS * n_bare)),
        "real": partial(job, run_ours, batches_of(lengths)),
    }
    speeds = race(jobs, rounds)
    what = ["train" if train else "predict", precision, f"{width // 2} per direction"]
    return [
        [*what, kind, spread(speeds[kind], 0), spread(ratios(speeds, kind, "bare"), 2)]
        for kind in ("equal", "real")
    ]
