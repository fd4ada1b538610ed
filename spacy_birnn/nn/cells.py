"""Recurrent layers of one direction, with the cells that they can have."""

from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .dropout import dropout_mask
from .packed_lstm import PackedLSTM, can_pack

Kernel = Callable[[Tensor, Sequence[Tensor]], Tuple[Tensor, ...]]


class Cell(NamedTuple):
    """A kind of recurrent cell.

    make (Callable[[int, int], RNNBase]): Makes its weights for an input width and a width.
    run (Callable[..., Tuple[Tensor, ...]]): Its kernel.
    states (int): Number of state tensors.
    """

    make: Callable[[int, int], nn.RNNBase]
    run: Callable[..., Tuple[Tensor, ...]]
    states: int


CELLS: Dict[str, Cell] = {
    "lstm": Cell(nn.LSTM, torch.lstm, 2),
    "gru": Cell(nn.GRU, torch.gru, 1),
    "rnn_tanh": Cell(partial(nn.RNN, nonlinearity="tanh"), torch.rnn_tanh, 1),
    "rnn_relu": Cell(partial(nn.RNN, nonlinearity="relu"), torch.rnn_relu, 1),
}


class Recurrence(nn.Module):
    """Read sequences from their first step to their last.

    The cells are the LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al.
    2000), the GRU (Cho et al. 2014, its reset gate applied after the matrix product) and the
    simple network (Elman 1990) with tanh or ReLU.

    input_size (int): Width of the input.
    width (int): Width of the output.
    cell (str): Name of a cell in `CELLS`.
    forget_bias (float): Initial bias of the LSTM's forget gate (Jozefowicz et al. 2015).
    recurrent_dropout (float): Rate of the dropout on the hidden-to-hidden weights in training,
        the same at every step (Merity et al. 2018), so that fused kernels can be used.
    learn_initial_state (bool): Learn the state before the first step; otherwise it is zero.
    bptt (int): Steps after which the gradient is cut; 0 for never. The output is the same.
    """

    def __init__(
        self,
        input_size: int,
        width: int,
        *,
        cell: str = "lstm",
        forget_bias: float = 1.0,
        recurrent_dropout: float = 0.0,
        learn_initial_state: bool = False,
        bptt: int = 0,
    ) -> None:
        super().__init__()
        self.cell = cell
        self.recurrent_dropout = recurrent_dropout
        self.bptt = bptt
        self.weights = CELLS[cell].make(input_size, width)
        init_rnn(self.weights, forget_bias)
        self.states = nn.Parameter(
            torch.zeros(CELLS[cell].states, 1, width), requires_grad=learn_initial_state
        )

    def forward(
        self,
        x: Tensor,
        blocks: Sequence[Tuple[int, int]],
        dropout: float = 0.0,
        learn: bool = False,
        memo: Optional[Dict[Any, Any]] = None,
    ) -> Tensor:
        """Read a batch of sequences.

        x (Tensor): Shape (positions, input_size), see `Layout`.
        blocks (Sequence[Tuple[int, int]]): Steps and rows of each block. With `bptt` a block
            must end at each of its multiples.
        dropout (float): Rate of the variational dropout on the output.
        learn (bool): Apply the recurrent dropout.
        memo (Optional[Dict[Any, Any]]): In prediction, keeps packed weights.
        RETURNS (Tensor): Shape (positions, width).
        """
        run = self._kernel(x, learn, memo)
        rows = blocks[0][1]
        states = [state.to(x.dtype).expand(1, rows, -1).contiguous() for state in self.states]
        mask = dropout_mask(rows, self.weights.hidden_size, dropout, x) if dropout else None
        parts = x.split([n * m for n, m in blocks]) if len(blocks) > 1 else [x]
        outputs = []
        first_step = 0
        for part, (steps, rows) in zip(parts, blocks):
            if self.bptt and first_step and first_step % self.bptt == 0:
                states = [state.detach() for state in states]
            if rows < states[0].shape[1]:
                states = [state[:, :rows] for state in states]
            y, *states = run(part.view(steps, rows, -1), states)
            outputs.append((y if mask is None else y * mask[:rows]).flatten(0, 1))
            first_step += steps
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs)

    def _kernel(self, x: Tensor, learn: bool, memo: Optional[Dict[Any, Any]]) -> Kernel:
        weights: List[Tensor] = [*self.weights.all_weights[0]]
        if memo is not None and self.cell == "lstm" and can_pack(x.device.type, x.dtype):
            key = self, x.dtype
            if key not in memo:
                memo[key] = PackedLSTM(weights, x.dtype)
            return memo[key]
        if learn and self.recurrent_dropout:
            weights[1] = F.dropout(weights[1], self.recurrent_dropout)
        train = torch.is_grad_enabled()

        def run(x: Tensor, states: Sequence[Tensor]) -> Tuple[Tensor, ...]:
            start = states if len(states) > 1 else states[0]
            return CELLS[self.cell].run(x, start, weights, True, 1, 0.0, train, False, False)

        return run


def init_rnn(rnn: nn.RNNBase, forget_bias: float) -> None:
    """Initialize a recurrent module in place, gate by gate: Glorot for the input matrices,
    orthogonal for the recurrent ones, and zero for all biases except the forget gate.

    rnn (RNNBase): The module, of one layer and one direction.
    forget_bias (float): Initial bias of the forget gate, ignored for cells without one.
    """
    size = rnn.hidden_size
    with torch.no_grad():
        for name, param in rnn.named_parameters():
            for gate in param.split(size):
                if name.startswith("weight_ih"):
                    nn.init.xavier_uniform_(gate)
                elif name.startswith("weight_hh"):
                    nn.init.orthogonal_(gate)
                else:
                    nn.init.zeros_(gate)
        if isinstance(rnn, nn.LSTM):
            # PyTorch orders the gates input, forget, cell, output and adds both biases.
            rnn.get_parameter("bias_ih_l0")[size : 2 * size].fill_(forget_bias)
