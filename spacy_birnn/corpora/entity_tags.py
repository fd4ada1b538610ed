"""Entities from the tag of each token of a file."""

import re
import warnings
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..tags.schemes import SCHEMES
from ..tags.text import detect_scheme, read_tags, split_tag
from .text_files import count, number_lines, shorten
from .text_parts import SHOWN

OUTSIDE = "O"
MISSING = "-"
LETTERS = {letter for scheme in SCHEMES.values() for letter in scheme if letter}

# Separators of several labels of one token.
_BETWEEN = re.compile(r"[|,;/+&#\s]+")


class TaggedSentence(NamedTuple):
    """The tags of a sentence.

    numbers (List[int]): The line of each token.
    tags (List[str]): Its tag.
    """

    numbers: List[int]
    tags: List[str]


def is_tag(text: str) -> bool:
    """Tell whether a cell is a tag of a scheme.

    text (str): The cell.
    RETURNS (bool): Whether it is an entity tag, `OUTSIDE` or `MISSING`.
    """
    return text in (OUTSIDE, MISSING) or is_entity_tag(text)


def is_entity_tag(text: str) -> bool:
    """Tell whether a cell is an entity tag.

    text (str): The cell.
    RETURNS (bool): Whether it has a letter of a scheme and a type.
    """
    letter, name = split_tag(text)
    return letter in LETTERS and bool(name)


class EntityTags:
    """Set the entities of documents from tags, and count illegal and ambiguous tags.

    Illegal tags are repaired as in conlleval. Of several labels of one token, the one that
    continues the entity of the previous token is read, or else the first.

    path (Path): The file, for messages.
    unit (str): What the numbers of tokens count, such as lines or rows.
    """

    def __init__(self, path: Path, unit: str = "line") -> None:
        self._path = path
        self._unit = unit
        self._scheme = ""
        self._several: List[Tuple[int, str]] = []
        self._repairs: List[int] = []

    def sentence(self, numbers: Sequence[int], cells: Iterable[str]) -> TaggedSentence:
        """Read the tags of a sentence.

        numbers (Sequence[int]): The line of each token.
        cells (Iterable[str]): Its labels in the file.
        RETURNS (TaggedSentence): One tag for each token.
        """
        tags: List[str] = []
        for number, cell in zip(numbers, cells):
            labels = _split_labels(cell)
            if len(labels) > 1:
                self._several.append((number, cell))
            before = split_tag(tags[-1])[1] if tags else None
            continuing = (tag for tag in labels if _continues(tag, before))
            tags.append(next(continuing, labels[0]))
        return TaggedSentence(list(numbers), tags)

    def find_scheme(self, sentences: Iterable[TaggedSentence]) -> None:
        """Find the scheme, which `annotate` needs.

        sentences (Iterable[TaggedSentence]): All sentences of the file.
        RAISES (ValueError): If the tags follow no scheme or several.
        """
        first_line: Dict[str, int] = {}
        for numbers, tags in sentences:
            for number, tag in zip(numbers, tags):
                if is_entity_tag(tag):
                    first_line.setdefault(split_tag(tag)[0], number)
        try:
            self._scheme = detect_scheme(first_line)
        except ValueError as err:
            where = ", ".join(
                f"{letter} on {self._unit} {n}" for letter, n in sorted(first_line.items())
            )
            raise ValueError(f"{err} ({where})") from err

    def annotate(self, doc: Doc, sentence: TaggedSentence) -> None:
        """Set the entities of a document.

        doc (Doc): A document of one sentence.
        sentence (TaggedSentence): Its tags. Tokens with `MISSING` have no annotation.
        """
        reading = read_tags(sentence.tags, self._scheme)
        self._repairs += [sentence.numbers[i] for i in reading.repairs]
        entities = [Span(doc, start, end, label=name) for start, end, name in reading.spans]
        missing = [doc[i : i + 1] for i, tag in enumerate(sentence.tags) if tag == MISSING]
        doc.set_ents(entities, missing=missing, default="outside")

    def warn(self) -> None:
        """Warn once of all repairs, and once of all tokens with several labels."""
        if self._several:
            number, cell = self._several[0]
            warnings.warn(
                f"{self._path}: {count(len(self._several), 'token')} with several labels (first "
                f"'{shorten(cell)}' on {self._unit} {number}): the label that continues the "
                f"previous entity is read, or else the first one; keep one label per token to "
                f"choose it.",
                stacklevel=3,
            )
        if self._repairs:
            repaired = count(len(self._repairs), f"illegal {self._scheme} tag")
            warnings.warn(
                f"{self._path}: {repaired} repaired, on "
                f"{number_lines(self._repairs, SHOWN, self._unit)}: a tag that continues nothing "
                f"begins an entity, and an unclosed entity ends before the next tag.",
                stacklevel=3,
            )


def _split_labels(cell: str) -> List[str]:
    labels = _BETWEEN.split(cell)
    return labels if len(labels) > 1 and all(map(is_tag, labels)) else [cell]


def _continues(tag: str, before: Optional[str]) -> bool:
    """Whether a tag continues an entity of a type."""
    letter, name = split_tag(tag)
    starters = {scheme.begin for scheme in SCHEMES.values()}
    starters |= {scheme.single for scheme in SCHEMES.values()}
    return bool(name) and name == before and letter not in starters
