"""The network of ONNX for a recurrent stack, with the weights of its PyTorch module."""

from typing import Any, Dict, List, Tuple, cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..nn.birnn import BiRNN, BiRNNLayer
from ..nn.cells import Recurrence

# Versions of the format and its operators that ONNX Runtime reads since its version 1.14.
IR_VERSION, OPSET = 8, 17
OPERATORS = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN", "rnn_relu": "RNN"}
# PyTorch orders the gates input, forget, cell, output and reset, update, new; ONNX input, output,
# forget, cell and update, reset, hidden.
GATES = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn_tanh": (0,), "rnn_relu": (0,)}
EXTRAS: Dict[str, Dict[str, Any]] = {
    "gru": {"linear_before_reset": 1},
    "rnn_tanh": {"activations": ["Tanh"]},
    "rnn_relu": {"activations": ["Relu"]},
}


class Graph:
    """Nodes and constants of a network, which are numbered in order, so that the same network is
    always written as the same bytes."""

    def __init__(self) -> None:
        self.nodes: List[Any] = []
        self.constants: List[Any] = []

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant.

        values (NDArray): Its values.
        RETURNS (str): Its name.
        """
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def integers(self, *values: int) -> str:
        """Add a constant vector of integers.

        *values (int): Its values.
        RETURNS (str): Its name.
        """
        return self.constant(np.array(values, dtype=np.int64))

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output.

        operator (str): Name of the operator.
        *inputs (str): Names of its inputs; "" for one that is left out.
        output (str): Name of the output; "" for a number.
        **attributes (Any): Attributes of the operator.
        RETURNS (str): Name of its output.
        """
        name = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def serialize(self, input_width: int, output_width: int) -> NDArray[np.uint8]:
        """Serialize the network, from "x" and "lengths" to "y".

        input_width (int): Width of a vector of "x".
        output_width (int): Width of a vector of "y".
        RETURNS (NDArray[np.uint8]): The ONNX model.
        """
        info, numbers = helper.make_tensor_value_info, TensorProto.FLOAT
        inputs = [
            info("x", numbers, ("steps", "rows", input_width)),
            info("lengths", TensorProto.INT32, ("rows",)),
        ]
        outputs = [info("y", numbers, ("steps", "rows", output_width))]
        graph = helper.make_graph(self.nodes, "birnn", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(
            graph, ir_version=IR_VERSION, opset_imports=opsets, producer_name="spacy_birnn"
        )
        onnx.checker.check_model(model)
        return np.frombuffer(model.SerializeToString(deterministic=True), dtype=np.uint8)


def make_graph(stack: BiRNN) -> NDArray[np.uint8]:
    """Make the network of a recurrent stack.

    stack (BiRNN): The module.
    RETURNS (NDArray[np.uint8]): The ONNX model, see `runtime.recurrence.Recurrence`.
    """
    graph, y = Graph(), "x"
    layers = cast(List[BiRNNLayer], list(stack.layers))
    for layer in layers:
        y = add_layer(graph, layer, y)
    graph.add("Identity", y, output="y")
    return graph.serialize(layers[0].forward_rnn.weights.input_size, stack.width)


def add_layer(graph: Graph, layer: BiRNNLayer, x: str) -> str:
    """Add a layer.

    graph (Graph): The graph.
    layer (BiRNNLayer): The module.
    x (str): The input, shape (steps, rows, input width).
    RETURNS (str): The output, shape (steps, rows, width).
    """
    outputs = [add_directions(graph, rnns, x, name) for rnns, name in group_directions(layer)]
    y = outputs[0] if len(outputs) == 1 else graph.add("Concat", *outputs, axis=2)
    return add_residual_and_norm(graph, layer, x, y)


def group_directions(layer: BiRNNLayer) -> List[Tuple[List[Recurrence], str]]:
    """Group the directions of a layer that one operator can compute.

    layer (BiRNNLayer): The module.
    RETURNS (List[Tuple[List[Recurrence], str]]): The modules of each group, which have the same
        width, and ONNX's name for their direction.
    """
    forward, backward = layer.forward_rnn, layer.backward_rnn
    if backward is None:
        return [([forward], "forward")]
    if forward.weights.hidden_size == backward.weights.hidden_size:
        return [([forward, backward], "bidirectional")]
    return [([forward], "forward"), ([backward], "reverse")]


def add_residual_and_norm(graph: Graph, layer: BiRNNLayer, x: str, y: str) -> str:
    """Add what follows the recurrences of a layer.

    graph (Graph): The graph.
    layer (BiRNNLayer): The module.
    x (str): The input of the layer, shape (steps, rows, input width).
    y (str): The output of its recurrences, shape (steps, rows, width).
    RETURNS (str): The output of the layer, shape (steps, rows, width).
    """
    if layer.residual:
        added = x
        if layer.project is not None:
            added = graph.add("MatMul", x, graph.constant(to_array(layer.project.weight).T))
        y = graph.add("Add", y, added)
    if layer.norm is not None:
        scale, bias = (graph.constant(to_array(w)) for w in (layer.norm.weight, layer.norm.bias))
        y = graph.add("LayerNormalization", y, scale, bias, axis=-1, epsilon=layer.norm.eps)
    return y


def add_directions(graph: Graph, rnns: List[Recurrence], x: str, direction: str) -> str:
    """Add recurrences of one width over the same input.

    graph (Graph): The graph.
    rnns (List[Recurrence]): The modules.
    x (str): The input, shape (steps, rows, input width).
    direction (str): "forward", "reverse" or "bidirectional".
    RETURNS (str): The concatenated outputs, shape (steps, rows, width).
    """
    cell, size = rnns[0].cell, rnns[0].weights.hidden_size
    weights = [order_weights(rnn) for rnn in rnns]
    w, r, b = (graph.constant(np.stack(part)) for part in zip(*weights))
    states = expand_states(graph, get_states(rnns), x)
    y = graph.add(
        OPERATORS[cell],
        *(x, w, r, b, "lengths", *states),
        hidden_size=size,
        direction=direction,
        **with_directions(EXTRAS.get(cell, {}), len(rnns)),
    )
    return interleave(graph, y)


def interleave(graph: Graph, y: str) -> str:
    """Convert outputs of shape (steps, directions, rows, width) to (steps, rows, both widths)."""
    y = graph.add("Transpose", y, perm=[0, 2, 1, 3])
    return graph.add("Reshape", y, graph.integers(0, 0, -1))


def with_directions(extras: Dict[str, Any], n_directions: int) -> Dict[str, Any]:
    """Repeat the activations of a simple network for each direction."""
    lists = {name: n_directions * v for name, v in extras.items() if isinstance(v, list)}
    return {**extras, **lists}


def order_weights(rnn: Recurrence) -> Tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Get the weights of a recurrence in the order of ONNX.

    rnn (Recurrence): The module.
    RETURNS (Tuple[NDArray, NDArray, NDArray]): The matrices of the input and of the state, shapes
        (gates * width, input width) and (gates * width, width), and all biases.
    """
    parts = [to_array(weight) for weight in rnn.weights.all_weights[0]]
    size = rnn.weights.hidden_size
    ordered = [
        np.concatenate([part[i * size : (i + 1) * size] for i in GATES[rnn.cell]]) for part in parts
    ]
    w, r, b_input, b_state = ordered
    return w, r, np.concatenate([b_input, b_state])


def get_states(rnns: List[Recurrence]) -> NDArray[Any]:
    """Get the states before the first step.

    rnns (List[Recurrence]): The modules, of one width.
    RETURNS (NDArray): Shape (states, directions, 1, width).
    """
    return np.stack([to_array(rnn.states) for rnn in rnns], axis=1)


def expand_states(graph: Graph, states: NDArray[Any], x: str) -> List[str]:
    """Add the states before the first step, for all rows, unless they are zero.

    graph (Graph): The graph.
    states (NDArray): See `get_states`.
    x (str): The input, shape (steps, rows, input width).
    RETURNS (List[str]): The hidden state and, of an LSTM, the cell state, shape (directions, rows,
        width) each; or nothing.
    """
    if not states.any():
        return []
    rows = graph.add("Shape", x, start=1, end=2)
    shape = graph.add("Concat", graph.integers(1), rows, graph.integers(1), axis=0)
    return [graph.add("Expand", graph.constant(state), shape) for state in states]


def to_array(weight: Any) -> NDArray[Any]:
    """Convert a weight to an array."""
    return weight.detach().cpu().numpy()
