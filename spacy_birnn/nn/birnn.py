"""The recurrent stack: exact bidirectional layers over batches of any lengths."""

from functools import lru_cache
from itertools import pairwise
from typing import Any, List, Sequence, Tuple

import torch
from torch import Tensor, nn

from ..tags.windows import cut_windows
from .batch_layout import CALL_COST, TRAINING_CALL_COST, plan_layout
from .cells import Recurrence
from .precision import choose_dtype

# Batches of at most this number of items, such as a single sentence, are read in less time than
# their layout takes to plan: the last layouts are kept.
SMALL_BATCH = 64


class BiRNNLayer(nn.Module):
    """A recurrent layer of one or two directions.

    The backward direction reads every sequence reversed by its own length, so padding comes
    last in both directions and never reaches a result. Two one-directional modules over
    padded data can use fused kernels, unlike a `PackedSequence` of unequal lengths.

    input_size (int): Width of the input.
    width (int): Width of the output, both directions together; the forward direction gets
        the larger half of an odd width.
    bidirectional (bool): Read the sequences in both directions.
    residual (bool): Add the input to the output (He et al. 2016), through a matrix if their
        widths differ.
    layer_norm (bool): Normalize the result (Ba et al. 2016).
    **settings (Any): See `Recurrence`.
    """

    def __init__(
        self,
        input_size: int,
        width: int,
        *,
        bidirectional: bool = True,
        residual: bool = False,
        layer_norm: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__()
        backward_width = width // 2 if bidirectional else 0
        self.forward_rnn = Recurrence(input_size, width - backward_width, **settings)
        self.backward_rnn = (
            Recurrence(input_size, backward_width, **settings) if bidirectional else None
        )
        self.residual = residual
        self.project = (
            nn.Linear(input_size, width, bias=False) if residual and input_size != width else None
        )
        self.norm = nn.LayerNorm(width) if layer_norm else None

    def forward(
        self,
        x: Tensor,
        blocks: Sequence[Tuple[int, int]],
        reverse: Tensor,
        **settings: Any,
    ) -> Tensor:
        """Read a batch of sequences.

        x (Tensor): Shape (positions, input_size), see `Layout`.
        blocks (Sequence[Tuple[int, int]]): Steps and rows of each block.
        reverse (Tensor): Shape (positions,), see `Layout`.
        **settings (Any): See `Recurrence.forward`.
        RETURNS (Tensor): Shape (positions, width). The values of padding are undefined.
        """
        y = self.forward_rnn(x, blocks, **settings)
        if self.backward_rnn is not None:
            y_backward = self.backward_rnn(x.index_select(0, reverse), blocks, **settings)
            y = torch.cat([y, y_backward.index_select(0, reverse)], dim=1)
        if self.residual:
            y = y + (x if self.project is None else self.project(x))
        return y if self.norm is None else self.norm(y)


class BiRNN(nn.Module):
    """A stack of recurrent layers.

    input_size (int): Width of the input.
    widths (Sequence[int]): Output width of each layer.
    bptt (int): See `Recurrence`.
    window (int): Greatest length of a sequence that is read as a whole; a longer one is cut into
        overlapping windows. 0 for no limit.
    overlap (int): Steps of context on either side of a window's own steps.
    precision (str): See `choose_dtype`.
    **settings (Any): See `BiRNNLayer`.
    """

    def __init__(
        self,
        input_size: int,
        widths: Sequence[int],
        *,
        bptt: int = 0,
        window: int = 0,
        overlap: int = 0,
        precision: str = "float32",
        **settings: Any,
    ) -> None:
        super().__init__()
        self.width = widths[-1]
        self.bptt = bptt
        self.window = window
        self.overlap = overlap
        self.precision = precision
        self.layers = nn.ModuleList(
            BiRNNLayer(n_in, n_out, bptt=bptt, **settings)
            for n_in, n_out in pairwise([input_size, *widths])
        )

    def forward(
        self, x: Tensor, lengths: Sequence[int], learn: bool = False, **settings: Any
    ) -> Tensor:
        """Encode a batch of sequences.

        x (Tensor): Shape (items, input_size): the concatenated sequences.
        lengths (Sequence[int]): Length of each sequence; their sum is the number of items.
        learn (bool): Apply the recurrent dropout, and choose the precision for training.
        **settings (Any): See `Recurrence.forward`.
        RETURNS (Tensor): Shape (items, widths[-1]), in the order and the type of `x`.
        """
        if not len(x):
            return x.new_zeros((0, self.width))
        training = torch.is_grad_enabled()
        plan = _plan_small_batch if len(x) <= SMALL_BATCH else _plan_batch
        blocks, gather, reverse, scatter = plan(
            tuple(lengths), self.window, self.overlap, self.bptt if training else 0, training
        )
        gather, reverse, scatter = (index.to(x.device) for index in (gather, reverse, scatter))
        dtype = choose_dtype(self.precision, x, learn)
        with torch.autocast(x.device.type, dtype, enabled=dtype != x.dtype):
            y = x.to(dtype).index_select(0, gather)
            for layer in self.layers:
                y = layer(y, blocks, reverse, learn=learn, **settings)
            return y.index_select(0, scatter).to(x.dtype)


def _plan_batch(
    lengths: Tuple[int, ...], window: int, overlap: int, bptt: int, training: bool
) -> Tuple[List[Tuple[int, int]], Tensor, Tensor, Tensor]:
    """Plan a layout. `training` is part of the key of the cache: autograd rejects tensors that
    were created in inference mode.
    """
    call_cost = TRAINING_CALL_COST if training else CALL_COST
    layout = plan_layout(cut_windows(lengths, window, overlap), bptt, call_cost)
    indices = (layout.gather, layout.reverse, layout.scatter)
    gather, reverse, scatter = (torch.from_numpy(index) for index in indices)
    return layout.blocks, gather, reverse, scatter


_plan_small_batch = lru_cache(maxsize=256)(_plan_batch)
