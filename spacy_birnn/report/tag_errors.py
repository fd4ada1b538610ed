"""Scores of each tag, and the confusion matrix."""

from collections import Counter, defaultdict
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from spacy.scorer import PRFScore
from spacy.training import Example

from .error_places import Kind, Place, count_kinds


class TagErrors(NamedTuple):
    """The errors in the tags of a corpus.

    scores (Dict[str, PRFScore]): Score of each tag, in alphabetical order.
    counts (Counter): Number of words by annotated tag.
    confusion (Counter): Number of words by annotated and predicted tag.
    lost (int): Words without a predicted tag, because every predicted word that overlaps them
        overlaps others as well.
    kinds (List[Kind]): The errors by annotated and predicted tag.
    """

    scores: Dict[str, PRFScore]
    counts: Counter
    confusion: Counter
    lost: int
    kinds: List[Kind]


def collect_tags(examples: Iterable[Example], attr: str = "tag_") -> Optional[TagErrors]:
    """Compare tags as `Scorer.score_token_attr` does.

    examples (Iterable[Example]): The examples.
    attr (str): The attribute of tokens: "tag_" or "pos_".
    RETURNS (Optional[TagErrors]): The errors; None if there are no tags.
    """
    counts: Counter = Counter()
    confusion: Counter = Counter()
    lost = 0
    errors: List[Tuple[Tuple[str, str], Place]] = []
    for example in examples:
        for number, found in _predicted_tags(example, attr):
            token = example.reference[number]
            gold = getattr(token, attr)
            counts[gold] += 1
            lost += not found
            for tag in sorted(found):
                confusion[gold, tag] += 1
                if tag != gold:
                    place = Place(
                        example.reference, example.predicted, token.idx, token.idx + len(token)
                    )
                    errors.append(((gold, tag), place))
    if not counts:
        return None
    return TagErrors(_score(counts, confusion), counts, confusion, lost, count_kinds(errors))


def _predicted_tags(example: Example, attr: str) -> Iterator[Tuple[int, Set[str]]]:
    """Index of each annotated token, and the tags of the predicted words inside it."""
    found: Dict[int, Set[str]] = defaultdict(set)
    alignment = example.alignment.x2y
    lengths = alignment.lengths
    for token in example.predicted:
        if lengths[token.i] == 1 and not token.is_space:
            found[int(alignment[token.i][0])].add(getattr(token, attr))
    for token in example.reference:
        if getattr(token, attr):
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
