"""Scores of each tag, and which tags are taken for which."""

from collections import Counter, defaultdict
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from spacy.scorer import PRFScore
from spacy.training import Example

from .error_places import Kind, Place, count_kinds


class TagErrors(NamedTuple):
    """
    scores (Dict[str, PRFScore]): Score of each tag, in alphabetical order.
    counts (Counter): How often each tag is annotated.
    confusion (Counter): How often words of a tag, the first, were given another, the second.
    lost (int): Words that have no predicted tag, because no predicted word is part of them alone.
    kinds (List[Kind]): The errors, by annotated and predicted tag.
    """

    scores: Dict[str, PRFScore]
    counts: Counter
    confusion: Counter
    lost: int
    kinds: List[Kind]


def collect_tags(examples: Iterable[Example]) -> Optional[TagErrors]:
    """Compare tags as `Scorer.score_token_attr` does.

    examples (Iterable[Example]): The examples.
    RETURNS (Optional[TagErrors]): The errors; None if there are no tags.
    """
    counts: Counter = Counter()
    confusion: Counter = Counter()
    lost = 0
    errors: List[Tuple[Tuple[str, str], Place]] = []
    for example in examples:
        for number, found in _predicted_tags(example):
            token = example.reference[number]
            counts[token.tag_] += 1
            lost += not found
            for tag in sorted(found):
                confusion[token.tag_, tag] += 1
                if tag != token.tag_:
                    place = Place(
                        example.reference, example.predicted, token.idx, token.idx + len(token)
                    )
                    errors.append(((token.tag_, tag), place))
    if not counts:
        return None
    return TagErrors(_score(counts, confusion), counts, confusion, lost, count_kinds(errors))


def _predicted_tags(example: Example) -> Iterator[Tuple[int, Set[str]]]:
    """Number of each annotated token, and the tags of the words that are it or part of it."""
    found: Dict[int, Set[str]] = defaultdict(set)
    alignment = example.alignment.x2y
    lengths = alignment.lengths
    for token in example.predicted:
        if lengths[token.i] == 1 and not token.is_space:
            found[int(alignment[token.i][0])].add(token.tag_)
    for token in example.reference:
        if token.tag_:
            yield token.i, found[token.i]


def _score(counts: Counter, confusion: Counter) -> Dict[str, PRFScore]:
    tags = {*counts, *(predicted for _, predicted in confusion)}
    scores = {tag: PRFScore() for tag in sorted(tags)}
    for tag, score in scores.items():
        score.tp = confusion[tag, tag]
        score.fn = counts[tag] - score.tp
    for (gold, predicted), count in confusion.items():
        if predicted != gold:
            scores[predicted].fp += count
    return scores
