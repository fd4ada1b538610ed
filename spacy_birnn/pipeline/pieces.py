"""Documents in pieces and batches that a model can read with bounded memory."""

import sys
from typing import Any, Callable, Iterator, List, NamedTuple, Sequence, Union

import numpy as np
from spacy.attrs import IDS
from spacy.tokens import Doc, Span

from ..nn.windows import cut_windows


class Part(Span):
    """A span that the embeddings of spaCy can read like a document."""

    def to_array(self, attrs: Any) -> Any:
        """attrs (Union[int, str, List[Union[int, str]]]): As in `Doc.to_array`.
        RETURNS (numpy.ndarray): As from `Doc.to_array`.
        """
        several = [attrs] if isinstance(attrs, (int, str)) else attrs
        ids = [IDS[a] if isinstance(a, str) else a for a in several]
        array = super().to_array(ids)  # type: ignore[misc]
        return array if len(several) > 1 else array[:, 0]


class Piece(NamedTuple):
    """What the model reads as one sequence.

    parent (int): Number of the document.
    tokens (Union[Doc, Part]): The document or a part of it.
    own (slice): Those of the tokens whose labels count; the others are context.
    """

    parent: int
    tokens: Union[Doc, Part]
    own: slice


def make_batches(
    docs: Sequence[Doc], max_length: int, overlap: int, may_cut: Callable[[], bool]
) -> Iterator[List[Piece]]:
    """Deal documents out to batches, and cut those that are too long for one.

    docs (Sequence[Doc]): The documents.
    max_length (int): Most tokens of a batch, context included; 0 for no limit.
    overlap (int): Tokens that a part of a document reads on either side as context.
    may_cut (Callable[[], bool]): Whether documents may be cut; otherwise one that is too long
        makes a batch of its own.
    YIELDS (List[Piece]): The batches, with the pieces of each document in order. Empty
        documents may be missing.
    """
    lengths = [len(doc) for doc in docs]
    limit = max_length or sys.maxsize
    if sum(lengths) <= limit:
        if any(lengths):
            yield [Piece(i, doc, slice(None)) for i, doc in enumerate(docs)]
        return
    pieces = cut_windows(lengths, limit if may_cut() else 0, overlap)
    starts = pieces.starts - (np.cumsum(lengths) - lengths)[pieces.parents]
    # All batches get about as much, because a small one is slow.
    total = int(pieces.sizes.sum())
    share = total / max(1, -(-total // limit))
    batch: List[Piece] = []
    filled = 0
    columns = (pieces.parents, starts, pieces.sizes, pieces.own_starts, pieces.own_ends)
    for parent, start, size, own_start, own_end in zip(*(c.tolist() for c in columns)):
        if filled and (filled >= share or filled + size > limit):
            yield batch
            batch, filled = [], 0
        doc = docs[parent]
        tokens = doc if size == len(doc) else Part(doc, start, start + size)
        batch.append(Piece(parent, tokens, slice(own_start, own_end)))
        filled += size
    if filled:
        yield batch
