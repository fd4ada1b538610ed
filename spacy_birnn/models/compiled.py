"""Models whose networks run in ONNX Runtime and NumPy instead of PyTorch."""

from thinc.api import Model

from ..nn.shim import TorchShim
from ..runtime.compiled_shim import CompiledShim
from .checks import check_at_least


def Compiled(model: Model, threads: int = 0) -> Model:
    """Run the networks of a model without PyTorch. `spacy birnn compile` writes configs with this
    architecture, and the weights that it loads.

    model (Model): The model, as it was trained.
    threads (int): Threads of each network. 0 for the number in the environment variable
        OMP_NUM_THREADS, or for all cores if it is not set; in worker processes, one.
    RETURNS (Model): The same model, for prediction only.
    RAISES (ConfigValidationError): If the number of threads is negative.
    """
    check_at_least("Compiled", 0, threads=threads)
    for node in model.walk():
        node.shims[:] = [
            CompiledShim(node.name, threads) if isinstance(shim, TorchShim) else shim
            for shim in node.shims
        ]
    return model
