"""What a shim does with its PyTorch module: predict, backpropagate, update, store."""

import itertools
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from thinc.api import Optimizer, torch2xp
from thinc.types import ArrayXd, FloatsXd
from torch import nn

from .arrays import all_finite, assign, get_gradient, new_device, to_floats, to_torch
from .gradient_scaling import backward_scaled
from .sparse_adam import can_update_rows, settle_averages, update_rows
from .threads import limit_worker_threads

Backprop = Callable[[ArrayXd], List[Optional[ArrayXd]]]


def place(module: nn.Module) -> nn.Module:
    """Move a new module to the device of Thinc's arrays.

    module (nn.Module): The module.
    RETURNS (nn.Module): The module.
    """
    return module.to(new_device())


def set_buffer(module: nn.Module, name: str, values: NDArray[Any]) -> None:
    """Set the values of a buffer.

    module (nn.Module): The module.
    name (str): Name of the buffer.
    values (NDArray): Its new values, of the same shape.
    """
    module.get_buffer(name).copy_(torch.from_numpy(values))


def predict(module: nn.Module, arrays: Sequence[ArrayXd], settings: Dict[str, Any]) -> ArrayXd:
    """Run a module without recording gradients.

    module (nn.Module): The module.
    arrays (Sequence[ArrayXd]): Inputs, NumPy or CuPy.
    settings (Dict[str, Any]): Further arguments.
    RETURNS (ArrayXd): The output.
    """
    limit_worker_threads()
    with torch.inference_mode():
        return torch2xp(module(*_to_torch(module, arrays), **settings))


def begin_update(
    module: nn.Module, arrays: Sequence[ArrayXd], settings: Dict[str, Any], scale_gradients: bool
) -> Tuple[ArrayXd, Backprop]:
    """Run a module and record its gradient.

    module (nn.Module): The module.
    arrays (Sequence[ArrayXd]): Inputs, NumPy or CuPy.
    settings (Dict[str, Any]): Further arguments.
    scale_gradients (bool): Scale gradients in the backward pass.
    RETURNS (Tuple[ArrayXd, Callable]): The output, and a function from its gradient to the
        gradients of the inputs (None for inputs of integers).
    """
    inputs = _to_torch(module, arrays)
    for tensor in inputs:
        tensor.requires_grad_(tensor.is_floating_point())
    output = module(*inputs, **settings)

    def backprop(d_output: ArrayXd) -> List[Optional[ArrayXd]]:
        gradient = to_torch(d_output, output.device)
        if len(output) and scale_gradients:
            backward_scaled(output, gradient, [*inputs, *module.parameters()])
        elif len(output):
            output.backward(gradient)
        return [get_gradient(x) for x in inputs]

    return torch2xp(output), backprop


def gradients(module: nn.Module) -> Iterator[FloatsXd]:
    """Iterate over the gradients of the weights, to be changed in place.

    module (nn.Module): The module.
    YIELDS (FloatsXd): The gradient of each weight that has one; of a sparse gradient the rows that
        were used.
    """
    for weight in module.parameters():
        if weight.grad is None:
            continue
        if weight.grad.is_sparse:
            weight.grad = weight.grad.coalesce()
            yield to_floats(weight.grad.values())
        else:
            yield to_floats(weight.grad)


def has_finite_gradient(module: nn.Module) -> bool:
    """Check whether the gradients of all weights are finite, and drop them otherwise.

    module (nn.Module): The module.
    RETURNS (bool): Whether they are.
    """
    is_finite = all_finite(weight.grad for weight in module.parameters())
    if not is_finite:
        module.zero_grad(set_to_none=True)
    return is_finite


def update(module: nn.Module, shim_id: int, optimizer: Optimizer) -> None:
    """Update the weights from their gradients, which are dropped. Of a table with a sparse
    gradient, only the rows that were used are updated.

    module (nn.Module): The module.
    shim_id (int): The id of its shim, by which the optimizer keeps its state.
    optimizer (Optimizer): The optimizer.
    """
    for name, weight in module.named_parameters():
        if weight.grad is None:
            continue
        key = (shim_id, name)
        if weight.grad.is_sparse and can_update_rows(optimizer):
            gradient = weight.grad.coalesce()
            rows, d_rows = gradient.indices()[0], gradient.values()
            update_rows(optimizer, key, to_floats(weight), torch2xp(rows), to_floats(d_rows))
        else:
            d_weight = weight.grad.to_dense() if weight.grad.is_sparse else weight.grad
            value, _ = optimizer(key, to_floats(weight), to_floats(d_weight))
            assign(weight, value)
        weight.grad = None


@contextmanager
def use_weights(module: nn.Module, shim_id: int, params: Dict[Any, ArrayXd]) -> Iterator[None]:
    """Use other weights within a block.

    module (nn.Module): The module.
    shim_id (int): The id of its shim.
    params (Dict[Tuple[int, str], ArrayXd]): Values by shim id and parameter name.
    """
    backup = {}
    for name, weight in module.named_parameters():
        key = (shim_id, name)
        if key in params:
            settle_averages(params, key, to_floats(weight))
            backup[name] = weight.detach().clone()
            assign(weight, params[key])
    try:
        yield
    finally:
        for name, weight in module.named_parameters():
            if name in backup:
                weight.data.copy_(backup[name])


def dump_weights(module: nn.Module) -> bytes:
    """Serialize the weights and buffers.

    module (nn.Module): The module.
    RETURNS (bytes): The weights as safetensors.
    """
    return save_tensors({name: w.contiguous() for name, w in module.state_dict().items()})


def load_module(
    build: Callable[..., nn.Module], sizes: Dict[str, int], bytes_data: bytes
) -> nn.Module:
    """Build a module with stored weights.

    build (Callable[..., nn.Module]): Makes the module.
    sizes (Dict[str, int]): Its arguments.
    bytes_data (bytes): The result of `dump_weights`.
    RETURNS (nn.Module): The module.
    RAISES (ValueError): If the data are damaged, or of a module with other settings.
    """
    try:
        weights = load_tensors(bytes_data)
    except SafetensorError as err:
        raise ValueError(f"The weights are damaged ({err}): restore the file.") from err
    # The initial weights are replaced, and must not advance the random state of a training.
    with torch.random.fork_rng(devices=[]):
        module = build(**sizes)
    initial = module.state_dict()
    expected, found = _shapes(initial), _shapes(weights)
    if expected != found:
        names = sorted(n for n, _ in set(expected.items()) ^ set(found.items()))
        raise ValueError(
            f"The stored weights do not fit the config, because {', '.join(names)} differ: "
            f"load them with the config of their training."
        )
    # Older versions store no extra state.
    module.load_state_dict({**_extra_state(initial), **weights})
    return place(module)


def _to_torch(module: nn.Module, arrays: Sequence[ArrayXd]) -> List[torch.Tensor]:
    device = next(itertools.chain(module.parameters(), module.buffers())).device
    return [to_torch(array, device) for array in arrays]


def _shapes(state: Dict[str, torch.Tensor]) -> Dict[str, Tuple[int, ...]]:
    """The shapes of weights and buffers. Extra state may have any shape."""
    return {name: tuple(w.shape) for name, w in state.items() if name not in _extra_state(state)}


def _extra_state(state: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    return {name: w for name, w in state.items() if name.endswith("_extra_state")}
