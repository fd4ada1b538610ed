"""The recurrent stack: exact bidirectional layers over padded, length-bucketed batches."""

from itertools import pairwise
from typing import Any, Sequence

import torch
from torch import Tensor, nn

from .buckets import plan_buckets
from .cells import Recurrence
from .dropout import variational_dropout

# Cells of a bucket. On CPUs a working set that stays in the cache trains up to twice as
# fast as one that does not; larger buckets gain nothing.
MAX_BUCKET_STEPS = 4096


class BiRNNLayer(nn.Module):
    """One recurrent layer, read in one or in both directions.

    The backward direction reads every sequence reversed by its own length, so padding comes
    last in both directions and never reaches a result. Two one-directional modules over
    padded data keep the fused kernels that a `PackedSequence` of unequal lengths loses.

    input_size (int): Width of the input.
    width (int): Width of the output, both directions together; the forward direction gets
        the larger half of an odd width.
    bidirectional (bool): Read in both directions.
    residual (bool): Add the input to the output (He et al. 2016), through a matrix if their
        widths differ.
    layer_norm (bool): Normalise the result (Ba et al. 2016).
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
        self, x: Tensor, reverse: Tensor, dropout: float = 0.0, learn: bool = False
    ) -> Tensor:
        """Run the layer over one bucket.

        x (Tensor): Shape (steps, rows, input_size), left-aligned.
        reverse (Tensor): Shape (steps * rows,), see `Bucket.reverse`.
        dropout (float): Rate of the variational dropout on the output.
        learn (bool): Apply the recurrent dropout.
        RETURNS (Tensor): Shape (steps, rows, width). What stands in the padding is undefined.
        """
        y = self.forward_rnn(x, learn)
        if self.backward_rnn is not None:
            y_backward = self.backward_rnn(_reorder(x, reverse), learn)
            y = torch.cat([y, _reorder(y_backward, reverse)], dim=-1)
        y = variational_dropout(y, dropout)
        if self.residual:
            y = y + (x if self.project is None else self.project(x))
        return y if self.norm is None else self.norm(y)


class BiRNN(nn.Module):
    """A stack of recurrent layers.

    input_size (int): Width of the input.
    widths (Sequence[int]): Output width of each layer.
    **settings (Any): See `BiRNNLayer`.
    """

    def __init__(self, input_size: int, widths: Sequence[int], **settings: Any) -> None:
        super().__init__()
        self.width = widths[-1]
        self.layers = nn.ModuleList(
            BiRNNLayer(n_in, n_out, **settings) for n_in, n_out in pairwise([input_size, *widths])
        )

    def forward(
        self, x: Tensor, lengths: Sequence[int], dropout: float = 0.0, learn: bool = False
    ) -> Tensor:
        """Encode a batch of sequences.

        x (Tensor): Shape (items, input_size): the sequences one after the other.
        lengths (Sequence[int]): Length of each sequence; their sum is the number of items.
        dropout (float): Rate of the variational dropout on the output of every layer.
        learn (bool): Apply the recurrent dropout.
        RETURNS (Tensor): Shape (items, widths[-1]), in the order of `x`.
        """
        plan = plan_buckets(lengths, MAX_BUCKET_STEPS)
        if not plan.buckets:
            return x.new_zeros((0, self.width))
        outputs = []
        for bucket in plan.buckets:
            gather = torch.from_numpy(bucket.gather).to(x.device)
            reverse = torch.from_numpy(bucket.reverse).to(x.device).flatten()
            y = x.index_select(0, gather.flatten()).view(*gather.shape, x.shape[1])
            for layer in self.layers:
                y = layer(y, reverse, dropout, learn)
            outputs.append(y.flatten(0, 1))
        return torch.cat(outputs).index_select(0, torch.from_numpy(plan.scatter).to(x.device))


def _reorder(x: Tensor, index: Tensor) -> Tensor:
    return x.flatten(0, 1).index_select(0, index).view_as(x)
