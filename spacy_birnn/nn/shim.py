"""PyTorch modules inside Thinc models."""

import copy
import itertools
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import srsly
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from thinc.api import Optimizer, torch2xp
from thinc.shims import Shim
from thinc.types import ArrayXd, FloatsXd
from torch import nn

from ..training.steps import Steps
from .arrays import all_finite, assign, get_gradient, new_device, to_floats, to_torch
from .gradient_scaling import backward_scaled
from .sparse_adam import can_update_rows, settle_averages, update_rows
from .threads import limit_worker_threads

FORMAT = 1


class TorchShim(Shim):
    """Run, train and store a torch module inside a Thinc model.

    Unlike `thinc.shims.PyTorchShim` it builds the module once its sizes are known, and again from
    the stored sizes when a model is loaded; it uses averaged weights (`use_averages`), stores
    weights as safetensors instead of pickle, and changes no state in prediction, so threads may
    share a model.

    memo (Dict[Any, Any]): Values that layers compute from the weights and keep for the next
        prediction. It is cleared when the weights change.
    build (Callable[..., nn.Module]): Makes the module from its sizes. The module's `forward`
        takes arrays by position and settings by name, such as a dropout rate, and must not
        depend on `module.training`. A module-level function or a `functools.partial` of
        one, so that the model can be pickled for worker processes.
    scale_gradients (bool): Scale gradients in the backward pass, for a module that computes in a
        type of 16 bits.
    """

    def __init__(self, build: Callable[..., nn.Module], scale_gradients: bool = False) -> None:
        super().__init__(None)
        self._model: Optional[nn.Module] = None
        self._scale_gradients = scale_gradients
        self.memo: Dict[Any, Any] = {}
        self._build = build
        self._steps = Steps()

    def __getstate__(self) -> Dict[str, Any]:
        return {**self.__dict__, "memo": {}}

    @property
    def module(self) -> nn.Module:
        """The module.

        RAISES (ValueError): If it has not been built.
        """
        if self._model is None:
            raise ValueError(
                "The model has no weights: call nlp.initialize() or load a trained pipeline."
            )
        return self._model

    def initialize(self, **sizes: int) -> None:
        """Build the module, with fresh weights.

        **sizes (int): The arguments for `build`. They are stored with the weights.
        """
        self.cfg = dict(sizes)
        self.memo.clear()
        self._model = self._build(**sizes).to(new_device())

    def get_buffer(self, name: str) -> NDArray[Any]:
        """Get the values of a buffer of the module.

        name (str): Name of the buffer.
        RETURNS (NDArray): Its values.
        """
        return self.module.get_buffer(name).cpu().numpy()

    def set_buffer(self, name: str, values: NDArray[Any]) -> None:
        """Set the values of a buffer of the module.

        name (str): Name of the buffer.
        values (NDArray): Its new values, of the same shape.
        """
        self.module.get_buffer(name).copy_(torch.from_numpy(values))

    def predict(self, *arrays: ArrayXd, **settings: Any) -> ArrayXd:
        """Run the module without recording gradients.

        *arrays (ArrayXd): Inputs, NumPy or CuPy.
        **settings (Any): Passed on to the module's `forward`.
        RETURNS (ArrayXd): The output.
        """
        limit_worker_threads()
        with torch.inference_mode():
            return torch2xp(self.module(*self._to_torch(arrays), **settings))

    def begin_update(
        self, *arrays: ArrayXd, **settings: Any
    ) -> Tuple[ArrayXd, Callable[[ArrayXd], List[Optional[ArrayXd]]]]:
        """Run the module and record its gradient.

        *arrays (ArrayXd): Inputs, NumPy or CuPy.
        **settings (Any): Passed on to the module's `forward`.
        RETURNS (Tuple[ArrayXd, Callable]): The output, and a function from its gradient to
            the gradients of the inputs (None for inputs of integers).
        """
        self.memo.clear()
        inputs = self._to_torch(arrays)
        for tensor in inputs:
            tensor.requires_grad_(tensor.is_floating_point())
        output = self.module(*inputs, **settings)

        def backprop(d_output: ArrayXd) -> List[Optional[ArrayXd]]:
            gradient = to_torch(d_output, output.device)
            if len(output) and self._scale_gradients:
                backward_scaled(output, gradient, [*inputs, *self.module.parameters()])
            elif len(output):
                output.backward(gradient)
            return [get_gradient(x) for x in inputs]

        return torch2xp(output), backprop

    def gradients(self) -> Iterator[FloatsXd]:
        """Iterate over the gradients of the weights, to be changed in place.

        YIELDS (FloatsXd): The gradient of each weight that has one; of a sparse gradient the rows
            that were used.
        """
        for _, weight in self._named_parameters():
            if weight.grad is None:
                continue
            if weight.grad.is_sparse:
                weight.grad = weight.grad.coalesce()
                yield to_floats(weight.grad.values())
            else:
                yield to_floats(weight.grad)

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the weights by Thinc's optimizer. Of a table with a sparse gradient, only the rows
        that were used are updated.

        If the gradient is not finite, the step is skipped with a warning.

        optimizer (Optimizer): The optimizer.
        RAISES (ValueError): If the gradient was not finite in many steps in a row.
        """
        # The components of this package check whole models; spaCy's, such as tok2vec, do not.
        is_finite = all_finite(weight.grad for _, weight in self._named_parameters())
        if not is_finite:
            self.module.zero_grad(set_to_none=True)
        if not self._steps.take(f"layer {type(self._model).__name__}", is_finite):
            return
        for name, weight in self._named_parameters():
            if weight.grad is None:
                continue
            key = (self.id, name)
            if weight.grad.is_sparse and can_update_rows(optimizer):
                gradient = weight.grad.coalesce()
                rows, d_rows = gradient.indices()[0], gradient.values()
                update_rows(optimizer, key, to_floats(weight), torch2xp(rows), to_floats(d_rows))
            else:
                d_weight = weight.grad.to_dense() if weight.grad.is_sparse else weight.grad
                value, _ = optimizer(key, to_floats(weight), to_floats(d_weight))
                assign(weight, value)
            weight.grad = None
        self.memo.clear()

    @contextmanager
    def use_params(self, params: Dict[Any, ArrayXd]) -> Iterator[None]:
        """Use other weights, such as the optimizer's averages, within a block.

        params (Dict[Tuple[int, str], ArrayXd]): Values by shim id and parameter name.
        """
        backup = {}
        for name, weight in self._named_parameters():
            key = (self.id, name)
            if key in params:
                settle_averages(params, key, to_floats(weight))
                backup[name] = weight.detach().clone()
                assign(weight, params[key])
        self.memo.clear()
        try:
            yield
        finally:
            for name, weight in self._named_parameters():
                if name in backup:
                    weight.data.copy_(backup[name])
            self.memo.clear()

    def copy(self) -> "TorchShim":
        """Copy the shim, with a new id, because optimizers keep their state by id.

        RETURNS (TorchShim): The copy.
        """
        copied = TorchShim(self._build, self._scale_gradients)
        state = self.cfg, self._model, self._steps
        copied.cfg, copied._model, copied._steps = copy.deepcopy(state)
        return copied

    def to_device(self, device_type: str, device_id: int) -> None:
        """Move the weights.

        device_type (str): "cpu" or "gpu".
        device_id (int): Number of the GPU.
        """
        self.memo.clear()
        if self._model is not None:
            self._model.to("cpu" if device_type == "cpu" else f"cuda:{device_id}")

    def to_bytes(self) -> bytes:
        """Serialize sizes and weights, if there are any.

        RETURNS (bytes): A message of msgpack, with the weights as safetensors.
        """
        state = None
        if self._model is not None:
            weights = self._model.state_dict()
            state = save_tensors({name: w.contiguous() for name, w in weights.items()})
        return srsly.msgpack_dumps({"format": FORMAT, "sizes": self.cfg, "state": state})

    def from_bytes(self, bytes_data: bytes) -> "TorchShim":
        """Rebuild the module from stored sizes and weights.

        bytes_data (bytes): The result of `to_bytes`.
        RETURNS (TorchShim): The shim itself.
        RAISES (ValueError): If the data are damaged, of another format, or of a model with
            other settings.
        """
        msg = srsly.msgpack_loads(bytes_data)
        if not isinstance(msg, dict) or msg.get("format") != FORMAT:
            found = msg.get("format") if isinstance(msg, dict) else None
            raise ValueError(
                f"The weights are stored in format {found}, but this version of spacy_birnn "
                f"reads format {FORMAT}: load them with the version that saved them."
            )
        if msg["state"] is None:
            self.cfg, self._model = {}, None
            return self
        try:
            weights = load_tensors(msg["state"])
        except SafetensorError as err:
            raise ValueError(f"The weights are damaged ({err}): restore the file.") from err
        # The initial weights are replaced, and must not advance the random state of a training.
        with torch.random.fork_rng(devices=[]):
            module = self._build(**msg["sizes"])
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
        self.cfg, self._model = dict(msg["sizes"]), module.to(new_device())
        self.memo.clear()
        return self

    def _to_torch(self, arrays: Tuple[ArrayXd, ...]) -> List[torch.Tensor]:
        device = self._device
        return [to_torch(array, device) for array in arrays]

    @property
    def _device(self) -> torch.device:
        tensors = itertools.chain(self.module.parameters(), self.module.buffers())
        return next(tensors).device

    def _named_parameters(self) -> Iterator[Tuple[str, nn.Parameter]]:
        return iter(()) if self._model is None else self._model.named_parameters()


def _shapes(state: Dict[str, torch.Tensor]) -> Dict[str, Tuple[int, ...]]:
    """The shapes of weights and buffers. Extra state may have any shape."""
    return {name: tuple(w.shape) for name, w in state.items() if name not in _extra_state(state)}


def _extra_state(state: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    return {name: w for name, w in state.items() if name.endswith("_extra_state")}
