"""Some records in, their annotated documents out, as bytes: the work that can be done anywhere."""

import json
import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import raise_error

from ..errors import InputError
from .records import BATCH_BYTES, UNITS, InputFormat, Record, batch_records
from .writers import WRITERS, OutputFormat


@dataclass(frozen=True)
class Note:
    """What is to be known of a tagged shard.

    documents (int): Number of its documents.
    words (int): Number of their tokens.
    left_out (List[str]): What is wrong with each record that was left out.
    replaced (List[str]): Names of fields of the input that annotations took the place of.
    checksum (int): The checksum of its records.
    """

    documents: int
    words: int
    left_out: List[str]
    replaced: List[str]
    checksum: int


class RecordError(InputError):
    """A record cannot be read or tagged; the message says which and why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem}: mend it and start anew, or go on without such ones by --skip-bad."


def tag_shard(
    nlp: Language,
    records: Sequence[Record],
    format: OutputFormat,
    *,
    batch_size: int,
    skip_bad: bool = False,
) -> Tuple[bytes, Note]:
    """Tag some documents. It needs nothing but the pipeline, and can run on any machine.

    nlp (Language): The pipeline.
    records (Sequence[Record]): The documents.
    format (OutputFormat): Format of the bytes.
    batch_size (int): Most documents that the pipeline reads at once; long ones are fewer.
    skip_bad (bool): Leave records out that cannot be read or tagged.
    RETURNS (Tuple[bytes, Note]): The documents in their order, and what is to be known of them.
    RAISES (RecordError): At the first record that cannot be read or tagged, if it is not left out.
    """
    writer = WRITERS[format]()
    n_docs = n_words = 0
    left_out: List[str] = []
    nlp.set_error_handler(raise_error)
    # In a memory zone spaCy forgets new words at the end, which bounds its memory; everything is
    # bytes by then. Morphology that documents bring along outlives their zone, without its name.
    annotated = any(record.source.format is InputFormat.spacy for record in records)
    with nullcontext() if annotated else nlp.memory_zone():
        for batch in batch_records(records, batch_size, BATCH_BYTES):
            for record, result in _annotate(nlp, batch, batch_size):
                bad = result if isinstance(result, RecordError) else _write(writer, result, record)
                if bad is None:
                    n_docs += 1
                    n_words += len(result)
                elif skip_bad:
                    left_out.append(bad.problem)
                else:
                    raise bad
    note = Note(n_docs, n_words, left_out, sorted(writer.replaced), checksum(records))
    return writer.to_bytes(), note


def checksum(records: Sequence[Record]) -> int:
    """records (Sequence[Record]): Records.
    RETURNS (int): The same for the same lines. The bytes of .spacy files do not count: they hold
        their strings in any order.
    """
    lines = (r.data for r in records if r.source.format is not InputFormat.spacy)
    return zlib.crc32(b"\n".join(lines))


def make_doc(nlp: Language, record: Record) -> Doc:
    """nlp (Language): The pipeline.
    record (Record): A record.
    RETURNS (Doc): Its document, with what it brings along; fields of JSON are in `Doc.user_data`.
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
        # Not srsly, which knows no great numbers.
        fields = json.loads(line)
    except (ValueError, RecursionError) as err:
        raise _bad(record, "the line is not JSON", err) from err
    if not isinstance(fields, dict):
        raise RecordError(f"{record.place}: the line is JSON, but no object {{…}}")
    if not isinstance(fields.get("text"), str):
        unit = UNITS.get(record.source.format, "object")
        raise RecordError(f'{record.place}: the {unit} has no string "text"')
    return fields.pop("text"), fields


def _annotate(
    nlp: Language, records: Sequence[Record], batch_size: int
) -> List[Tuple[Record, Any]]:
    """Each record with its annotated document, or with what is wrong with it."""
    results: Dict[int, Any] = {}
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
        # The batch has failed, so each document is tried alone, to know which is to blame.
        for i in docs:
            try:
                results[i] = nlp(make_doc(nlp, records[i]))
            except Exception as err:
                results[i] = _bad(records[i], "the pipeline fails", err)
    return [(record, results[i]) for i, record in enumerate(records)]


def _write(writer: Any, doc: Doc, record: Record) -> Optional[RecordError]:
    try:
        writer.add(doc, record)
    except Exception as err:
        return _bad(record, "the annotated document cannot be written in this format", err)
    return None


def _bad(record: Record, problem: str, err: Exception) -> RecordError:
    return RecordError(f"{record.place}: {problem} ({' '.join(str(err).split())})")
