"""Units: what a model reads as one sequence, a document, a part of one, or a text."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Union

import numpy as np
from spacy.attrs import IDS
from spacy.tokens import Doc, Span

from ..tags.schemes import IntArray


class Part(Span):
    """A span that spaCy's embeddings can read like a document."""

    def to_array(self, attrs: Any) -> Any:
        """Export attributes of the tokens as `Doc.to_array` does, which allows a single attribute.

        attrs (Union[int, str, List[Union[int, str]]]): The attributes.
        RETURNS (numpy.ndarray): Their values.
        """
        several = [attrs] if isinstance(attrs, (int, str)) else attrs
        ids = [IDS[a] if isinstance(a, str) else a for a in several]
        array = super().to_array(ids)  # type: ignore[misc]
        return array if len(several) > 1 else array[:, 0]


class CharSpans(NamedTuple):
    """Spans of the characters of a text, in order and without overlaps.

    starts (IntArray): Shape (spans,): first characters.
    ends (IntArray): Shape (spans,): ends, exclusive.
    """

    starts: IntArray
    ends: IntArray

    def cut(self, start: int, end: int) -> "CharSpans":
        """Take the spans that are entirely inside a part of the text.

        start (int): First character of the part.
        end (int): End of the part, exclusive.
        RETURNS (CharSpans): The spans, relative to the start of the part.
        """
        inside = (self.starts >= start) & (self.ends <= end)
        return CharSpans(self.starts[inside] - start, self.ends[inside] - start)

    def outside(self, others: "CharSpans") -> "CharSpans":
        """Leave out the spans that overlap with others.

        others (CharSpans): The others.
        RETURNS (CharSpans): The remaining spans.
        """
        if not (len(self.starts) and len(others.starts)):
            return self
        before = np.searchsorted(others.ends, self.starts, side="right")
        free = before == np.searchsorted(others.starts, self.ends, side="left")
        return CharSpans(self.starts[free], self.ends[free])

    def union(self, others: "CharSpans") -> "CharSpans":
        """Add other spans.

        others (CharSpans): Spans that do not overlap with these.
        RETURNS (CharSpans): All of them, in order.
        """
        if not len(others.starts):
            return self
        both = np.concatenate([self, others], axis=1)
        return CharSpans(*both[:, np.argsort(both[0])])


NONE = CharSpans(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Text:
    """A text that the model reads character by character.

    text (str): The text.
    words (CharSpans): Spans that are words.
    runs (CharSpans): Spans of two characters or more that are not split, but may be part of a
        longer word.
    matches (CharSpans): Matches of the user dictionary.
    """

    text: str
    words: CharSpans = NONE
    runs: CharSpans = NONE
    matches: CharSpans = NONE

    def __len__(self) -> int:
        return len(self.text)

    def cut(self, start: int, end: int) -> "Text":
        """Take a part of the text.

        start (int): First character.
        end (int): End, exclusive.
        RETURNS (Text): That part, with the spans that are entirely inside it.
        """
        spans = (self.words, self.runs, self.matches)
        return Text(self.text[start:end], *(s.cut(start, end) for s in spans))


# What a model reads as one sequence: tokens, or the characters of a text.
Unit = Union[Doc, Part, Text]


def cut_unit(unit: Unit, start: int, end: int) -> Unit:
    """Take a part of a document or a text.

    unit (Unit): The document or text.
    start (int): First token or character.
    end (int): End, exclusive.
    RETURNS (Unit): The part.
    """
    return unit.cut(start, end) if isinstance(unit, Text) else Part(unit.doc, start, end)
