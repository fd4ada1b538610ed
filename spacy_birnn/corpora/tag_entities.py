"""Entities from part-of-speech tags, for tag sets with tags for names."""

from itertools import groupby
from typing import Dict, Iterator, List, Optional, Sequence, Set, Tuple

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from ..errors import InputError
from .names import find_surnames, split_names
from .word_tag import COMPOUNDS

# Entity labels by tag.
Labels = Dict[str, str]


def parse_labels(text: str) -> Labels:
    """Parse entity labels by tag.

    text (str): Tags and the labels of their entities, such as nr=PER,ns=LOC.
    RETURNS (Dict[str, str]): The labels by tag.
    RAISES (InputError): If a part is not TAG=LABEL, or a tag has two labels.
    """
    labels: Labels = {}
    for part in text.split(","):
        tag, _, label = (side.strip() for side in part.partition("="))
        if not tag or not label or "=" in label:
            raise InputError(
                f"--entities: '{part}' is not TAG=LABEL: write tags and labels as in nr=PER,ns=LOC."
            )
        if labels.setdefault(tag, label) != label:
            raise InputError(
                f"--entities: the tag '{tag}' has two labels, '{labels[tag]}' and '{label}': "
                f"keep one."
            )
    return labels


def set_entities(docs: Sequence[Doc], labels: Labels, names: Optional[str] = None) -> None:
    """Set `doc.ents` from tags. All other words are outside of entities.

    1. A bracketed compound with a mapped label is one entity. Of nested ones, the outermost is.
    2. Other adjacent words with the tag `names` are surnames and given names. `split_names` splits
       them into people, with the surnames that `find_surnames` finds in all documents.
    3. Each other word with a mapped tag is an entity.

    docs (Sequence[Doc]): The documents, with `token.tag_` set.
    labels (Dict[str, str]): Entity labels by tag; case matters.
    names (Optional[str]): The tag of surnames and given names, if they are separate words.
    RAISES (InputError): If a mapped tag is not in the documents, or `names` is not mapped.
    """
    _check(docs, labels, names)
    surnames = find_surnames(
        [word.text for word in doc[start:end]]
        for doc in docs
        for tag, start, end in _runs(doc, labels)
        if tag == names
    )
    for doc in docs:
        doc.set_ents(list(_find_entities(doc, labels, names, surnames)), default="outside")


def _find_entities(
    doc: Doc, labels: Labels, names: Optional[str], surnames: Set[str]
) -> Iterator[Span]:
    for compound in _mapped_compounds(doc, labels):
        yield Span(doc, compound.start, compound.end, label=labels[compound.label_])
    for tag, start, end in _runs(doc, labels):
        lengths = [1] * (end - start)
        if tag == names:
            lengths = split_names([word.text for word in doc[start:end]], surnames)
        for length in lengths:
            yield Span(doc, start, start + length, label=labels[tag])
            start += length


def _runs(doc: Doc, labels: Labels) -> Iterator[Tuple[str, int, int]]:
    """Tag, start and end of adjacent words with one mapped tag, outside of compounds."""
    tags = [word.tag_ for word in doc]
    for compound in _mapped_compounds(doc, labels):
        tags[compound.start : compound.end] = [""] * len(compound)
    end = 0
    for tag, words in groupby(tags):
        start, end = end, end + len(list(words))
        if tag in labels:
            yield tag, start, end


def _mapped_compounds(doc: Doc, labels: Labels) -> List[Span]:
    # The outermost is the longest, or the last one closed.
    compounds = list(doc.spans[COMPOUNDS])[::-1] if COMPOUNDS in doc.spans else []
    return filter_spans(compound for compound in compounds if compound.label_ in labels)


def _check(docs: Sequence[Doc], labels: Labels, names: Optional[str]) -> None:
    if names is not None and names not in labels:
        raise InputError(
            f"--names {names}: people have no label: give them one with --entities {names}=PER."
        )
    tags = {word.tag_ for doc in docs for word in doc}
    tags |= {span.label_ for doc in docs if COMPOUNDS in doc.spans for span in doc.spans[COMPOUNDS]}
    unknown = [tag for tag in labels if tag not in tags]
    if unknown:
        raise InputError(
            f"--entities: no word has the tag '{unknown[0]}': leave it out, or choose from the "
            f"tags of the corpus ({', '.join(sorted(tags - {''})) or 'there are none'})."
        )
