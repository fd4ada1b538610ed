"""What happens where memory runs out."""

import errno
import re
import warnings
from typing import Optional

# What PyTorch on the CPU, and what CUDA and its libraries say, which have no class of their own.
MESSAGES = re.compile(r"DefaultCPUAllocator|out[ _]of[ _]memory|_ALLOC_FAILED", re.IGNORECASE)
MORE = "end other processes, or use a machine or a GPU with more memory"


def is_out_of_memory(err: BaseException) -> bool:
    """Tell want of memory, of a GPU or of the machine, from other errors.

    err (BaseException): An error.
    RETURNS (bool): Whether it is want of memory, or was raised from such an error.
    """
    cause: Optional[BaseException] = err
    while cause is not None:
        # PyTorch and CuPy give those of a GPU this name; they are not imported for it.
        if isinstance(cause, MemoryError) or type(cause).__name__ == "OutOfMemoryError":
            return True
        if isinstance(cause, RuntimeError) and MESSAGES.search(str(cause)):
            return True
        if isinstance(cause, OSError) and cause.errno == errno.ENOMEM:
            return True
        cause = cause.__cause__
    return False


def warn_of_split(name: str, remedy: str) -> None:
    """name (str): Name of a component that there was no memory for.
    remedy (str): What makes its batches smaller.
    """
    # The same for every batch: Python shows it once.
    warnings.warn(
        f"There is too little memory for a batch of the component '{name}', so it goes on in "
        f"smaller parts, more slowly: set {remedy}.",
        stacklevel=3,
    )
