"""Errors and warnings about memory that runs out."""

import errno
import re
import warnings
from typing import Optional

# The errors of PyTorch on the CPU and of CUDA and its libraries that have no class of their own.
MESSAGES = re.compile(r"DefaultCPUAllocator|out[ _]of[ _]memory|_ALLOC_FAILED", re.IGNORECASE)
MORE = "end other processes, or use a machine or a GPU with more memory"


def is_out_of_memory(err: BaseException) -> bool:
    """Tell whether an error means that a GPU or the machine is out of memory.

    err (BaseException): An error.
    RETURNS (bool): Whether it is such an error, or was raised from one.
    """
    cause: Optional[BaseException] = err
    while cause is not None:
        # The name of the GPU errors of PyTorch and CuPy, which need not be imported for it.
        if isinstance(cause, MemoryError) or type(cause).__name__ == "OutOfMemoryError":
            return True
        if isinstance(cause, RuntimeError) and MESSAGES.search(str(cause)):
            return True
        if isinstance(cause, OSError) and cause.errno == errno.ENOMEM:
            return True
        cause = cause.__cause__
    return False


def warn_of_split(name: str, remedy: str) -> None:
    """Warn that a batch is processed in parts because memory runs out.

    name (str): Name of the component.
    remedy (str): The setting that makes its batches smaller.
    """
    # The text is the same for every batch, so Python shows it once.
    warnings.warn(
        f"There is too little memory for a batch of the component '{name}', so it is processed in "
        f"smaller parts, which is slower: set {remedy}.",
        stacklevel=3,
    )
