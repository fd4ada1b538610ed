"""JSON lines of Doccano: texts with labelled spans."""

from pathlib import Path
from typing import Any, Iterator

from spacy.language import Language
from spacy.tokens import Doc

from .json_records import read_list, read_object, read_records, read_span, read_text
from .text_parts import BadLineError
from .text_spans import AnnotatedText, make_span_docs

# The names of the spans: "entities" in new exports, with relations, and the others in old ones.
SPANS = ("entities", "label", "labels", "spans", "annotations")


def read_doccano(
    path: Path, nlp: Language, *, file_tokens: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per record, with its spans as entities.

    path (Path): The file, JSON lines or a list of JSON. Offsets count characters.
    nlp (Language): The pipeline whose tokenizer is used.
    file_tokens (bool): Has no effect, because records have no tokens.
    skip_bad (bool): Leave bad records out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents` set as `make_span_docs` does.
    RAISES (InputError): If the file is missing, empty or not JSON, or if a record is bad and
        `skip_bad` is not set.
    """
    content = "no records: it should have a text and its spans on each line"
    texts, unit = read_records(path, _parse, content=content, skip_bad=skip_bad)
    yield from make_span_docs(path, texts, nlp, file_tokens=file_tokens, unit=unit)


def _parse(number: int, value: Any) -> AnnotatedText:
    record = read_object(number, value)
    text = read_text(number, record, "text", "data")
    key = next((key for key in SPANS if key in record), None)
    if key is None:
        problem = "it has no spans under " + ", ".join(f'"{name}"' for name in SPANS)
        raise BadLineError(number, problem, "add an empty list if there are none")
    spans = read_list(number, record[key], f'"{key}"')
    return AnnotatedText(number, text, [read_span(number, text, span) for span in spans])
