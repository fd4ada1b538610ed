"""The models of other libraries inside Thinc's shims, which have no public attribute for them."""

from typing import Any

from thinc.shims import Shim
from torch import nn


def get_wrapped_model(shim: Shim) -> Any:
    """Get the model that a shim wraps.

    shim (Shim): Any shim.
    RETURNS (Any): Its model; None if it has none.
    """
    model = getattr(shim, "_model", None)
    modules = (value for value in vars(shim).values() if isinstance(value, nn.Module))
    return next(modules, None) if model is None else model
