"""Raw texts of any length, made of those of a corpus."""

from itertools import cycle
from pathlib import Path
from typing import List, Sequence

import spacy
from spacy.tokens import Doc, DocBin


def read_docs(path: Path) -> List[Doc]:
    """path (Path): A .spacy file.
    RETURNS (List[Doc]): Its documents, without empty ones.
    RAISES (ValueError): If there is none.
    """
    docs = DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)
    some = [doc for doc in docs if doc.text.strip()]
    if not some:
        raise ValueError(f"{path} has no documents with words.")
    return some


def take_texts(texts: Sequence[str], n_chars: int) -> List[str]:
    """texts (Sequence[str]): Texts, not empty.
    n_chars (int): Characters of all new texts together, or a little more.
    RETURNS (List[str]): The first of the texts; all of them again and again if need be.
    """
    taken = []
    for text in cycle(texts):
        if n_chars <= 0:
            break
        taken.append(text)
        n_chars -= len(text)
    return taken


def cut_texts(texts: Sequence[str], length: int, n_chars: int) -> List[str]:
    """texts (Sequence[str]): Texts, not empty.
    length (int): Characters of a new text.
    n_chars (int): Characters of all new texts, or a little more.
    RETURNS (List[str]): New texts, which repeat the characters of the others in order.
    """
    size = -(-n_chars // length) * length
    line = "".join(take_texts(texts, size))
    return [line[i : i + length] for i in range(0, size, length)]
