"""Documents from texts with spans, and a count of the spans that tokens cannot hold."""

import warnings
from pathlib import Path
from typing import Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans, get_words_and_spaces

from ..errors import InputError
from .text_files import count, shorten
from .text_parts import BadLineError

# Spans that a warning names.
NAMED = 5


class TextSpan(NamedTuple):
    """A labelled part of a text.

    start (int): Its first character.
    end (int): The character after its last one.
    label (str): Its label.
    has_gaps (bool): Whether parts in the middle do not belong to it.
    place (str): Its place in the file, if it is not that of the text.
    """

    start: int
    end: int
    label: str
    has_gaps: bool = False
    place: str = ""


class AnnotatedText(NamedTuple):
    """A text with labelled spans.

    number (int): The number of its line or record.
    text (str): The text.
    spans (List[TextSpan]): The spans.
    words (Optional[List[Tuple[int, int]]]): First character and end of each token of the file, if
        it has tokens.
    tags (Optional[List[str]]): The tags of these tokens.
    """

    number: int
    text: str
    spans: List[TextSpan]
    words: Optional[List[Tuple[int, int]]] = None
    tags: Optional[List[str]] = None


def locate(number: int, text: str, span: TextSpan, covered: Optional[str] = None) -> TextSpan:
    """Check the offsets of a span, which may count characters or UTF-16 code units.

    number (int): The number of its line or record.
    text (str): The text.
    span (TextSpan): The span.
    covered (Optional[str]): The text that the span should cover, if the file says so.
    RETURNS (TextSpan): The span with offsets of characters.
    RAISES (BadLineError): If the span is empty, is not inside the text or covers another text.
    """
    place = f"{span.start}-{span.end} ({shorten(span.label, 20)})"
    fix = "correct its offsets, which count characters from 0"
    candidates = [span]
    if covered is not None and any(ord(character) > 0xFFFF for character in text):
        start, end = (from_utf16(text, offset) for offset in span[:2])
        candidates.append(span._replace(start=start, end=end))
    inside = [s for s in candidates if 0 <= s.start < s.end <= len(text)]
    if not inside:
        problem = f"the span {place} is not inside the text of {count(len(text), 'character')}"
        if span.start == span.end:
            problem = f"the span {place} is empty"
        raise BadLineError(number, problem, fix)
    if covered is None:
        return inside[0]
    for candidate in inside:
        if text[candidate.start : candidate.end].split() == covered.split():
            return candidate
    found = shorten(text[inside[0].start : inside[0].end], 30)
    problem = f"the span {place} covers '{found}' and not '{shorten(covered, 30)}'"
    raise BadLineError(number, problem, fix)


def check_gaps(number: int, text: str, words: Sequence[Tuple[int, int]]) -> None:
    """Check that tokens hold all of a text but white space.

    number (int): The number of its line or record.
    text (str): The text.
    words (Sequence[Tuple[int, int]]): First character and end of each token, in order.
    RAISES (BadLineError): If a part of the text is in no token.
    """
    starts = [start for start, _ in words] + [len(text)]
    for end, start in zip([0, *(end for _, end in words)], starts):
        if text[end:start].strip():
            problem = f"no token has '{shorten(text[end:start].strip(), 30)}'"
            raise BadLineError(number, problem, "add it, or choose --tokens language")


