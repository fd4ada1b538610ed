"""What a model reads as one sequence: a document, a part of one, or a text."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Union

import numpy as np
from spacy.attrs import IDS
from spacy.tokens import Doc, Span

from ..tags.schemes import IntArray


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


class Borders(NamedTuple):
    """Stretches of a text that do not overlap, in order.

    starts (IntArray): Shape (stretches,): first characters.
    ends (IntArray): Shape (stretches,): the characters after the last ones.
    """

    starts: IntArray
    ends: IntArray

    def cut(self, start: int, end: int) -> "Borders":
        """Take the stretches that are wholly inside a part of the text.

        start (int): First character of the part.
        end (int): The one after its last.
        RETURNS (Borders): The stretches, counted from the beginning of the part.
        """
        inside = (self.starts >= start) & (self.ends <= end)
        return Borders(self.starts[inside] - start, self.ends[inside] - start)

    def outside(self, others: "Borders") -> "Borders":
        """Leave out the stretches that overlap with others.

        others (Borders): The others.
        RETURNS (Borders): The stretches that are left.
        """
        before = np.searchsorted(others.ends, self.starts, side="right")
        free = before == np.searchsorted(others.starts, self.ends, side="left")
        return Borders(self.starts[free], self.ends[free])

    def union(self, others: "Borders") -> "Borders":
        """Add stretches.

        others (Borders): Stretches that do not overlap with these.
        RETURNS (Borders): All of them, in order.
        """
        both = np.concatenate([self, others], axis=1)
        return Borders(*both[:, np.argsort(both[0])])


NONE = Borders(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Text:
    """A text that is read character by character.

    text (str): The text.
    words (Borders): What must be a word.
    runs (Borders): What must not be split, two characters or more; a word may be longer.
    matches (Borders): Entries of the user dictionary.
    """

    text: str
    words: Borders = NONE
    runs: Borders = NONE
    matches: Borders = NONE

    def __len__(self) -> int:
        return len(self.text)

    def cut(self, start: int, end: int) -> "Text":
        """Take a part of the text.

        start (int): First character.
        end (int): The one after the last.
        RETURNS (Text): That part, with the stretches that are wholly inside it.
        """
        stretches = (self.words, self.runs, self.matches)
        return Text(self.text[start:end], *(s.cut(start, end) for s in stretches))


# What a model reads as one sequence: tokens, or the characters of a text.
Unit = Union[Doc, Part, Text]


def cut_unit(unit: Unit, start: int, end: int) -> Unit:
    """unit (Unit): A document or a text.
    start (int): First token or character.
    end (int): The one after the last.
    RETURNS (Unit): That part of it.
    """
    return unit.cut(start, end) if isinstance(unit, Text) else Part(unit.doc, start, end)
