"""Compiled networks inside Thinc models."""

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, NoReturn, Optional

import srsly
from numpy.typing import NDArray
from thinc.shims import Shim
from thinc.util import to_numpy

from .embeddings import CompiledBigrams, CompiledCharNgrams, CompiledWordChar
from .recurrence import Recurrence
from .stored_arrays import dump_arrays, read_arrays
from .tables import Arrays

FORMAT = 1
NO_TRAINING = (
    "Compiled networks can only predict: train the pipeline that they were compiled from, and "
    "compile it again."
)
# The compiled form of a layer, by the name of its Thinc model. The weights of others are used by
# Thinc alone.
NETWORKS: Dict[str, Callable[[Dict[str, Any], Arrays, int], Any]] = {
    "word_char_embed": CompiledWordChar,
    "bigram_embed": CompiledBigrams,
    "char_ngram_embed": CompiledCharNgrams,
    "birnn_encoder": Recurrence,
}


class CompiledShim(Shim):
    """Run a compiled network inside a Thinc model, where a `TorchShim` runs a PyTorch module.

    layer (str): Name of the Thinc model.
    threads (int): See `Session`.
    memo (Dict[Any, Any]): Values that layers compute from the weights and keep.
    arrays_apart (bool): Whether `to_bytes` leaves out the arrays, which are stored apart.
    """

    def __init__(self, layer: str, threads: int = 0) -> None:
        super().__init__(None)
        self.layer = layer
        self.threads = threads
        self.memo: Dict[Any, Any] = {}
        self.settings: Dict[str, Any] = {}
        self.arrays: Optional[Arrays] = None
        self._network: Any = None
        self.arrays_apart = False

    def __getstate__(self) -> Dict[str, Any]:
        return {**self.__dict__, "memo": {}}

    def load(self, settings: Dict[str, Any], arrays: Arrays) -> None:
        """Set the network.

        settings (Dict[str, Any]): Its settings, as JSON.
        arrays (Arrays): Its arrays by name.
        RAISES (ImportError): If ONNX Runtime is not installed.
        """
        make = NETWORKS.get(self.layer)
        network = None if make is None else make(settings, arrays, self.threads)
        self.settings, self.arrays, self._network = settings, arrays, network
        self.memo.clear()

    def get_array(self, name: str) -> NDArray[Any]:
        """Get an array of the network.

        name (str): Its name.
        RETURNS (NDArray): Its values.
        """
        return self._loaded[name]

    def predict(self, *arrays: Any, **settings: Any) -> Any:
        """Run the network.

        *arrays (ArrayXd): Inputs, on any device.
        **settings (Any): Further arguments.
        RETURNS (Floats2d): The output, on the CPU.
        """
        self._loaded  # noqa: B018
        return self._network(*map(to_numpy, arrays), **settings)

    def initialize(self, **sizes: int) -> NoReturn:
        """Refuse to make new weights.

        RAISES (ValueError): Always.
        """
        raise ValueError(NO_TRAINING)

    def begin_update(self, *arrays: Any, **settings: Any) -> NoReturn:
        """Refuse to compute a gradient.

        RAISES (ValueError): Always.
        """
        raise ValueError(NO_TRAINING)

    def finish_update(self, optimizer: Any) -> None:
        """Do nothing, because there is no gradient."""

    @contextmanager
    def use_params(self, params: Any) -> Iterator[None]:
        """Change nothing within a block, because an optimizer has no averages of these weights."""
        yield

    def copy(self) -> "CompiledShim":
        """Copy the shim, with a new id and the same network.

        RETURNS (CompiledShim): The copy.
        """
        copied = CompiledShim(self.layer, self.threads)
        state = self.settings, self.arrays, self._network
        copied.settings, copied.arrays, copied._network = state
        return copied

    def to_device(self, device_type: str, device_id: int) -> None:
        """Stay on the CPU."""

    def to_bytes(self) -> bytes:
        """Serialize the network.

        RETURNS (bytes): A message of msgpack, with the arrays as safetensors.
        """
        arrays = None
        if self.arrays is not None and not self.arrays_apart:
            arrays = dump_arrays(self.arrays)
        message = {"format": FORMAT, "compiled": self.settings, "arrays": arrays}
        return srsly.msgpack_dumps(message)

    def from_bytes(self, bytes_data: bytes) -> "CompiledShim":
        """Load a network, or only its settings if its arrays are stored apart.

        bytes_data (bytes): The result of `to_bytes`.
        RETURNS (CompiledShim): The shim itself.
        RAISES (ValueError): If the data are damaged, or not of a compiled network.
        RAISES (ImportError): If ONNX Runtime is not installed.
        """
        message = srsly.msgpack_loads(bytes_data)
        if not isinstance(message, dict) or message.get("format") != FORMAT:
            raise ValueError("The compiled network is stored in another format: compile it again.")
        if "compiled" not in message:
            raise ValueError("The weights are not compiled, and the config says so: restore it.")
        self.settings = message["compiled"]
        if message["arrays"] is not None:
            self.load(self.settings, read_arrays(message["arrays"]))
        return self

    @property
    def _loaded(self) -> Arrays:
        if self.arrays is None:
            raise ValueError("The compiled model has no weights: load a compiled pipeline.")
        return self.arrays
