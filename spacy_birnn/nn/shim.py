"""PyTorch modules inside Thinc models.

PyTorch is imported when a module is built: models are made, and compiled ones run, without it.
"""

import copy
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Tuple

import srsly
from numpy.typing import NDArray
from thinc.api import Optimizer
from thinc.shims import Shim
from thinc.types import ArrayXd, FloatsXd

from ..errors import missing_extra
from ..training.steps import Steps

if TYPE_CHECKING:
    from torch import nn

FORMAT = 1
NO_TORCH = missing_extra("This model runs in PyTorch", "torch")


def import_modules() -> Any:
    """Import what needs PyTorch.

    RETURNS (ModuleType): `spacy_birnn.nn.modules`.
    RAISES (ImportError): If PyTorch is not installed.
    """
    try:
        import_module("torch")
    except ImportError as err:
        raise ImportError(NO_TORCH) from err
    from . import modules

    return modules


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

    def __init__(self, build: "Callable[..., nn.Module]", scale_gradients: bool = False) -> None:
        super().__init__(None)
        self._model: Optional[nn.Module] = None
        self._scale_gradients = scale_gradients
        self.memo: Dict[Any, Any] = {}
        self._build = build
        self._steps = Steps()

    def __getstate__(self) -> Dict[str, Any]:
        return {**self.__dict__, "memo": {}}

    @property
    def is_built(self) -> bool:
        """Whether the module has been built."""
        return self._model is not None

    @property
    def module(self) -> "nn.Module":
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
        RAISES (ImportError): If PyTorch is not installed.
        """
        place = import_modules().place
        self.cfg = dict(sizes)
        self.memo.clear()
        self._model = place(self._build(**sizes))

    def get_array(self, name: str) -> NDArray[Any]:
        """Get the values of a weight or a buffer of the module.

        name (str): Its name.
        RETURNS (NDArray): Its values.
        """
        return getattr(self.module, name).detach().cpu().numpy()

    def set_buffer(self, name: str, values: NDArray[Any]) -> None:
        """Set the values of a buffer of the module.

        name (str): Name of the buffer.
        values (NDArray): Its new values, of the same shape.
        """
        import_modules().set_buffer(self.module, name, values)

    def predict(self, *arrays: ArrayXd, **settings: Any) -> ArrayXd:
        """Run the module without recording gradients.

        *arrays (ArrayXd): Inputs, NumPy or CuPy.
        **settings (Any): Passed on to the module's `forward`.
        RETURNS (ArrayXd): The output.
        """
        return import_modules().predict(self.module, arrays, settings)

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
        begin_update = import_modules().begin_update
        return begin_update(self.module, arrays, settings, self._scale_gradients)

    def gradients(self) -> Iterator[FloatsXd]:
        """Iterate over the gradients of the weights, to be changed in place.

        YIELDS (FloatsXd): The gradient of each weight that has one; of a sparse gradient the rows
            that were used.
        """
        if self._model is not None:
            yield from import_modules().gradients(self._model)

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the weights by Thinc's optimizer. Of a table with a sparse gradient, only the rows
        that were used are updated.

        If the gradient is not finite, the step is skipped with a warning.

        optimizer (Optimizer): The optimizer.
        RAISES (ValueError): If the gradient was not finite in many steps in a row.
        """
        modules = import_modules()
        # The components of this package check whole models; spaCy's, such as tok2vec, do not.
        is_finite = self._model is None or modules.has_finite_gradient(self._model)
        is_taken = self._steps.take(f"layer {type(self._model).__name__}", is_finite)
        if is_taken and self._model is not None:
            modules.update(self._model, self.id, optimizer)
            self.memo.clear()

    @contextmanager
    def use_params(self, params: Dict[Any, ArrayXd]) -> Iterator[None]:
        """Use other weights, such as the optimizer's averages, within a block.

        params (Dict[Tuple[int, str], ArrayXd]): Values by shim id and parameter name.
        """
        if self._model is None:
            yield
            return
        try:
            with import_modules().use_weights(self._model, self.id, params):
                self.memo.clear()
                yield
        finally:
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
        state = None if self._model is None else import_modules().dump_weights(self._model)
        return srsly.msgpack_dumps({"format": FORMAT, "sizes": self.cfg, "state": state})

    def from_bytes(self, bytes_data: bytes) -> "TorchShim":
        """Rebuild the module from stored sizes and weights.

        bytes_data (bytes): The result of `to_bytes`.
        RETURNS (TorchShim): The shim itself.
        RAISES (ValueError): If the data are damaged, of another format, or of a model with
            other settings.
        RAISES (ImportError): If PyTorch is not installed.
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
        self._model = import_modules().load_module(self._build, msg["sizes"], msg["state"])
        self.cfg = dict(msg["sizes"])
        self.memo.clear()
        return self
