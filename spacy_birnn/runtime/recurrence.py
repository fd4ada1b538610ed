"""A compiled recurrent stack: batches of sequences through a network of ONNX Runtime."""

from typing import Any, Dict, Iterator, Sequence

import numpy as np

from ..tags.windows import IntArray, cut_windows
from .session import Session
from .tables import Arrays, FloatArray

# A batch holds sequences of similar length: the shortest has at least this share of the longest,
# or the batch has too few rows to be fast.
MIN_SHARE = 0.8
MIN_ROWS = 16
# Positions of a batch, which bound its scratch memory.
MAX_POSITIONS = 8192


class Recurrence:
    """The compiled form of `BiRNN`.

    settings (Dict[str, Any]): `width`, `window` and `overlap`, see `BiRNN`.
    arrays (Arrays): The network as "graph": from vectors "x", shape (steps, rows, input width), and
        "lengths", shape (rows,), to vectors, shape (steps, rows, width).
    threads (int): See `Session`.
    """

    def __init__(self, settings: Dict[str, Any], arrays: Arrays, threads: int) -> None:
        self.width = settings["width"]
        self.window, self.overlap = settings["window"], settings["overlap"]
        self.session = Session(arrays["graph"], threads)

    def __call__(self, x: FloatArray, lengths: Sequence[int], memo: Any = None) -> FloatArray:
        """Encode a batch of sequences, see `BiRNN.forward`."""
        y = np.empty((len(x), self.width), dtype=np.float32)
        windows = cut_windows(lengths, self.window, self.overlap)
        groups, padded = list(group_rows(windows.sizes)), []

        def make_inputs() -> Iterator[Dict[str, Any]]:
            for rows in groups:
                sizes, starts = windows.sizes[rows], windows.starts[rows]
                # Padding repeats the last item of its sequence, so it is always a valid item.
                padded.append(starts + np.minimum(np.arange(sizes[0])[:, None], sizes - 1))
                yield {"x": x[padded[-1]], "lengths": sizes.astype(np.int32)}

        for found, rows, items in zip(self.session.run(make_inputs()), groups, padded):
            steps = np.arange(len(items))[:, None]
            own = (windows.own_starts[rows] <= steps) & (steps < windows.own_ends[rows])
            y[items[own]] = found[own]
        return y


def group_rows(sizes: IntArray) -> Iterator[IntArray]:
    """Group sequences of similar length.

    sizes (IntArray): Length of each sequence. Empty ones are left out.
    YIELDS (IntArray): Numbers of the sequences of a batch, the longest first.
    """
    order = np.argsort(-sizes, kind="stable")
    order = order[: np.count_nonzero(sizes)]
    ordered = sizes[order]
    first = 0
    while first < len(order):
        longest = int(ordered[first])
        last = int(np.searchsorted(-ordered, -MIN_SHARE * longest, side="right"))
        last = min(max(last, first + MIN_ROWS), first + max(1, MAX_POSITIONS // longest))
        yield order[first:last]
        first = last
