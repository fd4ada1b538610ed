"""Entities that are missed, extra or wrong."""

from typing import Iterable, Iterator, List, NamedTuple, Optional, Tuple

from spacy.tokens import Span
from spacy.training import Example

from .error_places import Kind, Place, count_kinds

MISSED, EXTRA = "missed", "extra"
OTHER_TYPE, OTHER_BORDERS = "other type", "other borders"
# In place of the entity that is not there.
NOTHING = "–"


class EntityErrors(NamedTuple):
    """The errors in the entities of a corpus.

    found (int): Annotated entities that are predicted.
    missed (int): Annotated entities that are not predicted.
    wrong (int): Predicted entities that are not annotated.
    kinds (List[Kind]): The errors by kind, annotated type and predicted type.
    """

    found: int
    missed: int
    wrong: int
    kinds: List[Kind]


def collect_entities(examples: Iterable[Example]) -> Optional[EntityErrors]:
    """Compare entities as spaCy's scorer does.

    examples (Iterable[Example]): The examples.
    RETURNS (Optional[EntityErrors]): The errors; None if there are neither annotated nor
        predicted entities.
    """
    found = missed = wrong = 0
    errors: List[Tuple[Tuple[str, str, str], Place]] = []
    for example in examples:
        if not example.reference.has_annotation("ENT_IOB"):
            continue
        gold = {(ent.label_, ent.start_char, ent.end_char): ent for ent in example.reference.ents}
        extra = []
        for ent, key in _predicted_entities(example):
            if gold.pop(key, None) is None:
                extra.append(ent)
            else:
                found += 1
        missed += len(gold)
        wrong += len(extra)
        for pair in _pairs(list(gold.values()), extra):
            errors.append((_name(*pair), _place(example, *pair)))
    if not found + missed + wrong:
        return None
    return EntityErrors(found, missed, wrong, count_kinds(errors))


def _predicted_entities(example: Example) -> Iterator[Tuple[Span, Tuple[str, int, int]]]:
    """The predicted entities that are scored, each with the key of its annotated counterpart."""
    for ent in example.predicted.ents:
        tokens = example.alignment.x2y[ent.start : ent.end]
        if len(tokens):
            span = example.reference[int(tokens[0]) : int(tokens[-1]) + 1]
            if all(token.ent_iob for token in span):
                yield ent, (ent.label_, span.start_char, span.end_char)


def _pairs(
    missed: List[Span], extra: List[Span]
) -> Iterator[Tuple[Optional[Span], Optional[Span]]]:
    """Missed entities paired with extra ones that overlap them, and the other entities alone."""
    extra = list(extra)
    for gold in missed:
        over = [e for e in extra if e.start_char < gold.end_char and gold.start_char < e.end_char]
        if over:
            extra.remove(over[0])
        yield gold, over[0] if over else None
    for predicted in extra:
        yield None, predicted


def _name(gold: Optional[Span], predicted: Optional[Span]) -> Tuple[str, str, str]:
    if gold is None or predicted is None:
        wrong = MISSED if predicted is None else EXTRA
    else:
        same = (gold.start_char, gold.end_char) == (predicted.start_char, predicted.end_char)
        wrong = OTHER_TYPE if same else OTHER_BORDERS
    labels = (NOTHING if ent is None else ent.label_ for ent in (gold, predicted))
    return (wrong, *labels)  # type: ignore[return-value]


def _place(example: Example, *spans: Optional[Span]) -> Place:
    present = [span for span in spans if span is not None]
    start = min(span.start_char for span in present)
    end = max(span.end_char for span in present)
    return Place(example.reference, example.predicted, start, end)
