"""Errors of a kind, counted, and where they are."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

from spacy.tokens import Doc

# Of each kind of errors so many examples are shown, with so many tokens on either side.
EXAMPLES = 3
CONTEXT = 8


class Place(NamedTuple):
    """Where an error is: from one character of the text to another. Both documents have the same
    text.

    gold (Doc): The annotated document.
    predicted (Doc): What was predicted for it.
    """

    gold: Doc
    predicted: Doc
    start: int
    end: int


@dataclass
class Kind:
    """
    name (Tuple[str, ...]): What was annotated, what was predicted.
    count (int): How often.
    places (List[Place]): Where, in the first documents that have it.
    """

    name: Tuple[str, ...]
    count: int
    places: List[Place]


class Context(NamedTuple):
    """A stretch of text, and the text on its sides."""

    before: str
    text: str
    after: str


def count_kinds(errors: Iterable[Tuple[Tuple[str, ...], Place]]) -> List[Kind]:
    """errors (Iterable[Tuple[Tuple[str, ...], Place]]): Name of the kind and place of each error.
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
    """place (Place): A place.
    RETURNS (Context): The text there; "…" shows where it goes on.
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
    """doc (Doc): One of the documents of a place.
    place (Place): The place.
    RETURNS (List[Tuple[str, bool]]): The words there and around it, and whether each is there.
    """
    first, last = window(place)
    words = []
    for token in doc:
        start, end = max(token.idx, first), min(token.idx + len(token), last)
        if start < end and not token.is_space:
            words.append((doc.text[start:end], start < place.end and place.start < end))
    return words


def window(place: Place) -> Tuple[int, int]:
    """place (Place): A place.
    RETURNS (Tuple[int, int]): The characters around it, from the first to the one after the
        last, that begin and end with tokens of the annotated document.
    """
    span: Any = place.gold.char_span(place.start, place.end, alignment_mode="expand")
    if span is None:
        return place.start, place.end
    doc = place.gold
    around = doc[max(0, span.start - CONTEXT) : span.end + CONTEXT]
    return around.start_char, around.end_char
