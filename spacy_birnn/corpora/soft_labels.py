"""Soft labels: for each token of a document a distribution over labels, such as that of a teacher.

They are in `Doc.user_data`, so `DocBin` (with `store_user_data`) keeps them: one array a document,
in half precision, and the names of its columns in one string.
"""

from functools import lru_cache
from typing import Any, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import srsly
from spacy.tokens import Doc, Span

from ..errors import InputError
from .text_files import shorten

# The first part of the keys in `Doc.user_data`; the second says what the labels are of.
KEY = "spacy_birnn.soft_labels"
# Distributions over the tags of tokens, over their tags in the scheme BILUO of entities, and over
# the tags in the scheme BMES of the characters of words.
TAGS, ENTITIES, WORDS = "tags", "entities", "words"
KINDS = (TAGS, ENTITIES, WORDS)


class SoftLabels(NamedTuple):
    """Distributions over labels.

    names (Tuple[str, ...]): The labels.
    probs (Any): Shape (tokens, labels): their probabilities; for words, of each character. A token
        without a distribution has zeros.
    """

    names: Tuple[str, ...]
    probs: Any


def set_soft_labels(doc: Doc, kind: str, names: Sequence[str], probs: Any) -> None:
    """Give a document soft labels, in the place of those of the same kind.

    doc (Doc): The document.
    kind (str): What they are of: "tags", "entities" or "words".
    names (Sequence[str]): The labels.
    probs (Any): Shape (tokens, labels): their probabilities; for words, of each character. Zeros
        for a token without a distribution.
    RAISES (ValueError): If the kind is unknown, or if the probabilities are none, or not of this
        shape.
    """
    probs = np.asarray(probs)
    shape = (_length(doc, kind), len(names))
    if kind not in KINDS:
        raise ValueError(f"Soft labels are of {', '.join(KINDS)}, and not of '{kind}'.")
    if probs.shape != shape:
        raise ValueError(
            f"The soft labels have the shape {probs.shape}, and not {shape}: give a row for each "
            f"{'character' if kind == WORDS else 'token'}, and a column for each label."
        )
    if not (np.isfinite(probs).all() and (probs >= 0).all()):
        raise ValueError("The soft labels are no probabilities: give finite numbers from 0 on.")
    doc.user_data[_key(kind)] = (srsly.json_dumps(list(names)), probs.astype(np.float16))


def get_soft_labels(doc: Doc, kind: str) -> Optional[SoftLabels]:
    """doc (Doc): A document.
    kind (str): What the labels are of.
    RETURNS (Optional[SoftLabels]): Its soft labels, whose probabilities add up to 1; None if there
        are none.
    RAISES (InputError): If they do not fit the document.
    """
    stored: Any = doc.user_data.get(_key(kind))
    if stored is None:
        return None
    names, probs = _read_names(stored[0]), stored[1].astype(np.float32)
    if probs.shape != (_length(doc, kind), len(names)):
        raise InputError(
            f"The soft labels for {kind} do not fit the document {shorten(doc.text)!r}, which has "
            f"changed since: make them again by birnn distill."
        )
    sums = probs.sum(axis=1, keepdims=True)
    return SoftLabels(names, probs / np.where(sums > 0, sums, 1.0))


def cut_soft_labels(span: Span, part: Doc) -> None:
    """Give a part of a document, made by `Span.as_doc`, its part of the soft labels.

    span (Span): A span of the document.
    part (Doc): The new document.
    """
    if not span.doc.user_data:
        return
    for kind in KINDS:
        soft = get_soft_labels(span.doc, kind)
        if soft is not None:
            start = span.start_char if kind == WORDS else span.start
            rows = slice(start, start + _length(part, kind))
            set_soft_labels(part, kind, soft.names, soft.probs[rows])


def _key(kind: str) -> Any:
    # No string: those are fields of the input.
    return (KEY, kind)


def _length(doc: Doc, kind: str) -> int:
    return len(doc.text) if kind == WORDS else len(doc)


@lru_cache(maxsize=128)
def _read_names(names: str) -> Tuple[str, ...]:
    return tuple(srsly.json_loads(names))
