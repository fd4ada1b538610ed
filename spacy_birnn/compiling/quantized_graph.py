"""The network of ONNX for a stack of LSTM layers with weights and vectors of 8 bits.

ONNX Runtime multiplies integers of 8 bits much faster than floating-point numbers. Its quantized
LSTM takes the scale of the vectors from their range in the batch, so results would depend on the
batch. Here the range is always the same: vectors are clipped to [-1, 1], as states are by nature,
and each batch has one more row that reaches both ends of the range at each step (`pin_states`).
"""

from typing import Any, Dict, List, Tuple, cast

import numpy as np
from numpy.typing import NDArray

from ..nn.birnn import BiRNN, BiRNNLayer
from ..nn.cells import Recurrence
from .recurrent_graph import (
    Graph,
    add_residual_and_norm,
    get_states,
    group_directions,
    interleave,
    order_weights,
)

# Weights have 7 bits, because sums of two products of 8 bits overflow in the instructions of CPUs
# without VNNI. So all CPUs give the same results.
MAX_WEIGHT = 63
# The least range of a column of the input, as a share of the greatest: a column may be zero in all
# calibration data.
MIN_RANGE = 1 / 16
# A cell state that saturates the output, and the weight by which it saturates the gates of its own
# unit. Other rows have states of about 1, of which the weight leaves nothing.
PIN_STATE, PIN_WEIGHT = np.float32(1e9), np.float32(1e-7)
# The greatest absolute value of each column of the input of a layer, in calibration data.
Ranges = Dict[BiRNNLayer, NDArray[np.float32]]


def make_quantized_graph(stack: BiRNN, ranges: Ranges) -> NDArray[np.uint8]:
    """Make the network of a stack of LSTM layers in 8 bits.

    stack (BiRNN): The module.
    ranges (Ranges): The ranges of the inputs of its layers.
    RETURNS (NDArray[np.uint8]): The ONNX model, see `runtime.recurrence.Recurrence`.
    """
    graph, x, is_pinned = Graph(), "x", False
    layers = cast(List[BiRNNLayer], list(stack.layers))
    lengths = graph.add("Concat", "lengths", add_steps(graph), axis=0)
    for layer in layers:
        width = layer.forward_rnn.weights.input_size
        scale = np.ones(width, dtype=np.float32)
        pinned = x
        if not is_pinned:
            scale = np.maximum(ranges[layer], MIN_RANGE * ranges[layer].max())
            pinned = add_pin(graph, add_clipped(graph, x, scale), width)
        y = add_quantized_directions(graph, layer, pinned, lengths, scale)
        # States are in [-1, 1] and pinned; what is added to them or normalized is not.
        is_pinned = not layer.residual and layer.norm is None
        x = y if is_pinned else add_residual_and_norm(graph, layer, x, drop_pin(graph, y))
    graph.add("Identity", drop_pin(graph, x) if is_pinned else x, output="y")
    return graph.serialize(layers[0].forward_rnn.weights.input_size, stack.width)


def add_steps(graph: Graph) -> str:
    """Add the length of the row that is added, the number of steps."""
    return graph.add("Cast", graph.add("Shape", "x", start=0, end=1), to=6)


def add_clipped(graph: Graph, x: str, scale: NDArray[np.float32]) -> str:
    """Scale and clip each column to [-1, 1]."""
    ends = (graph.constant(np.array(end, dtype=np.float32)) for end in (-1, 1))
    return graph.add("Clip", graph.add("Mul", x, graph.constant(1 / scale)), *ends)


def add_pin(graph: Graph, x: str, width: int) -> str:
    """Add a row with -1 and 1 to a batch."""
    signs = np.where(np.arange(width) % 2, -1, 1).astype(np.float32)
    steps = graph.add("Shape", x, start=0, end=1)
    shape = graph.add("Concat", steps, graph.integers(1, 1), axis=0)
    return graph.add("Concat", x, graph.add("Expand", graph.constant(signs), shape), axis=1)


def drop_pin(graph: Graph, x: str) -> str:
    """Remove the last row of a batch."""
    return graph.add("Slice", x, graph.integers(0), graph.integers(-1), graph.integers(1))


