"""Standoff annotation of brat: a text (.txt) and its annotations (.ann), or a folder of them."""

import re
from pathlib import Path
from typing import Iterator, List

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import InputError
from .text_files import read_lines, shorten
from .text_parts import BadLineError, Line, read_parts
from .text_spans import AnnotatedText, TextSpan, locate, make_span_docs

ANNOTATIONS, TEXT = ".ann", ".txt"
# A line of text-bound annotation, and the beginnings of the others, which are not read.
_SPAN = re.compile(r"T\S+\t(?P<label>\S+) (?P<offsets>\d+ \d+(;\d+ \d+)*)\t(?P<covered>.*)")
_OTHER = re.compile(r"([REAMN#]\S*|\*)\t")


def find_pairs(path: Path) -> List[Path]:
    """Find the annotations of a folder or a file.

    path (Path): A folder, which is searched with the folders in it, or a file of annotations or
        its text.
    RETURNS (List[Path]): The files of annotations.
    """
    if path.is_dir():
        return sorted(path.rglob(f"*{ANNOTATIONS}"))
    return [path.with_suffix(ANNOTATIONS)] if path.suffix == TEXT else [path]


def read_brat(
    path: Path, nlp: Language, *, file_tokens: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per text, with its text-bound annotations as entities.

    Relations, events, attributes and notes are not read. A span with gaps is no entity; a warning
    counts such spans with those that do not fit the tokens.

    path (Path): A folder, or a file of annotations or its text, which is beside it.
    nlp (Language): The pipeline whose tokenizer is used.
    file_tokens (bool): Has no effect, because texts have no tokens.
    skip_bad (bool): Leave bad lines of annotations out, with one warning per file.
    YIELDS (Doc): The documents, with `doc.ents` set as `make_span_docs` does.
    RAISES (InputError): If a file is missing, or a text is empty or not UTF-8, or if a line is bad
        and `skip_bad` is not set.
    """
    pairs = find_pairs(path)
    if not pairs:
        raise InputError(f"The folder {path} holds no files of brat: name one with .ann files.")
    texts = (_read_pair(annotations, skip_bad) for annotations in pairs)
    yield from make_span_docs(path, texts, nlp, file_tokens=file_tokens)


def _read_pair(path: Path, skip_bad: bool) -> AnnotatedText:
    text_path = path.with_suffix(TEXT)
    if not text_path.is_file():
        raise InputError(f"There is no text {text_path} for {path}: put it beside the annotations.")
    text = _read_text(text_path)
    if path.is_file() and path.stat().st_size == 0:
        return AnnotatedText(1, text, [])
    # Offsets count two characters for the line end of Windows, unless it was read as one.
    variants = [text, text.replace("\r\n", "\n")] if "\r\n" in text else [text]
    errors: List[InputError] = []
    for variant in variants:
        try:
            return AnnotatedText(1, variant, _read_spans(path, variant))
        except InputError as err:
            errors.append(err)
    if not skip_bad:
        raise errors[0]
    return AnnotatedText(1, text, _read_spans(path, text, skip_bad=True))


def _read_text(path: Path) -> str:
    # Only for its errors: line ends count.
    for _ in read_lines(path):
        pass
    with path.open(encoding="utf8", newline="") as file_:
        text = file_.read()
    if not text.strip() or "\0" in text:
        raise InputError(f"{path} has no text, or a NUL character: save or download it again.")
    return text


def _read_spans(path: Path, text: str, skip_bad: bool = False) -> List[TextSpan]:
    def parse(lines: List[Line]) -> List[TextSpan]:
        ((number, line),) = lines
        if not line.strip() or _OTHER.match(line):
            return []
        match = _SPAN.fullmatch(line)
        if match is None:
            problem = f"'{shorten(line, 40)}' is not an annotation of brat"
            raise BadLineError(number, problem, "write an id, a label with offsets, and the text")
        offsets = [int(offset) for offset in re.findall(r"\d+", match["offsets"])]
        has_gaps = len(offsets) > 2 and not _are_lines(text, offsets)
        span = TextSpan(offsets[0], offsets[-1], match["label"], has_gaps)
        placed = span._replace(place=f"line {number} of {path.name}")
        return [locate(number, text, placed, None if has_gaps else match["covered"])]

    found = read_parts(path, parse, content="no annotations", skip_bad=skip_bad)
    return [span for spans in found for span in spans]


def _are_lines(text: str, offsets: List[int]) -> bool:
    """Whether only line breaks separate the parts of a span, as brat writes a broken line."""
    gaps = zip(offsets[1:-1:2], offsets[2::2])
    return all(not text[start:end].strip() for start, end in gaps)
