"""Writing corpora: a file is complete or untouched, whatever happens."""

import random
from pathlib import Path
from typing import Dict, Iterable, List, Sequence

from spacy.tokens import Doc, DocBin

from ..storage.atomic import replacing

SPLITS = ("train", "dev", "test")


def write_docs(path: Path, docs: Iterable[Doc]) -> int:
    """Write documents in spaCy's binary format.

    path (Path): A file, `.spacy`.
    docs (Iterable[Doc]): The documents.
    RETURNS (int): Words written.
    """
    doc_bin = DocBin(store_user_data=True)
    n_words = 0
    for doc in docs:
        doc_bin.add(doc)
        n_words += len(doc)
    with replacing(path) as temporary:
        doc_bin.to_disk(temporary)
    return n_words


def split_docs(
    docs: Sequence[Doc], shares: Sequence[float], block_size: int, seed: int
) -> Dict[str, List[Doc]]:
    """Split a corpus into train, dev and test.

    Neighbouring documents often belong to one article, so whole blocks of them are dealt out.

    docs (Sequence[Doc]): The documents.
    shares (Sequence[float]): Share of the blocks for train, dev and test.
    block_size (int): Documents of a block.
    seed (int): The split is the same for the same seed.
    RETURNS (Dict[str, List[Doc]]): The documents by name of the split, in their old order.
    RAISES (ValueError): If the shares are not three numbers that add up to 1, or if a split
        would be empty.
    """
    if len(shares) != len(SPLITS) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"The shares {tuple(shares)} must be three numbers that add up to 1.")
    starts = list(range(0, len(docs), block_size))
    random.Random(seed).shuffle(starts)
    ends = [round(sum(shares[: i + 1]) * len(starts)) for i in range(len(shares))]
    splits = {}
    for name, first, last in zip(SPLITS, [0, *ends], ends):
        blocks = sorted(starts[first:last])
        splits[name] = [doc for start in blocks for doc in docs[start : start + block_size]]
        if not splits[name]:
            raise ValueError(
                f"The split '{name}' would be empty: {len(docs)} documents are {len(starts)} "
                f"blocks of {block_size}: choose smaller blocks (--block-size) or other shares "
                f"(--split)."
            )
    return splits


def take_evenly(docs: Sequence[Doc], n: int) -> List[Doc]:
    """
    docs (Sequence[Doc]): Documents.
    n (int): How many to take.
    RETURNS (List[Doc]): That many of them, from all parts of the corpus, in their old order.
    """
    n = min(n, len(docs))
    return [docs[i * len(docs) // n] for i in range(n)]
