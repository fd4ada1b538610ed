"""Records of documents to tag, which one process reads, and another one may parse and tag."""

import json
import sys
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import (
    Any,
    BinaryIO,
    Collection,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
)
from uuid import UUID

from spacy.tokens import DocBin
from spacy.vocab import Vocab

from ..corpora.parquet import open_parquet
from ..errors import InputError

STDIN = "-"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Maximum bytes of a batch that the pipeline reads at once, and of a shard, unless it is a single
# record: documents may be books, and annotated documents are many times larger.
BATCH_BYTES = 2**20
SHARD_BYTES = 2**22


class InputFormat(str, Enum):
    """The formats of documents to tag."""

    text = "text"
    jsonl = "jsonl"
    parquet = "parquet"
    spacy = "spacy"


ENDINGS = {
    ".txt": InputFormat.text,
    ".jsonl": InputFormat.jsonl,
    ".parquet": InputFormat.parquet,
    ".spacy": InputFormat.spacy,
}
UNITS = {InputFormat.spacy: "document", InputFormat.parquet: "row"}


class Source(NamedTuple):
    """A file of documents.

    path (str): Its path as given by the user; "-" for standard input.
    format (InputFormat): Its format.
    """

    path: str
    format: InputFormat

    @property
    def name(self) -> str:
        """The name of the file for messages.

        RETURNS (str): Its path, or "standard input".
        """
        return "standard input" if self.path == STDIN else self.path


class Record(NamedTuple):
    """A document of a source, not parsed yet.

    source (Source): Its file.
    number (int): Number of its line, row or document, from 1.
    data (bytes): The line without its end; the row as JSON; the bytes of a document of a .spacy
        file.
    problem (str): Why the document cannot be read, if so.
    """

    source: Source
    number: int
    data: bytes
    problem: str = ""

    @property
    def place(self) -> str:
        """The place of the record for messages.

        RETURNS (str): Name of the file, and number of the line, row or document.
        """
        unit = UNITS.get(self.source.format, "line")
        return f"{self.source.name}, {unit} {self.number}"


def find_sources(
    inputs: Sequence[str], format: Optional[InputFormat] = None, leave_out: Collection[Path] = ()
) -> List[Source]:
    """Find the files to read and their formats.

    inputs (Sequence[str]): Files, folders, or "-" for standard input.
    format (Optional[InputFormat]): Format of all of them; None to go by their endings. In folders,
        only files with an ending of this format are read.
    leave_out (Collection[Path]): Files and folders inside the inputs that are not read.
    RETURNS (List[Source]): The files; files of a folder are sorted by path.
    RAISES (InputError): If a file does not exist, or if its format is unknown.
    """
    formats = list(InputFormat) if format is None else [format]
    outside = {path.resolve() for path in leave_out}
    sources = []
    for given in inputs:
        path = Path(given)
        if given == STDIN:
            sources.append(Source(given, format or InputFormat.text))
        elif path.is_dir():
            found = [
                Source(str(file_), ENDINGS[file_.suffix.lower()])
                for file_ in sorted(path.rglob("*"))
                if file_.is_file()
                and ENDINGS.get(file_.suffix.lower()) in formats
                and outside.isdisjoint([file_.resolve(), *file_.resolve().parents])
            ]
            if not found:
                endings = [name for name, of in ENDINGS.items() if of in formats]
                raise InputError(
                    f"The folder {path} holds no files that end in {' or '.join(endings)}: "
                    f"name the files themselves, with --input-format."
                )
            sources += found
        elif not path.is_file():
            raise InputError(f"There is no file or folder {path}: check the path.")
        elif path.resolve() in outside:
            raise InputError(f"{path} is an input and the output: write another file.")
        elif format is None and path.suffix.lower() not in ENDINGS:
            raise InputError(
                f"The format of {path} is not known by its ending: give --input-format text, "
                f"jsonl, parquet or spacy, or name it {', '.join('*' + name for name in ENDINGS)}."
            )
        else:
            sources.append(Source(given, format or ENDINGS[path.suffix.lower()]))
    if [source.path for source in sources].count(STDIN) > 1:
        raise InputError("Standard input can be read once: give '-' a single time.")
    return sources


def read_records(sources: Sequence[Source]) -> Iterator[Record]:
    """Read the records of sources one by one.

    Every line of a text is a record, even if it is empty. Empty lines of JSONL are skipped.
    Byte-order marks and Windows line ends are removed.

    sources (Sequence[Source]): The sources.
    YIELDS (Record): Their records, in order.
    """
    for source in sources:
        with _open(source) as file_:
            if source.format is InputFormat.spacy:
                yield from _read_docs(source, file_)
            elif source.format is InputFormat.parquet:
                yield from _read_rows(source, file_)
            else:
                yield from _read_lines(source, file_)


def batch_records(records: Iterable[Record], n_docs: int, n_bytes: int) -> Iterator[List[Record]]:
    """Group records into batches of a limited size.

    records (Iterable[Record]): The records.
    n_docs (int): Maximum number of records in a batch.
    n_bytes (int): Maximum number of bytes in a batch, unless it is a single record.
    YIELDS (List[Record]): The batches, in order.
    """
    batch: List[Record] = []
    size = 0
    for record in records:
        size += len(record.data)
        if batch and (len(batch) == n_docs or size > n_bytes):
            yield batch
            batch, size = [], len(record.data)
        batch.append(record)
    if batch:
        yield batch


def _read_lines(source: Source, file_: BinaryIO) -> Iterator[Record]:
    for number, line in enumerate(file_, start=1):
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if source.format is InputFormat.text or line.strip():
            yield Record(source, number, line)


def _read_docs(source: Source, file_: BinaryIO) -> Iterator[Record]:
    number = 0
    try:
        # Each file has its own vocabulary, so that memory does not grow with the files.
        docs = DocBin().from_bytes(file_.read()).get_docs(Vocab())
        for number, doc in enumerate(docs, start=1):
            yield Record(source, number, doc.to_bytes())
    except Exception as err:
        # Corruption shows in many ways: bad compression, missing keys, wrong lengths.
        problem = f"the file is damaged or not a .spacy file ({' '.join(str(err).split())})"
        yield Record(source, number + 1, b"", problem)


def _read_rows(source: Source, file_: BinaryIO) -> Iterator[Record]:
    number = 0
    try:
        for batch in open_parquet(file_).iter_batches(batch_size=1000):
            for row in batch.to_pylist():
                number += 1
                try:
                    data, problem = json.dumps(row, default=_plain).encode("utf-8"), ""
                except (TypeError, ValueError) as err:
                    data, problem = b"", str(err)
                yield Record(source, number, data, problem)
    except InputError:
        raise
    except Exception as err:
        problem = f"the file is damaged or not a Parquet file ({' '.join(str(err).split())})"
        yield Record(source, number + 1, b"", problem)


def _plain(value: Any) -> str:
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    raise TypeError(f"a value of the type {type(value).__name__} cannot be JSON")


@contextmanager
def _open(source: Source) -> Iterator[BinaryIO]:
    if source.path == STDIN:
        yield sys.stdin.buffer
    else:
        with Path(source.path).open("rb") as file_:
            yield file_
