"""What is to be tagged: a record is a place and some bytes, so it can be read here and parsed, and
tagged, elsewhere."""

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

from ..errors import InputError

STDIN = "-"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Most bytes of a batch that the pipeline reads at once, and of a shard, if they are more than one
# record: documents may be books, and what is made of them is many times larger.
BATCH_BYTES = 2**20
SHARD_BYTES = 2**22


class InputFormat(str, Enum):
    """Formats of documents to tag."""

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

    path (str): Its path as the user gave it; "-" for standard input.
    format (InputFormat): Its format.
    """

    path: str
    format: InputFormat

    @property
    def name(self) -> str:
        """RETURNS (str): Its name in messages."""
        return "standard input" if self.path == STDIN else self.path


class Record(NamedTuple):
    """A document as it stands in its source, not parsed yet.

    source (Source): Where it comes from.
    number (int): Number of its line, its row or its document. From 1.
    data (bytes): The line without its end; the row as JSON; of a .spacy file what `Doc.to_bytes`
        gives.
    problem (str): Why there is none, if the source could not be read.
    """

    source: Source
    number: int
    data: bytes
    problem: str = ""

    @property
    def place(self) -> str:
        """RETURNS (str): Where it is, for messages."""
        unit = UNITS.get(self.source.format, "line")
        return f"{self.source.name}, {unit} {self.number}"


def find_sources(
    inputs: Sequence[str], format: Optional[InputFormat] = None, leave_out: Collection[Path] = ()
) -> List[Source]:
    """Find the files to read and their formats.

    inputs (Sequence[str]): Files, folders, or "-" for standard input.
    format (Optional[InputFormat]): Format of all of them; None to go by their endings. Of a folder,
        only files with an ending of this format are read.
    leave_out (Collection[Path]): Files and folders that are no input, even in a folder that is.
    RETURNS (List[Source]): The files, those of a folder sorted by path.
    RAISES (InputError): If there is no such file, or if its format is unknown.
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
    """Read sources one after the other, lines one at a time.

    Every line of a text is a record, an empty one, too. An empty line of JSONL is none. A
    byte-order mark and Windows line ends are left out.

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
    """Cut records into batches, none of which is large.

    records (Iterable[Record]): The records.
    n_docs (int): Most records of a batch.
    n_bytes (int): Most bytes of a batch that is more than one record.
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
        # A vocabulary for this file alone, so that memory does not grow with the files.
        docs = DocBin().from_bytes(file_.read()).get_docs(Vocab())
        for number, doc in enumerate(docs, start=1):
            yield Record(source, number, doc.to_bytes())
    except Exception as err:
        # Damage may be anything in there: bad compression, missing keys, wrong lengths.
        problem = f"the file is damaged or no .spacy file ({' '.join(str(err).split())})"
        yield Record(source, number + 1, b"", problem)


def _read_rows(source: Source, file_: BinaryIO) -> Iterator[Record]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as err:
        raise InputError(
            'Parquet files need PyArrow: python -m pip install "spacy-birnn[parquet]"'
        ) from err
    number = 0
    try:
        for batch in ParquetFile(file_).iter_batches(batch_size=1000):
            for row in batch.to_pylist():
                number += 1
                try:
                    data, problem = json.dumps(row, default=_plain).encode("utf-8"), ""
                except (TypeError, ValueError) as err:
                    data, problem = b"", str(err)
                yield Record(source, number, data, problem)
    except Exception as err:
        problem = f"the file is damaged or no Parquet file ({' '.join(str(err).split())})"
        yield Record(source, number + 1, b"", problem)


def _plain(value: Any) -> str:
    """What stands for a value in JSON, which has no dates and no exact fractions."""
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
