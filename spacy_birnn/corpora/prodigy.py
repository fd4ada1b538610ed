"""JSON lines of Prodigy: texts with tokens, labelled spans and the answer of the annotator."""

import warnings
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from spacy.language import Language
from spacy.tokens import Doc

from .json_records import read_list, read_object, read_records, read_span, read_text
from .text_files import count, number_lines, shorten
from .text_parts import SHOWN, BadLineError
from .text_spans import AnnotatedText, check_gaps, make_span_docs

ACCEPT, *OTHERS = ANSWERS = ("accept", "reject", "ignore")


def read_prodigy(
    path: Path, nlp: Language, *, file_tokens: bool = True, skip_bad: bool = False
) -> Iterator[Doc]:
    """Read one document per accepted record, with its spans as entities.

    Records with the answer "reject" or "ignore" are left out, and a warning counts them.

    path (Path): The file, JSON lines or a list of JSON.
    nlp (Language): The pipeline whose tokenizer is used for records without tokens.
    file_tokens (bool): Use the tokens of the records.
    skip_bad (bool): Leave bad records out, with one warning that counts them.
    YIELDS (Doc): The documents, with `doc.ents` set as `make_span_docs` does.
    RAISES (InputError): If the file is missing, empty or not JSON, or if a record is bad and
        `skip_bad` is not set.
    """
    left_out: List[int] = []

    def parse(number: int, value: Any) -> Optional[AnnotatedText]:
        record = read_object(number, value)
        text = read_text(number, record, "text")
        answer = record.get("answer", ACCEPT)
        if answer not in ANSWERS:
            problem = f"the answer '{shorten(str(answer), 30)}' is not one of Prodigy"
            raise BadLineError(number, problem, f"write {', '.join(OTHERS)} or {ACCEPT}")
        if answer != ACCEPT:
            left_out.append(number)
            return None
        spans = read_list(number, record.get("spans") or [], '"spans"')
        return AnnotatedText(
            number,
            text,
            [read_span(number, text, span) for span in spans],
            _read_tokens(number, text, record) if file_tokens else None,
        )

    content = "no accepted records: it should have a text and its spans on each line"
    texts, unit = read_records(path, parse, content=content, skip_bad=skip_bad)
    yield from make_span_docs(path, texts, nlp, file_tokens=file_tokens, unit=unit)
    if left_out:
        warnings.warn(
            f"{path}: {count(len(left_out), 'record')} left out, because the answer is "
            f"{' or '.join(OTHERS)}, on {number_lines(left_out, SHOWN, unit)}.",
            stacklevel=2,
        )


def _read_tokens(number: int, text: str, record: Dict[str, Any]) -> Optional[List[Tuple[int, int]]]:
    if "tokens" not in record:
        return None
    words: List[Tuple[int, int]] = []
    covered = 0
    for token in read_list(number, record["tokens"], '"tokens"'):
        values = read_object(number, token, "a token")
        start, end = values.get("start"), values.get("end")
        if (
            not isinstance(start, int)
            or not isinstance(end, int)
            or not covered <= start < end <= len(text)
            or values.get("text", text[start:end]) != text[start:end]
        ):
            shown = shorten(str(values.get("text", values)), 30)
            problem = f"the token '{shown}' ({start}-{end}) does not fit the text"
            raise BadLineError(number, problem, "correct its offsets, or delete the tokens")
        words.append((start, end))
        covered = end
    check_gaps(number, text, words)
    return words
