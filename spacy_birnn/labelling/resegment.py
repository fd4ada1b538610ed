"""Retokenization: a new document with other words and the same text."""

import warnings
from itertools import groupby
from typing import Any, Dict, Iterable, List, Tuple

import numpy as np
from spacy.attrs import IDX, LENGTH, SENT_START
from spacy.tokens import Doc, Span, SpanGroup, Token

from ..tags.codepoints import code_points, is_white
from ..tags.schemes import IntArray
from .spacy_internals import copy_context


def split_text(text: str, starts: IntArray, ends: IntArray) -> Tuple[List[str], List[bool]]:
    """Make tokens of words and the white space between them, as spaCy's tokenizer does.

    One space belongs to the word before it; the remaining white space is a token.

    text (str): The text.
    starts (IntArray): Shape (words,): first character of each word.
    ends (IntArray): Shape (words,): end of each word, exclusive.
    RETURNS (Tuple[List[str], List[bool]]): The tokens, and whether a space follows each.
    """
    words = [text[start:end] for start, end in zip(starts.tolist(), ends.tolist())]
    gaps_end = np.empty_like(ends)
    gaps_end[:-1], gaps_end[-1:] = starts[1:], len(text)
    gaps = np.flatnonzero(gaps_end > ends).tolist()
    spaces = [False] * len(words)
    inserted: Dict[int, str] = {}
    for i in gaps:
        gap = text[ends[i] : gaps_end[i]]
        spaces[i] = gap.startswith(" ")
        if len(gap) > spaces[i]:
            inserted[i] = gap[spaces[i] :]
    leading = text[: starts[0]] if len(starts) else text
    if not leading and not inserted:
        return words, spaces
    tokens, follows = ([leading], [False]) if leading else ([], [])
    for i, (word, space) in enumerate(zip(words, spaces)):
        tokens.append(word)
        follows.append(space)
        if i in inserted:
            tokens.append(inserted[i])
            follows.append(False)
    return tokens, follows


def words_of(doc: Doc) -> List[Tuple[int, int]]:
    """Find the words of a document: its tokens without white space around them.

    doc (Doc): The document.
    RETURNS (List[Tuple[int, int]]): Start and end (exclusive) of each word in the text.
    """
    starts, sizes = doc.to_array([IDX, LENGTH]).astype(np.int64).reshape(-1, 2).T
    codes, _, _ = code_points([doc.text])
    visible = np.flatnonzero(~is_white(codes))
    first, last = np.searchsorted(visible, [starts, starts + sizes])
    is_word = first < last
    pairs = visible[first[is_word]], visible[last[is_word] - 1] + 1
    return list(zip(*(places.tolist() for places in pairs)))


def resegment(doc: Doc, text: str, starts: IntArray, ends: IntArray) -> Doc:
    """Make a document with other words.

    It keeps the text, the user data and custom attributes of the document and its spans, the
    categories, the sentence starts at which words begin, and the entities and spans that begin and
    end with the new words; a warning counts the others. Annotations and custom attributes of the
    old tokens are lost. A document that already has these words is returned unchanged.

    doc (Doc): The document.
    text (str): Its text.
    starts (IntArray): Shape (words,): first character of each word.
    ends (IntArray): Shape (words,): end of each word, exclusive.
    RETURNS (Doc): The new document.
    """
    words, spaces = split_text(text, starts, ends)
    if len(words) == len(doc) and words == [token.text for token in doc]:
        return doc
    if doc.tensor.size:
        warnings.warn(
            "The vectors of the old tokens (doc.tensor) are lost in the segmentation: put the "
            "segmenter before a shared tok2vec.",
            stacklevel=4,
        )
    user_data = {key: value for key, value in doc.user_data.items() if not _is_of_token(key)}
    new = Doc(doc.vocab, words=words, spaces=spaces, user_data=user_data)
    copy_context(doc, new)
    new.cats = doc.cats
    new.user_hooks = doc.user_hooks
    new.user_span_hooks = doc.user_span_hooks
    new.user_token_hooks = doc.user_token_hooks
    # For a document of one token, has_annotation is always true.
    if len(doc) > 1 and doc.has_annotation("SENT_START"):
        beginnings = [token.idx for token in doc if token.is_sent_start]
        # All at once, because the setter of a token reads the whole document.
        begins = np.isin(new.to_array([IDX]), beginnings)
        values: Any = np.where(begins, 1, -1).astype(np.uint64)
        new.from_array([SENT_START], values)
    if doc.has_annotation("ENT_IOB") or doc.spans:
        _carry_over(doc, new)
    return new


def _is_of_token(key: Any) -> bool:
    """Check whether a key of `Doc.user_data` is a custom attribute of a token."""
    is_attribute = isinstance(key, tuple) and len(key) == 4 and key[0] == "._."
    return is_attribute and key[2] is not None and key[3] is None


def _carry_over(doc: Doc, new: Doc) -> None:
    lost: List[Span] = []

    def carry(spans: Iterable[Span]) -> List[Span]:
        carried = []
        for span in spans:
            ids: Any = {"label": span.label, "kb_id": span.kb_id, "span_id": span.id}
            found = new.char_span(span.start_char, span.end_char, **ids)
            if found is None:
                lost.append(span)
            else:
                carried.append(found)
        return carried

    blocked = []
    for is_blocked, tokens in groupby(doc, lambda t: t.ent_iob_ == "B" and not t.ent_type):
        run = list(tokens)
        if is_blocked:
            blocked.append(doc[run[0].i : run[-1].i + 1])
    outside = {i for t in doc if t.ent_iob_ == "O" for i in _characters(t)}
    new.set_ents(
        carry(doc.ents),
        blocked=carry(blocked),
        outside=[new[t.i : t.i + 1] for t in new if outside.issuperset(_characters(t))],
        default="missing",
    )
    for name, group in doc.spans.items():
        carried = carry(group)
        attrs = dict(group.attrs) if len(carried) == len(group) else {}
        new.spans[name] = SpanGroup(new, name=name, spans=carried, attrs=attrs)
    if lost:
        warnings.warn(
            f"{len(lost)} spans set before the segmentation, such as '{lost[0].text}', are lost, "
            f"because they do not begin and end with words: set them after it.",
            stacklevel=5,
        )


def _characters(token: Token) -> range:
    return range(token.idx, token.idx + len(token))
