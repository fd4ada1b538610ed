"""Corpora as files, which are written whole or not at all, and their splits."""

import random
from pathlib import Path
from typing import Dict, Iterable, List, Sequence

from spacy.tokens import Doc, DocBin

from ..errors import InputError
from ..storage.atomic import replacing

SPLITS = ("train", "dev", "test")


def write_docs(path: Path, docs: Iterable[Doc]) -> int:
    """Write documents in spaCy's binary format.

    path (Path): The file, `.spacy`.
    docs (Iterable[Doc]): The documents.
    RETURNS (int): Number of words.
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

    Neighbouring documents often belong to one article, so that blocks of them stay together.

    docs (Sequence[Doc]): The documents.
    shares (Sequence[float]): Shares of train, dev and test.
    block_size (int): Documents per block.
    seed (int): Seed of the split.
    RETURNS (Dict[str, List[Doc]]): The documents by split, in their original order.
    RAISES (InputError): If the shares are not three numbers that sum to 1, or if a split would be
        empty.
    """
    if len(shares) != len(SPLITS) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(f"The shares {tuple(shares)} must be three numbers that sum to 1.")
    starts = list(range(0, len(docs), block_size))
    random.Random(seed).shuffle(starts)
    ends = [round(sum(shares[: i + 1]) * len(starts)) for i in range(len(shares))]
    splits = {}
    for name, first, last in zip(SPLITS, [0, *ends], ends):
        blocks = sorted(starts[first:last])
        splits[name] = [doc for start in blocks for doc in docs[start : start + block_size]]
        if not splits[name]:
            raise InputError(
                f"The split '{name}' would be empty, because {len(docs)} documents are "
                f"{len(starts)} blocks of {block_size}: choose smaller blocks (--block-size) or "
                f"other shares (--split)."
            )
    return splits


def take_evenly(docs: Sequence[Doc], n: int) -> List[Doc]:
    """Take documents from all parts of a corpus.

    docs (Sequence[Doc]): The documents.
    n (int): Number of documents to take.
    RETURNS (List[Doc]): The taken documents, in their original order.
    """
    n = min(n, len(docs))
    return [docs[i * len(docs) // n] for i in range(n)]
