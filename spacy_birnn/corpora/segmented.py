"""Segmented text: one document a line, its words split by white space."""

from pathlib import Path
from typing import Iterator, List, Optional

from spacy.tokens import Doc
from spacy.vocab import Vocab

from .parts import Line, check_word, read_parts


def read_segmented(
    path: Path, vocab: Vocab, *, spaces: bool = False, joiner: str = "", skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document a line; empty lines are passed over.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): The words are separated by spaces in the text, as in Vietnamese; otherwise by
        nothing, as in Chinese.
    joiner (str): What stands for a space inside of a word, such as the _ of học_sinh; "" for
        nothing.
    skip_bad (bool): Leave bad lines out, with one warning that counts them.
    YIELDS (Doc): The documents.
    RAISES (CorpusError): If the file is missing, empty or holds no words, or if a line is bad and
        `skip_bad` is not set.
    """

    def parse(lines: List[Line]) -> Optional[Doc]:
        ((number, line),) = lines
        words = line.split()
        if not words:
            return None
        for word in words:
            check_word(number, word)
        if joiner:
            words = [_with_spaces(word, joiner) for word in words]
        return Doc(vocab, words=words, spaces=[spaces] * (len(words) - 1) + [False])

    content = "no words: it should have a document on each line"
    yield from read_parts(path, parse, content=content, skip_bad=skip_bad)


def _with_spaces(word: str, joiner: str) -> str:
    """A word keeps its joiners if one of them is at an edge or beside another."""
    parts = word.split(joiner)
    return " ".join(parts) if all(parts) else word
