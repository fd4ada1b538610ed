"""Kinds of errors: how many there are, and where."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

from spacy.tokens import Doc

# Examples of each kind of errors, and tokens on each side of an example.
EXAMPLES = 3
CONTEXT = 8


class Place(NamedTuple):
    """The place of an error in two documents of the same text.

    gold (Doc): The annotated document.
    predicted (Doc): The predicted document.
    start (int): The first character of the error.
    end (int): The character after the last one.
    """

    gold: Doc
    predicted: Doc
    start: int
    end: int


@dataclass
class Kind:
    """A kind of errors.

    name (Tuple[str, ...]): The annotated and the predicted value.
    count (int): Number of errors.
    places (List[Place]): Their places in the first documents that have them.
    """

    name: Tuple[str, ...]
    count: int
    places: List[Place]


class Context(NamedTuple):
    """Text with the text before and after it."""

    before: str
    text: str
    after: str


def count_kinds(errors: Iterable[Tuple[Tuple[str, ...], Place]]) -> List[Kind]:
    """Count errors by kind.

    errors (Iterable[Tuple[Tuple[str, ...], Place]]): Name of the kind and place of each error.
    RETURNS (List[Kind]): The kinds, most frequent ones first.
    """
    counts: Dict[Tuple[str, ...], int] = defaultdict(int)
    places: Dict[Tuple[str, ...], List[Place]] = defaultdict(list)
    for name, place in errors:
        counts[name] += 1
        known = places[name]
        if len(known) < EXAMPLES and not (known and known[-1].gold is place.gold):
            known.append(place)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return [Kind(name, counts[name], places[name]) for name in ranked]


def context(place: Place) -> Context:
    """Get the text around an error.

    place (Place): The place of the error.
    RETURNS (Context): The text; "…" stands for omitted text.
    """
    first, last = window(place)
    text = place.gold.text
    before = text[first : place.start].lstrip()
    after = text[place.end : last].rstrip()
    return Context(
        "…" + before if text[:first].strip() else before,
        text[place.start : place.end],
        after + "…" if text[last:].strip() else after,
    )


def words_at(doc: Doc, place: Place) -> List[Tuple[str, bool]]:
    """List the words of a document in and around an error.

    doc (Doc): One of the two documents.
    place (Place): The place of the error.
    RETURNS (List[Tuple[str, bool]]): The words, and whether each is part of the error.
    """
    first, last = window(place)
    words = []
    for token in doc:
        start, end = max(token.idx, first), min(token.idx + len(token), last)
        if start < end and not token.is_space:
            words.append((doc.text[start:end], start < place.end and place.start < end))
    return words


def window(place: Place) -> Tuple[int, int]:
    """Find the borders of the text around an error.

    place (Place): The place of the error.
    RETURNS (Tuple[int, int]): The first character and the one after the last, at borders of
        annotated tokens.
    """
    span: Any = place.gold.char_span(place.start, place.end, alignment_mode="expand")
    if span is None:
        return place.start, place.end
    doc = place.gold
    around = doc[max(0, span.start - CONTEXT) : span.end + CONTEXT]
    return around.start_char, around.end_char