def add_quantized_directions(
    graph: Graph, layer: BiRNNLayer, x: str, lengths: str, scale: NDArray[np.float32]
) -> str:
    """Add the recurrences of a layer.

    graph (Graph): The graph.
    layer (BiRNNLayer): The module.
    x (str): The input, in [-1, 1] and pinned, shape (steps, rows, input width).
    lengths (str): The length of each row.
    scale (NDArray[np.float32]): What the columns of the input were divided by.
    RETURNS (str): The concatenated outputs, pinned, shape (steps, rows, width).
    """
    outputs = []
    for rnns, direction in group_directions(layer):
        size = rnns[0].weights.hidden_size
        weights = [quantize_weights(rnn, scale) for rnn in rnns]
        w, w_scale, r, r_scale, b = (graph.constant(np.stack(part)) for part in zip(*weights))
        zero = graph.constant(np.zeros((len(rnns), 4 * size), dtype=np.int8))
        states, peephole = pin_states(graph, rnns, x)
        y = graph.add(
            "DynamicQuantizeLSTM",
            *(x, w, r, b, lengths, *states, peephole, w_scale, zero, r_scale, zero),
            domain="com.microsoft",
            hidden_size=size,
            direction=direction,
        )
        outputs.append(interleave(graph, y))
    return outputs[0] if len(outputs) == 1 else graph.add("Concat", *outputs, axis=2)


def quantize_weights(
    rnn: Recurrence, scale: NDArray[np.float32]
) -> Tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Quantize the weights of an LSTM, with a scale for each of its gates and units.

    rnn (Recurrence): The module.
    scale (NDArray[np.float32]): What the columns of the input were divided by.
    RETURNS (Tuple): The matrix of the input, shape (input width, 4 * width), and its scales; that
        of the state, shape (width, 4 * width), and its scales; and the biases.
    """
    w, r, b = order_weights(rnn)
    return (*quantize(w * scale), *quantize(r), b)


def quantize(weights: NDArray[Any]) -> Tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantize the rows of a matrix.

    weights (NDArray): Shape (rows, columns).
    RETURNS (Tuple[NDArray[np.int8], NDArray[np.float32]]): The transposed matrix, and the scale of
        each row.
    """
    largest = np.abs(weights).max(axis=1)
    scales = np.where(largest > 0, largest / MAX_WEIGHT, 1).astype(np.float32)
    rounded = np.rint(weights / scales[:, None]).clip(-MAX_WEIGHT, MAX_WEIGHT)
    return rounded.T.astype(np.int8), scales


def pin_states(graph: Graph, rnns: List[Recurrence], x: str) -> Tuple[List[str], str]:
    """Add states before the first step that stay at the ends of the range in the last row.

    There, the first unit of each direction has the hidden state 1 and a huge cell state, and the
    second unit has both negated. Peephole weights of these units keep their forget gates and output
    gates open, so the states stay as they are at every step.

    graph (Graph): The graph.
    rnns (List[Recurrence]): The modules, of at least two units.
    x (str): The input, shape (steps, rows, input width).
    RETURNS (Tuple[List[str], str]): The hidden state and the cell state, shape (directions, rows,
        width) each, and the peephole weights.
    """
    learned = get_states(rnns)
    directions, size = learned.shape[1], learned.shape[3]
    last = np.zeros_like(learned)
    last[:, :, :, 0] = np.array([1, PIN_STATE])[:, None, None]
    last[:, :, :, 1] = -last[:, :, :, 0]
    rows = graph.add("Sub", graph.add("Shape", x, start=1, end=2), graph.integers(1))
    shape = graph.add("Concat", graph.integers(1), rows, graph.integers(1), axis=0)
    states = [
        graph.add(
            "Concat",
            graph.add("Expand", graph.constant(of_rows), shape),
            graph.constant(of_last),
            axis=1,
        )
        for of_rows, of_last in zip(learned, last)
    ]
    # In ONNX's order of the gates: input, output, forget.
    peephole = np.zeros((directions, 3, size), dtype=np.float32)
    peephole[:, 1:, 0], peephole[:, 1:, 1] = PIN_WEIGHT, -PIN_WEIGHT
    return states, graph.constant(peephole.reshape(directions, -1))
