"""Step-by-step traversal of concatenated sequences of different lengths."""

from typing import Iterator, Sequence, Union

import numpy as np

from .schemes import IntArray


class Lattice:
    """The tokens of a batch, step by step.

    The sequences are sorted by length, the longest first, so the sequences of a step are the first
    ones of the step before.

    lengths (Union[Sequence[int], IntArray]): Length of each sequence.
    """

    def __init__(self, lengths: Union[Sequence[int], IntArray]) -> None:
        sizes = np.asarray(lengths, dtype=np.int64)
        order = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
        self.first: IntArray = (np.cumsum(sizes) - sizes)[order]
        self.last: IntArray = self.first + sizes[order] - 1
        steps = np.arange(sizes.max(initial=0))
        self._active = len(order) - np.searchsorted(sizes[order][::-1], steps, "right")

    def forwards(self) -> Iterator[IntArray]:
        """Iterate over all steps except the first.

        YIELDS (IntArray): Shape (sequences,): the tokens of a step.
        """
        for step in range(1, len(self._active)):
            yield self.first[: self._active[step]] + step

    def backwards(self) -> Iterator[IntArray]:
        """Iterate over all steps except the first, in reverse.

        YIELDS (IntArray): Shape (sequences,): the tokens of a step.
        """
        for step in range(len(self._active) - 1, 0, -1):
            yield self.first[: self._active[step]] + step
