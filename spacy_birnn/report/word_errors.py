"""Errors of a segmentation, and the recall of in-vocabulary and out-of-vocabulary words."""

from typing import Collection, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from spacy.training import Example

from ..labelling.resegment import words_of
from .error_places import Kind, Place, count_kinds

Border = Tuple[int, int]
# Longer words are counted together.
LONGEST = 6
# Separates words in the name of an error.
SEPARATOR = " | "


class Recall(NamedTuple):
    """The recall of words.

    found (int): Words that are found.
    total (int): All words.
    """

    found: int = 0
    total: int = 0


class WordErrors(NamedTuple):
    """The errors in the words of a corpus.

    known (Dict[int, Recall]): Recall of the words of the training data, by their length.
    unknown (Dict[int, Recall]): Recall of other words, by their length.
    skipped (int): Documents that are not scored, because their spaces are unknown.
    kinds (List[Kind]): The errors by annotated and predicted words.
    """

    known: Dict[int, Recall]
    unknown: Dict[int, Recall]
    skipped: int
    kinds: List[Kind]


def collect_words(
    examples: Iterable[Example], lexicon: Optional[Collection[str]]
) -> Optional[WordErrors]:
    """Compare words, which are right if both of their borders are.

    examples (Iterable[Example]): The examples.
    lexicon (Optional[Collection[str]]): The words of the training data; without them, all words
        count as known.
    RETURNS (Optional[WordErrors]): The errors; None if there are no words.
    """
    known_words = None if lexicon is None else set(lexicon)
    counts: Dict[Tuple[bool, int], Recall] = {}
    errors: List[Tuple[Tuple[str, str], Place]] = []
    skipped = 0
    for example in examples:
        if example.reference.has_unknown_spaces:
            skipped += 1
            continue
        text = example.reference.text
        gold, predicted = words_of(example.reference), words_of(example.predicted)
        found = set(predicted)
        for start, end in gold:
            is_known = known_words is None or text[start:end] in known_words
            key = is_known, min(end - start, LONGEST)
            old = counts.get(key, Recall())
            counts[key] = Recall(old.found + ((start, end) in found), old.total + 1)
        for ours, theirs in _differences(gold, predicted):
            borders = [*ours, *theirs]
            start, end = min(b[0] for b in borders), max(b[1] for b in borders)
            name = tuple(SEPARATOR.join(text[s:e] for s, e in words) for words in (ours, theirs))
            errors.append((name, Place(example.reference, example.predicted, start, end)))  # type: ignore[arg-type]
    if not counts and not skipped:
        return None
    known, unknown = (
        {length: n for (is_known, length), n in sorted(counts.items()) if is_known == wanted}
        for wanted in (True, False)
    )
    return WordErrors(known, unknown, skipped, count_kinds(errors))


def _differences(
    gold: List[Border], predicted: List[Border]
) -> Iterator[Tuple[List[Border], List[Border]]]:
    """Differing runs of words, from one common border to the next."""
    i = j = 0
    while i < len(gold) or j < len(predicted):
        first, second = i, j
        while True:
            behind = gold[i - 1][1] if i > first else -1
            other = predicted[j - 1][1] if j > second else -1
            if behind == other != -1:
                break
            if (behind <= other or j == len(predicted)) and i < len(gold):
                i += 1
            elif j < len(predicted):
                j += 1
            else:
                break
        if gold[first:i] != predicted[second:j]:
            yield gold[first:i], predicted[second:j]
