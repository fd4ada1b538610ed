"""An LSTM with its weights in the memory layout of oneDNN, through private operators of PyTorch.

`torch.lstm` is the fallback where these operators are missing or have changed.
"""

from functools import cache
from typing import List, Sequence, Tuple

import torch
from torch import Tensor

LSTM_MODE = 2


@cache
def can_pack(device: str, dtype: torch.dtype) -> bool:
    """Tell whether `PackedLSTM` works, and is faster than `torch.lstm`.

    device (str): Type of the device of an LSTM.
    dtype (torch.dtype): What it computes in.
    RETURNS (bool): True on CPUs that run oneDNN's kernel, if PyTorch has the operators.
    """
    is_faster = (
        device == "cpu"
        and dtype in (torch.float32, torch.bfloat16)
        and torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability().startswith("AVX")
    )
    if not is_faster:
        return False
    ones = torch.ones(4, 1, dtype=dtype)
    state = torch.zeros(1, 1, 1, dtype=dtype)
    try:
        PackedLSTM([ones, ones, ones[:, 0], ones[:, 0]], dtype)(state, [state, state])
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return False
    return True


class PackedLSTM:
    """`torch.lstm` of one layer and one direction, for prediction.

    `torch.lstm` converts the weights to the kernel's layout in each call, which takes longer than
    the arithmetic of a short sentence.

    weights (Sequence[Tensor]): Weights of `torch.nn.LSTM`: input, recurrent, both biases.
    dtype (torch.dtype): What to compute in.
    """

    def __init__(self, weights: Sequence[Tensor], dtype: torch.dtype) -> None:
        w_input, w_hidden, *biases = (w.detach().to(dtype) for w in weights)
        size = w_hidden.shape[1]
        self.biases = biases
        self.matrices: List[Tensor] = torch.ops.mkldnn._reorder_mkldnn_rnn_layer_weight(
            w_input, w_hidden, size, reverse=False, has_biases=True, batch_first=False
        )
        settings = {
            "reverse": False,
            "batch_sizes": [],
            "mode": LSTM_MODE,
            "hidden_size": size,
            "num_layers": 1,
            "has_biases": True,
            "bidirectional": False,
            "batch_first": False,
            "train": False,
        }
        # Keyword arguments take longer than a step of the kernel.
        self.settings = tuple(settings.values())

    def __call__(self, x: Tensor, states: Sequence[Tensor]) -> Tuple[Tensor, ...]:
        """Read a block of a batch.

        x (Tensor): Shape (steps, rows, input_size).
        states (Sequence[Tensor]): Hidden and cell state, shape (1, rows, width) each.
        RETURNS (Tuple[Tensor, ...]): The output, shape (steps, rows, width), and the states.
        """
        y, hidden, cell, _ = torch.ops.aten.mkldnn_rnn_layer.default(
            x, *self.matrices, *self.biases, *states, *self.settings
        )
        return y, hidden, cell
