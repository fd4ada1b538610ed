"""Tagging of a shard: records in, their annotated documents out, as bytes."""

import json
import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import raise_error

from ..errors import InputError
from .records import BATCH_BYTES, UNITS, InputFormat, Record, batch_records
from .writers import WRITERS, DocWriter, OutputFormat


@dataclass(frozen=True)
class Note:
    """A note about a tagged shard.

    documents (int): Number of its documents.
    words (int): Number of their tokens.
    left_out (List[str]): The problem of each record that was left out.
    replaced (List[str]): Names of fields of the input that annotations have replaced.
    checksum (int): The checksum of its records.
    """

    documents: int
    words: int
    left_out: List[str]
    replaced: List[str]
    checksum: int


class RecordError(InputError):
    """A record that cannot be read or tagged. The message says which one and why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem}: fix it and start again, or leave out bad records with --skip-bad."


def tag_shard(
    nlp: Language,
    records: Sequence[Record],
    format: OutputFormat,
    *,
    batch_size: int,
    skip_bad: bool = False,
) -> Tuple[bytes, Note]:
    """Tag the records of a shard. Only the pipeline is needed, so any machine can do it.

    nlp (Language): The pipeline.
    records (Sequence[Record]): The records.
    format (OutputFormat): Format of the bytes.
    batch_size (int): Maximum number of documents that the pipeline reads at once; it reads fewer
        long ones.
    skip_bad (bool): Whether to leave out records that cannot be read or tagged.
    RETURNS (Tuple[bytes, Note]): The documents in their order, and a note about them.
    RAISES (RecordError): If a record cannot be read or tagged, and is not left out.
    """
    writer = WRITERS[format]()
    n_docs = n_words = 0
    left_out: List[str] = []
    nlp.set_error_handler(raise_error)
    # In a memory zone spaCy frees new strings at the end, which bounds memory; everything is bytes
    # by then. Not for annotated documents: their morphology outlives the zone, without its name.
    annotated = any(record.source.format is InputFormat.spacy for record in records)
    with nullcontext() if annotated else nlp.memory_zone():
        for batch in batch_records(records, batch_size, BATCH_BYTES):
            for record, result in _annotate(nlp, batch, batch_size):
                try:
                    if isinstance(result, RecordError):
                        raise result
                    _write(writer, result, record)
                except RecordError as err:
                    if not skip_bad:
                        raise
                    left_out.append(err.problem)
                else:
                    n_docs += 1
                    n_words += len(result)
    note = Note(n_docs, n_words, left_out, sorted(writer.replaced), checksum(records))
    return writer.to_bytes(), note


def checksum(records: Sequence[Record]) -> int:
    """Compute the checksum of records, by which an interrupted run knows its input again. Records
    of .spacy files do not count, because they hold their strings in any order.

    records (Sequence[Record]): The records.
    RETURNS (int): The checksum.
    """
    lines = (r.data for r in records if r.source.format is not InputFormat.spacy)
    return zlib.crc32(b"\n".join(lines))


def make_doc(nlp: Language, record: Record) -> Doc:
    """Make the document of a record. Fields of JSON go into `Doc.user_data`.

    nlp (Language): The pipeline.
    record (Record): The record.
    RETURNS (Doc): The document, with the annotations of the record.
    RAISES (RecordError): If the record cannot be read.
    """
    if record.problem:
        raise RecordError(f"{record.place}: {record.problem}")
    fields: Dict[str, Any] = {}
    try:
        if record.source.format is InputFormat.spacy:
            return Doc(nlp.vocab).from_bytes(record.data)
        text = record.data.decode("utf-8")
        if record.source.format in (InputFormat.jsonl, InputFormat.parquet):
            text, fields = _parse(record, text)
        doc = nlp.make_doc(text)
    except RecordError:
        raise
    except UnicodeDecodeError as err:
        raise RecordError(f"{record.place}: the line is not UTF-8") from err
    except Exception as err:
        raise _bad(record, "the text cannot be made a document", err) from err
    doc.user_data.update(fields)
    return doc


def _parse(record: Record, line: str) -> Tuple[str, Dict[str, Any]]:
    """The text of a line of JSON, and its other fields."""
    try:
        # Not srsly, which cannot read large integers.
        fields = json.loads(line)
    except (ValueError, RecursionError) as err:
        raise _bad(record, "the line is not JSON", err) from err
    if not isinstance(fields, dict):
        raise RecordError(f"{record.place}: the line is JSON, but not an object {{…}}")
    if not isinstance(fields.get("text"), str):
        unit = UNITS.get(record.source.format, "object")
        raise RecordError(f'{record.place}: the {unit} has no string "text"')
    return fields.pop("text"), fields


def _annotate(
    nlp: Language, records: Sequence[Record], batch_size: int
) -> List[Tuple[Record, Union[Doc, RecordError]]]:
    results: Dict[int, Union[Doc, RecordError]] = {}
    docs = {}
    for i, record in enumerate(records):
        try:
            docs[i] = make_doc(nlp, record)
        except RecordError as err:
            results[i] = err
    try:
        annotated = list(nlp.pipe(docs.values(), batch_size=batch_size))
    except Exception:
        annotated = []
    if len(annotated) == len(docs):
        results.update(zip(docs, annotated))
    else:
        # The batch fails, so each document is tried alone to find the bad one.
        for i in docs:
            try:
                results[i] = nlp(make_doc(nlp, records[i]))
            except Exception as err:
                results[i] = _bad(records[i], "the pipeline fails", err)
    return [(record, results[i]) for i, record in enumerate(records)]


def _write(writer: DocWriter, doc: Doc, record: Record) -> None:
    try:
        writer.add(doc, record)
    except Exception as err:
        problem = "the annotated document cannot be written in this format"
        raise _bad(record, problem, err) from err


def _bad(record: Record, problem: str, err: Exception) -> RecordError:
    return RecordError(f"{record.place}: {problem} ({' '.join(str(err).split())})")
