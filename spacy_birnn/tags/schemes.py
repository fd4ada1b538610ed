"""Tag schemes: non-overlapping spans as one tag per token."""

from dataclasses import dataclass
from typing import Dict, Iterable, List, NamedTuple, Sequence, Set

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
OUTSIDE = 0


class Scheme(NamedTuple):
    """The letters of a scheme.

    begin (str): First token of a span.
    inside (str): Any other token of a span.
    last (str): Last token of a span of several tokens; "" if it is not marked.
    single (str): Only token of a span; "" if it is not marked.
    """

    begin: str
    inside: str
    last: str
    single: str


SCHEMES: Dict[str, Scheme] = {
    "BIO": Scheme("B", "I", "", ""),
    "BIOES": Scheme("B", "I", "E", "S"),
    "BILUO": Scheme("B", "I", "L", "U"),
    "BMES": Scheme("B", "M", "E", "S"),
}


class Spans(NamedTuple):
    """Spans of one sequence, in order.

    starts (IntArray): Shape (spans,): first token.
    ends (IntArray): Shape (spans,): the token after the last one.
    types (IntArray): Shape (spans,): number of the type.
    """

    starts: IntArray
    ends: IntArray
    types: IntArray


class Transitions(NamedTuple):
    """The legal transitions between tags. Any starter may follow any ender, and a sequence begins
    with a starter and ends with an ender; every other tag has two possible predecessors.

    starters (IntArray): Shape (starters,): tags outside of spans or at their beginning.
    enders (IntArray): Shape (enders,): tags outside of spans or at their end.
    continuers (IntArray): Shape (continuers,): all tags that are not starters.
    before (IntArray): Shape (continuers, 2): the predecessors of each continuer.
    """

    starters: IntArray
    enders: IntArray
    continuers: IntArray
    before: IntArray

    def reversed(self) -> "Transitions":
        """Reverse the transitions, for schemes that mark the last token of a span.

        RETURNS (Transitions): The transitions of sequences that are read from the end.
        """
        allowed = self.allowed()
        openers = np.setdiff1d(np.arange(len(allowed)), self.enders)
        after = np.array([np.flatnonzero(allowed[tag]) for tag in openers], dtype=np.int64)
        return Transitions(self.enders, self.starters, openers, after.reshape(-1, 2))

    def allowed(self) -> NDArray[np.bool_]:
        """Make the matrix of legal transitions.

        RETURNS (NDArray[np.bool_]): Shape (tags, tags): whether the second tag may follow the
            first.
        """
        n_tags = len(self.starters) + len(self.continuers)
        allowed = np.zeros((n_tags, n_tags), dtype=bool)
        allowed[np.ix_(self.enders, self.starters)] = True
        allowed[self.before, self.continuers[:, None]] = True
        return allowed


def unrestricted(n_tags: int) -> Transitions:
    """Make the transitions of tags that may follow each other in any order.

    n_tags (int): Number of tags.
    RETURNS (Transitions): The transitions.
    """
    tags = np.arange(n_tags)
    return Transitions(tags, tags, tags[:0], np.zeros((0, 2), dtype=np.int64))


@dataclass(frozen=True)
class PlainTags:
    """Tags that are labels of single tokens and follow each other in any order.

    n_tags (int): Number of labels.
    """

    n_tags: int

    def names(self, labels: Sequence[str]) -> List[str]:
        """Name the tags.

        labels (Sequence[str]): The labels.
        RETURNS (List[str]): The same.
        """
        return list(labels)

    def labels_of(self, names: Iterable[str]) -> Set[str]:
        """Find the labels of tags.

        names (Iterable[str]): Names of tags.
        RETURNS (Set[str]): The same.
        """
        return set(names)

    @property
    def transitions(self) -> Transitions:
        """The transitions, all of which are legal."""
        return unrestricted(self.n_tags)


