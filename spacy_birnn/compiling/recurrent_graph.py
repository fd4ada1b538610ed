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
    directions = [rnn for rnn in (layer.forward_rnn, layer.backward_rnn) if rnn is not None]
    widths = {rnn.weights.hidden_size for rnn in directions}
    if len(widths) == 1:
        y = add_directions(graph, directions, x, "bidirectional" if directions[1:] else "forward")
    else:
        both = zip(directions, ("forward", "reverse"))
        parts = [add_directions(graph, [rnn], x, direction) for rnn, direction in both]
        y = graph.add("Concat", *parts, axis=2)
    if layer.residual:
        add = x
        if layer.project is not None:
            add = graph.add("MatMul", x, graph.constant(to_array(layer.project.weight).T))
        y = graph.add("Add", y, add)
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
    states = initial_states(graph, rnns, x)
    y = graph.add(
        OPERATORS[cell],
        *(x, w, r, b, "lengths", *states),
        hidden_size=size,
        direction=direction,
        **with_directions(EXTRAS.get(cell, {}), len(rnns)),
    )
    # From (steps, directions, rows, width) to (steps, rows, both widths).
    y = graph.add("Transpose", y, perm=[0, 2, 1, 3])
    return graph.add("Reshape", y, graph.constant(np.array([0, 0, -1], dtype=np.int64)))


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


def initial_states(graph: Graph, rnns: List[Recurrence], x: str) -> List[str]:
    """Add the states before the first step, for all rows, unless they are zero.

    graph (Graph): The graph.
    rnns (List[Recurrence]): The modules.
    x (str): The input, shape (steps, rows, input width).
    RETURNS (List[str]): The hidden state and, of an LSTM, the cell state, shape (directions, rows,
        width) each; or nothing.
    """
    # (states, directions, 1, width)
    values = np.stack([to_array(rnn.states) for rnn in rnns], axis=1)
    if not values.any():
        return []
    rows = graph.add("Shape", x, start=1, end=2)
    ones = graph.constant(np.array([1], dtype=np.int64))
    shape = graph.add("Concat", ones, rows, ones, axis=0)
    return [graph.add("Expand", graph.constant(state), shape) for state in values]


def to_array(weight: Any) -> NDArray[Any]:
    """Convert a weight to an array."""
    return weight.detach().cpu().numpy()
