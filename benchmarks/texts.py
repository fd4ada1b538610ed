"""Raw texts of any length, made from a corpus."""

from itertools import cycle
from pathlib import Path
from typing import List, Sequence

import spacy
from spacy.tokens import Doc, DocBin


def read_docs(path: Path) -> List[Doc]:
    """Read the documents of a .spacy file, without empty ones.

    RAISES (ValueError): If there is none.
    """
    docs = DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)
    some = [doc for doc in docs if doc.text.strip()]
    if not some:
        raise ValueError(f"{path} has no documents with words.")
    return some


def take_texts(texts: Sequence[str], n_chars: int) -> List[str]:
    """Take about `n_chars` characters of texts, repeated if necessary."""
    taken = []
    for text in cycle(texts):
        if n_chars <= 0:
            break
        taken.append(text)
        n_chars -= len(text)
    return taken


def cut_texts(texts: Sequence[str], length: int, n_chars: int) -> List[str]:
    """Make texts of `length` characters, about `n_chars` in all, from repeated characters."""
    size = -(-n_chars // length) * length
    line = "".join(take_texts(texts, size))
    return [line[i : i + length] for i in range(0, size, length)]