@dataclass(frozen=True)
class TagSet:
    """The tags of a scheme as numbers.

    0 is the tag outside of all spans. The tags of the first type follow, then the tags of the
    second type, and so on, so that types can be added.

    scheme (str): Name of a scheme in `SCHEMES`.
    n_types (int): Number of types of spans.
    """

    scheme: str
    n_types: int

    @property
    def letters(self) -> List[str]:
        """The letters of the tags of a type, in the order of their numbers."""
        return [letter for letter in SCHEMES[self.scheme] if letter]

    @property
    def n_tags(self) -> int:
        """The number of tags."""
        return 1 + len(self.letters) * self.n_types

    def names(self, types: Sequence[str]) -> List[str]:
        """Name the tags.

        types (Sequence[str]): Names of the types.
        RETURNS (List[str]): Names of the tags, such as B-PER.
        """
        return ["O", *(f"{letter}-{name}" for name in types for letter in self.letters)]

    def labels_of(self, names: Iterable[str]) -> Set[str]:
        """Find the types of tags.

        names (Iterable[str]): Names of tags, such as B-PER and O.
        RETURNS (Set[str]): Names of the types.
        """
        return {name.partition("-")[2] for name in names} - {""}

    def encode(self, spans: Spans, length: int) -> IntArray:
        """Encode spans as tags.

        spans (Spans): Spans that do not overlap and are not empty.
        length (int): Number of tokens.
        RETURNS (IntArray): Shape (tokens,): the tags.
        """
        tags = np.full(length, OUTSIDE, dtype=np.int64)
        sizes = spans.ends - spans.starts
        first_tags = 1 + len(self.letters) * spans.types
        ranks = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        tags[np.repeat(spans.starts, sizes) + ranks] = np.repeat(first_tags + 1, sizes)
        tags[spans.starts] = first_tags
        if self.marks_ends:
            several = sizes > 1
            tags[spans.ends[several] - 1] = first_tags[several] + 2
            tags[spans.starts[~several]] = first_tags[~several] + 3
        return tags

    def decode(self, tags: IntArray) -> Spans:
        """Decode tags into spans.

        tags (IntArray): Shape (tokens,): a legal sequence of tags.
        RETURNS (Spans): The spans.
        """
        types, kinds = np.divmod(tags - 1, len(self.letters))
        inside = tags != OUTSIDE
        begins = inside & ((kinds == 0) | (kinds == 3))
        if self.marks_ends:
            ends = inside & (kinds >= 2)
        else:
            continues = np.append(inside[1:] & (kinds[1:] == 1), False)
            ends = inside & ~continues
        starts = np.flatnonzero(begins)
        return Spans(starts, np.flatnonzero(ends) + 1, types[starts])

    def decode_all(self, tags: Sequence[IntArray]) -> List[Spans]:
        """Decode the tags of several sequences at once.

        tags (Sequence[IntArray]): For each sequence, shape (tokens,): a legal sequence of tags.
        RETURNS (List[Spans]): The spans of each.
        """
        if not tags:
            return []
        spans = self.decode(np.concatenate(tags))
        borders = np.cumsum([0, *map(len, tags)])
        cuts = np.searchsorted(spans.starts, borders).tolist()
        return [
            Spans(spans.starts[i:j] - first, spans.ends[i:j] - first, spans.types[i:j])
            for first, i, j in zip(borders.tolist(), cuts, cuts[1:])
        ]

    @property
    def marks_ends(self) -> bool:
        """Whether the last token of a span has a tag of its own."""
        return bool(SCHEMES[self.scheme].last)

    @property
    def transitions(self) -> Transitions:
        """The legal transitions."""
        kinds = len(self.letters)
        first = 1 + kinds * np.arange(self.n_types)
        outside = np.array([OUTSIDE])
        before = np.stack([first, first + 1], axis=1)
        if not self.marks_ends:
            everything = np.arange(self.n_tags)
            return Transitions(np.append(outside, first), everything, first + 1, before)
        return Transitions(
            starters=np.sort(np.concatenate([outside, first, first + 3])),
            enders=np.sort(np.concatenate([outside, first + 2, first + 3])),
            continuers=np.stack([first + 1, first + 2], axis=1).ravel(),
            before=np.repeat(before, 2, axis=0),
        )
