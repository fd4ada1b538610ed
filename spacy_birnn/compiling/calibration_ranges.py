"""The ranges of the inputs of recurrent layers, for weights and vectors of 8 bits."""

from contextlib import ExitStack, contextmanager
from typing import Any, Iterator, List

import numpy as np

from ..nn.birnn import BiRNN, BiRNNLayer
from .quantized_graph import Ranges
from .recurrent_graph import to_array


@contextmanager
def recorded_ranges(stacks: List[BiRNN]) -> Iterator[Ranges]:
    """Record the ranges of the inputs of recurrent layers while a block runs them.

    stacks (List[BiRNN]): The modules.
    YIELDS (Ranges): The ranges so far.
    """
    ranges: Ranges = {}

    def record(layer: Any, inputs: Any) -> None:
        found = to_array(inputs[0].abs().amax(dim=0).float())
        ranges[layer] = np.maximum(ranges.get(layer, found), found)

    with ExitStack() as hooks:
        for layer in (layer for stack in stacks for layer in stack.layers):
            assert isinstance(layer, BiRNNLayer)
            hooks.enter_context(layer.register_forward_pre_hook(record))
        yield ranges
