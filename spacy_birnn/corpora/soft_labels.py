"""Soft labels: a distribution over labels for each token of a document, such as a teacher's.

They are in `Doc.user_data`, so that `DocBin` stores them with `store_user_data`: one array per
document, in half precision, and the names of its columns in one string.
"""

from functools import lru_cache
from typing import Any, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import srsly
from numpy.typing import ArrayLike, NDArray
from spacy.tokens import Doc, Span

from ..errors import InputError
from .text_files import shorten

FloatArray = NDArray[np.floating[Any]]

# The first part of the keys in `Doc.user_data`; the second is the kind.
KEY = "spacy_birnn.soft_labels"
# Kinds: tags of tokens, their features with parts of speech, BILUO tags of tokens for entities, and
# BMES tags of characters for words.
TAGS, MORPHS, ENTITIES, WORDS = KINDS = ("tags", "morphs", "entities", "words")


class SoftLabels(NamedTuple):
    """Distributions over labels.

    names (Tuple[str, ...]): The labels.
    probs (FloatArray): The probabilities, shape (tokens, labels), or (characters, labels) for
        words. Zeros for a token without a distribution.
    """

    names: Tuple[str, ...]
    probs: FloatArray


def set_soft_labels(doc: Doc, kind: str, names: Sequence[str], probs: ArrayLike) -> None:
    """Set the soft labels of a document; older ones of the same kind are replaced.

    doc (Doc): The document.
    kind (str): The kind: "tags", "morphs", "entities" or "words".
    names (Sequence[str]): The labels.
    probs (ArrayLike): The probabilities, shape (tokens, labels), or (characters, labels) for
        words. Zeros for a token without a distribution.
    RAISES (ValueError): If the kind is unknown, or if the probabilities are negative, not finite
        or of another shape.
    """
    rows: FloatArray = np.asarray(probs)
    shape = (_length(doc, kind), len(names))
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of soft labels '{kind}': choose from {', '.join(KINDS)}.")
    if rows.shape != shape:
        raise ValueError(
            f"The soft labels have the shape {rows.shape} instead of {shape}: give a row for each "
            f"{'character' if kind == WORDS else 'token'}, and a column for each label."
        )
    if not (np.isfinite(rows).all() and (rows >= 0).all()):
        raise ValueError(
            "The soft labels are not probabilities: give finite numbers of at least 0."
        )
    doc.user_data[_key(kind)] = (srsly.json_dumps(list(names)), rows.astype(np.float16))


def get_soft_labels(doc: Doc, kind: str) -> Optional[SoftLabels]:
    """Get the soft labels of a document.

    doc (Doc): The document.
    kind (str): The kind: "tags", "morphs", "entities" or "words".
    RETURNS (Optional[SoftLabels]): The soft labels, whose probabilities sum to 1; None if there
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
            f"changed since: make them again with birnn distill."
        )
    sums = probs.sum(axis=1, keepdims=True)
    return SoftLabels(names, probs / np.where(sums > 0, sums, 1.0))


def cut_soft_labels(span: Span, part: Doc) -> None:
    """Copy the soft labels of a span to the document that `Span.as_doc` made of it.

    span (Span): The span.
    part (Doc): The document.
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
    # Not a string, which would be a field of the input.
    return (KEY, kind)


def _length(doc: Doc, kind: str) -> int:
    return len(doc.text) if kind == WORDS else len(doc)


@lru_cache(maxsize=128)
def _read_names(names: str) -> Tuple[str, ...]:
    return tuple(srsly.json_loads(names))
