"""Arrays as safetensors, which are read in place, from bytes or from a memory-mapped file."""

from typing import Any, Dict, Mapping, Union

import numpy as np
import srsly
from numpy.typing import NDArray

# Bytes, or the bytes of a memory-mapped file.
Buffer = Union[bytes, NDArray[np.uint8]]
# Names of types in safetensors.
TYPES = {"F32": "<f4", "F16": "<f2", "I8": "<i1", "U8": "<u1", "I64": "<i8"}


def dump_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Serialize arrays.

    arrays (Mapping[str, NDArray]): The arrays by name.
    RETURNS (bytes): The arrays as safetensors.
    """
    # Imported here: blank pipelines store nothing.
    from safetensors.numpy import save

    return save(dict(arrays))


def read_arrays(buffer: Buffer) -> Dict[str, NDArray[Any]]:
    """Read arrays in place, so that a part of a mapped file is loaded when it is first used.

    buffer (Buffer): The result of `dump_arrays`.
    RETURNS (Dict[str, NDArray]): The arrays by name, which share its memory.
    RAISES (ValueError): If it is damaged.
    """
    try:
        size = 8 + int.from_bytes(bytes(buffer[:8]), "little")
        header: Any = srsly.json_loads(bytes(buffer[8:size]).decode("utf-8"))
        header.pop("__metadata__", None)
        return {name: _read_array(buffer, size, entry) for name, entry in header.items()}
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as err:
        raise ValueError(f"The compiled network is damaged ({err}): restore the file.") from err


def _read_array(buffer: Buffer, start: int, entry: Dict[str, Any]) -> NDArray[Any]:
    first, last = entry["data_offsets"]
    dtype = np.dtype(TYPES[entry["dtype"]])
    count, rest = divmod(last - first, dtype.itemsize)
    if rest or count < 0:
        raise ValueError(f"an array has {last - first} bytes")
    if not count:
        return np.zeros(entry["shape"], dtype=dtype)
    return np.frombuffer(buffer, dtype, count, start + first).reshape(entry["shape"])
