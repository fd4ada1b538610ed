"""Segmented text: one document a line, its words split by white space."""

from pathlib import Path
from typing import Iterator

from spacy.tokens import Doc
from spacy.vocab import Vocab

from .files import CorpusError, read_lines


def read_segmented(
    path: Path, vocab: Vocab, *, spaces: bool = False, joiner: str = ""
) -> Iterator[Doc]:
    """Read one document a line; empty lines are passed over.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): The words are separated by spaces in the text, as in Vietnamese; otherwise by
        nothing, as in Chinese.
    joiner (str): What stands for a space inside of a word, such as the _ of học_sinh; "" for
        nothing.
    YIELDS (Doc): The documents.
    RAISES (CorpusError): If the file is missing, empty, not UTF-8, or holds no words.
    """
    n_docs = 0
    for _, line in read_lines(path):
        words = line.split()
        if joiner:
            words = [_with_spaces(word, joiner) for word in words]
        if words:
            n_docs += 1
            yield Doc(vocab, words=words, spaces=[spaces] * (len(words) - 1) + [False])
    if not n_docs:
        raise CorpusError(f"{path} holds no words: it should have a document on each line.")


def _with_spaces(word: str, joiner: str) -> str:
    """A word keeps its joiners if one of them is at an edge or beside another."""
    parts = word.split(joiner)
    return " ".join(parts) if all(parts) else word
