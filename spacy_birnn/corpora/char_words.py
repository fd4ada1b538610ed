"""Words from characters with their places, as CRF++ reads them: B, M, E and S."""

import warnings
from pathlib import Path
from typing import List, Sequence

from ..errors import InputError
from ..tags.text import detect_scheme, read_tags, split_tag
from .entity_tags import LETTERS, OUTSIDE
from .tagged_words import TaggedWords
from .text_files import count, number_lines
from .text_parts import SHOWN


def is_mark(cell: str) -> bool:
    """Tell whether a cell is the place of a character in its word.

    cell (str): The cell.
    RETURNS (bool): Whether it has a letter of a scheme, with or without a type.
    """
    return cell == OUTSIDE or split_tag(cell)[0] in LETTERS


def join_characters(path: Path, sentences: Sequence[TaggedWords]) -> List[TaggedWords]:
    """Join the characters of sentences to words.

    A type, as in B-n, is the tag of the word; otherwise it has the tag of its first character.
    Illegal places are repaired as in conlleval, and a warning counts them.

    path (Path): The file, for messages.
    sentences (Sequence[TaggedWords]): Sentences of characters with marks.
    RETURNS (List[TaggedWords]): Sentences of words.
    RAISES (InputError): If the marks follow no scheme or several.
    """
    letters = {split_tag(mark)[0] for sentence in sentences for mark in sentence.marks or ()}
    try:
        scheme = detect_scheme(letters - {OUTSIDE})
    except ValueError as err:
        raise InputError(f"{path}: {err}: convert the tags to one scheme.") from err
    repairs: List[int] = []
    joined = []
    for sentence in sentences:
        reading = read_tags(sentence.marks or [], scheme)
        repairs += [sentence.numbers[i] for i in reading.repairs]
        ends = {start: (end, name) for start, end, name in reading.spans}
        starts, words, tags = [], [], []
        start = 0
        while start < len(sentence.words):
            # A character outside of words is one of its own.
            end, name = ends.get(start, (start + 1, ""))
            starts.append(sentence.numbers[start])
            words.append("".join(sentence.words[start:end]))
            tags.append(name or (sentence.tags[start] if sentence.tags else ""))
            start = end
        joined.append(TaggedWords(starts, words, None, tags if any(tags) else None))
    if repairs:
        warnings.warn(
            f"{path}: {count(len(repairs), f'illegal {scheme} tag')} repaired, on "
            f"{number_lines(repairs, SHOWN)}: a tag that continues nothing begins a word, and an "
            f"unclosed word ends before the next tag.",
            stacklevel=3,
        )
    return joined
