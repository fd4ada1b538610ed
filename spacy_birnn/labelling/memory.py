"""What happens where memory runs out."""

import warnings


def is_out_of_memory(err: BaseException) -> bool:
    """err (BaseException): An error.
    RETURNS (bool): Whether it is want of memory, of a GPU or of the machine.
    """
    # PyTorch and CuPy give those of a GPU this name; they are not imported for it. That of
    # PyTorch on the CPU has no class of its own.
    of_gpu = type(err).__name__ == "OutOfMemoryError"
    return isinstance(err, MemoryError) or of_gpu or "DefaultCPUAllocator" in str(err)


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
