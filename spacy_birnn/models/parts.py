"""Lists of arrays that are consecutive parts of one array, as layers return them."""

from typing import Any, List, cast

import numpy as np
from thinc.api import Ops
from thinc.types import Floats2d


def join_parts(ops: Ops, parts: List[Floats2d]) -> Floats2d:
    """Concatenate arrays for prediction, without a copy if they are parts of one array.

    ops (Ops): Concatenates others.
    parts (List[Floats2d]): The arrays, shape (items, width) each.
    RETURNS (Floats2d): Shape (all items, width). It may share the memory of the arrays.
    """
    whole: Any = getattr(parts[0], "base", None) if parts else None
    if isinstance(whole, np.ndarray) and _is_joined(whole, parts):
        return cast(Floats2d, whole)
    return ops.flatten(parts)


def _is_joined(whole: Any, parts: List[Any]) -> bool:
    """Check whether an array consists of some of its parts, in order."""
    same = all(p.base is whole and p.shape[1:] == whole.shape[1:] for p in parts)
    if not (same and whole.flags.c_contiguous and sum(map(len, parts)) == len(whole)):
        return False
    place = _address(whole)
    for part in parts:
        if part.size and (_address(part) != place or part.dtype != whole.dtype):
            return False
        place += part.nbytes
    return True


def _address(array: Any) -> int:
    return array.__array_interface__["data"][0]