def from_utf16(text: str, offset: int) -> int:
    """Convert an offset in UTF-16 code units, as Java and JavaScript count, to characters.

    text (str): The text.
    offset (int): The offset in code units.
    RETURNS (int): The offset in characters.
    """
    units = text.encode("utf-16-le")[: 2 * max(0, offset)]
    beyond = max(0, offset - len(text.encode("utf-16-le")) // 2)
    return len(units.decode("utf-16-le", errors="replace")) + beyond


def make_span_docs(
    path: Path,
    texts: Iterable[AnnotatedText],
    nlp: Language,
    *,
    file_tokens: bool,
    unit: str = "line",
) -> Iterator[Doc]:
    """Make documents from texts with spans.

    The entities have the offsets of their spans, without white space at the edges. `Doc.ents` has
    neither spans that begin or end inside a token, whose tokens have no annotation, nor spans that
    overlap a longer one. Warnings count and name both.

    path (Path): The file, for messages.
    texts (Iterable[AnnotatedText]): The texts.
    nlp (Language): The pipeline whose tokenizer is used.
    file_tokens (bool): Use the tokens of the file if it has some.
    unit (str): What the numbers of the texts count.
    YIELDS (Doc): The documents, with `doc.ents` set.
    RAISES (InputError): If a text is too long.
    """
    spans = _SpanCount(unit)
    for text in texts:
        if len(text.text) > nlp.max_length:
            raise InputError(
                f"{path}, {unit} {text.number}: {len(text.text):,} characters, but the limit is "
                f"{nlp.max_length:,}: split the text."
            )
        doc = _make_doc(text, nlp, file_tokens)
        _set_entities(doc, text, spans)
        yield doc
    spans.warn(path)


def _make_doc(text: AnnotatedText, nlp: Language, file_tokens: bool) -> Doc:
    if not file_tokens or text.words is None:
        return nlp.make_doc(text.text)
    words = [text.text[start:end] for start, end in text.words]
    words, spaces = get_words_and_spaces(words, text.text)
    doc = Doc(nlp.vocab, words=words, spaces=spaces)
    if text.tags is not None:
        # White space of the text may be a token of its own, which the file does not have.
        tags = {start: tag for (start, _), tag in zip(text.words, text.tags)}
        for token in doc:
            token.tag_ = tags.get(token.idx, "")
    return doc


def _set_entities(doc: Doc, text: AnnotatedText, spans: "_SpanCount") -> None:
    found: List[Tuple[Span, TextSpan]] = []
    missing: Set[int] = set()
    for span in {span[:3]: span for span in text.spans}.values():
        spans.total += 1
        start, end = _trim(text.text, span)
        if (start, end) != span[:2]:
            spans.trimmed.append((text, span))
        entity = None if span.has_gaps else doc.char_span(start, end, label=span.label)
        if entity is not None:
            found.append((entity, span))
            continue
        spans.misaligned.append((text, span))
        touched = doc.char_span(start, end, alignment_mode="expand")
        if touched is not None:
            missing.update(range(touched.start, touched.end))
    kept = filter_spans(entity for entity, _ in found)
    places = {(entity.start, entity.end, entity.label) for entity in kept}
    spans.overlapping += [
        (text, span) for e, span in found if (e.start, e.end, e.label) not in places
    ]
    missing -= {token.i for entity in kept for token in entity}
    doc.set_ents(kept, missing=[doc[i : i + 1] for i in sorted(missing)], default="outside")


def _trim(text: str, span: TextSpan) -> Tuple[int, int]:
    covered = text[span.start : span.end]
    start = span.start + len(covered) - len(covered.lstrip())
    return start, max(start, span.end - (len(covered) - len(covered.rstrip())))


class _SpanCount:
    """A count of the spans that documents do not hold as they are in the file."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self.total = 0
        self.misaligned: List[Tuple[AnnotatedText, TextSpan]] = []
        self.overlapping: List[Tuple[AnnotatedText, TextSpan]] = []
        self.trimmed: List[Tuple[AnnotatedText, TextSpan]] = []

    def warn(self, path: Path) -> None:
        reasons = [
            (
                self.misaligned,
                "are not entities, because they do not begin and end with tokens",
                "their tokens have no annotation: choose other tokens with --lang or --tokens "
                "characters, or correct the spans",
            ),
            (
                self.overlapping,
                "are not entities, because they overlap longer or earlier ones",
                "a token has one entity: delete the spans that should not be learned",
            ),
            (
                self.trimmed,
                "begin or end with white space",
                "the entities are read without it",
            ),
        ]
        for spans, problem, consequence in reasons:
            if spans:
                warnings.warn(
                    f"{path}: spans that {problem}: {len(spans):,} of {self.total:,} "
                    f"({self._name(spans)}); {consequence}.",
                    stacklevel=3,
                )

    def _name(self, spans: List[Tuple[AnnotatedText, TextSpan]]) -> str:
        names = [
            f"'{shorten(text.text[span.start : span.end], 30)}' "
            f"{span.start}-{span.end} {shorten(span.label, 20)} on "
            f"{span.place or f'{self._unit} {text.number}'}"
            for text, span in spans[:NAMED]
        ]
        if len(spans) > NAMED:
            names.append(f"and {len(spans) - NAMED:,} more")
        return ", ".join(names)
