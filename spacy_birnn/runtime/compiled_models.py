"""Models with compiled networks: their files, and the refusal to train them."""

from functools import partial
from typing import Any, Callable, Dict, List

from thinc.api import Model

from .compiled_shim import CompiledShim
from .stored_arrays import Buffer, dump_arrays, read_arrays

# Where a pipeline says in its meta.json how it was compiled, see `compiling.pipelines`.
COMPILED = "compiled"
# The arrays of a compiled model, in a file of their own, because it is mapped into memory.
ARRAYS = "model.safetensors"


def find_compiled(model: Model) -> List[CompiledShim]:
    """Find the compiled networks of a model.

    model (Model): The model.
    RETURNS (List[CompiledShim]): Their shims; none if the model is not compiled.
    """
    return [shim for node in model.walk() for shim in node.shims if isinstance(shim, CompiledShim)]


def refuse_training(name: str, model: Model) -> None:
    """Refuse to train a compiled component.

    name (str): Name of the component.
    model (Model): Its model.
    RAISES (ValueError): If the model is compiled.
    """
    if find_compiled(model):
        raise ValueError(
            f"The component '{name}' cannot be trained, because it is compiled: train the pipeline "
            f"that it was compiled from, and compile it again."
        )


def model_writers(model: Model) -> Dict[str, Callable[[], bytes]]:
    """Get a function for each file of a model that makes its contents.

    model (Model): The model.
    RETURNS (Dict[str, Callable[[], bytes]]): The functions by name of the file.
    """
    if not find_compiled(model):
        return {"model": model.to_bytes}
    return {"model": partial(_dump_without_arrays, model), ARRAYS: partial(_dump_arrays, model)}


def arrays_readers(model: Model) -> Dict[str, Callable[[Any], Any]]:
    """Get a function that loads the file of arrays, if a model is compiled.

    model (Model): The model.
    RETURNS (Dict[str, Callable[[Buffer], Any]]): The function by name of the file.
    """
    return {ARRAYS: partial(_load_arrays, model)} if find_compiled(model) else {}


def _dump_without_arrays(model: Model) -> bytes:
    shims = find_compiled(model)
    try:
        for shim in shims:
            shim.arrays_apart = True
        return model.to_bytes()
    finally:
        for shim in shims:
            shim.arrays_apart = False


def _dump_arrays(model: Model) -> bytes:
    parts = [(number, shim.arrays or {}) for number, shim in enumerate(find_compiled(model))]
    return dump_arrays({f"{n}.{name}": array for n, part in parts for name, array in part.items()})


def _load_arrays(model: Model, buffer: Buffer) -> None:
    arrays = read_arrays(buffer)
    for number, shim in enumerate(find_compiled(model)):
        prefix = f"{number}."
        own = {n[len(prefix) :]: a for n, a in arrays.items() if n.startswith(prefix)}
        if own:
            shim.load(shim.settings, own)
