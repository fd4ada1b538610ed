"""What happens where memory runs out."""

import warnings
from typing import Sequence

from spacy.tokens import Doc


def is_out_of_memory(err: BaseException) -> bool:
    """err (BaseException): An error.
    RETURNS (bool): Whether it is want of memory, of a GPU or of the machine.
    """
    # PyTorch and CuPy give theirs this name; they are not imported for it.
    return isinstance(err, MemoryError) or type(err).__name__ == "OutOfMemoryError"


def warn_of_split(name: str, docs: Sequence[Doc], remedy: str) -> None:
    """name (str): Name of a component.
    docs (Sequence[Doc]): The batch that there was no memory for.
    remedy (str): What makes batches smaller.
    """
    warnings.warn(
        f"There is too little memory for the component '{name}' and a batch of {len(docs):,} "
        f"documents with {sum(map(len, docs)):,} tokens, so it goes on in smaller parts, more "
        f"slowly: set {remedy}.",
        stacklevel=3,
    )
