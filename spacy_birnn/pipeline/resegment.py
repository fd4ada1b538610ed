"""A document with other words: the same text, and what else can be kept."""

import warnings
from typing import Dict, List, Tuple

import numpy as np
from spacy.tokens import Doc, Span

from ..tags.schemes import IntArray


def split_text(text: str, starts: IntArray, ends: IntArray) -> Tuple[List[str], List[bool]]:
    """Make tokens of words and of the white space between them, as spaCy's tokenizer does: one
    space belongs to the word before it, and what is left is a token of its own.

    text (str): The text.
    starts (IntArray): Shape (words,): first character of each word.
    ends (IntArray): Shape (words,): the character after the last one.
    RETURNS (Tuple[List[str], List[bool]]): The tokens, and whether a space follows each.
    """
    words = [text[start:end] for start, end in zip(starts.tolist(), ends.tolist())]
    gaps_end = np.append(starts[1:], len(text))
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


def resegment(doc: Doc, text: str, starts: IntArray, ends: IntArray) -> Doc:
    """Make a document with other words, in one step.

    Kept are the text, the user data, the custom attributes, the categories, and all entities and
    spans whose borders are borders of the new words; a warning counts the others. Annotations of
    the old tokens are lost. A document that has these words already is returned as it is.

    doc (Doc): The document.
    text (str): Its text.
    starts (IntArray): Shape (words,): first character of each word.
    ends (IntArray): Shape (words,): the character after the last one.
    RETURNS (Doc): The new document.
    """
    words, spaces = split_text(text, starts, ends)
    if len(words) == len(doc) and words == [token.text for token in doc]:
        return doc
    new = Doc(doc.vocab, words=words, spaces=spaces, user_data=doc.user_data)
    new._context = doc._context
    new.cats = doc.cats
    new.user_hooks = doc.user_hooks
    new.user_span_hooks = doc.user_span_hooks
    new.user_token_hooks = doc.user_token_hooks
    if doc.ents or doc.spans:
        _carry_over(doc, new)
    return new


def _carry_over(doc: Doc, new: Doc) -> None:
    lost: List[Span] = []

    def carry(spans: List[Span]) -> List[Span]:
        found = [
            new.char_span(
                span.start_char,
                span.end_char,
                label=span.label,
                kb_id=span.kb_id,
                span_id=span.id,
            )
            for span in spans
        ]
        lost.extend(span for span, carried in zip(spans, found) if carried is None)
        return [span for span in found if span is not None]

    if doc.ents:
        new.ents = carry(list(doc.ents))
    for name, group in doc.spans.items():
        new.spans[name] = carry(list(group))
    if lost:
        warnings.warn(
            f"{len(lost)} spans set before the segmentation, such as '{lost[0].text}', are lost, "
            f"because they do not begin and end with words: set them after it.",
            stacklevel=4,
        )
