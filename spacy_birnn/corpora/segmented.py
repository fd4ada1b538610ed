"""Segmented text: one document per line, with white space or another mark between words."""

import warnings
from pathlib import Path
from typing import Iterator, List, Optional

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import InputError
from .items import is_chain
from .text_files import count, shorten
from .text_parts import Line, check_word, read_parts


def read_segmented(
    path: Path,
    vocab: Vocab,
    *,
    spaces: bool = False,
    joiner: str = "",
    separator: str = "",
    skip_bad: bool = False,
) -> Iterator[Doc]:
    """Read one document per line; empty lines are skipped.

    A warning counts words that look like several words joined by a mark, as in 我/在/北京.

    path (Path): The file.
    vocab (Vocab): Vocabulary of the documents.
    spaces (bool): Spaces separate the words in the text, as in Vietnamese but not in Chinese.
    joiner (str): Character that stands for a space inside a word, such as _ in học_sinh; "" for
        none.
    separator (str): What stands between words, such as / or |; "" for white space. White space
        around it does not count, and words may have spaces inside.
    skip_bad (bool): Leave bad lines out, with one warning that counts them.
    YIELDS (Doc): The documents.
    RAISES (InputError): If the file is missing, empty or without words or separators, or if a line
        is bad and `skip_bad` is not set.
    """

    chains: List[Line] = []
    is_separated = False

    def parse(lines: List[Line]) -> Optional[Doc]:
        nonlocal is_separated
        ((number, line),) = lines
        words = _split(line, separator)
        if not words:
            return None
        for word in words:
            check_word(number, word)
        if joiner:
            words = [_with_spaces(word, joiner) for word in words]
        is_separated = is_separated or len(words) > 1
        if not separator:
            chains.extend((number, word) for word in words if is_chain(word))
        return Doc(vocab, words=words, spaces=[spaces] * (len(words) - 1) + [False])

    content = "no words: it should have a document on each line"
    yield from read_parts(path, parse, content=content, skip_bad=skip_bad)
    if separator and not is_separated:
        raise InputError(
            f"{path}: no line has the separator '{separator}': give the one that stands between "
            f"words."
        )
    if chains:
        number, word = chains[0]
        warnings.warn(
            f"{path}: {count(len(chains), 'word')} may be several, joined by a mark (first "
            f"'{shorten(word)}' on line {number}): put spaces between the words, or name the mark "
            f"with --separator.",
            stacklevel=2,
        )


def _split(line: str, separator: str) -> List[str]:
    if not separator:
        return line.split()
    separator = separator.replace(r"\t", "\t")
    return [word.strip() for word in line.split(separator) if word.strip()]


def _with_spaces(word: str, joiner: str) -> str:
    """Write spaces for joiners, unless one is at an edge of the word or beside another."""
    parts = word.split(joiner)
    return " ".join(parts) if all(parts) else word
