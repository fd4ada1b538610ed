"""Annotated documents as bytes: the formats of the output."""

import io
import json
import shutil
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, Dict, Sequence, Set, Type

from spacy.tokens import Doc, DocBin

from ..errors import InputError
from ..labelling.attributes import CONFIDENCES
from .conllu_writer import to_conllu
from .records import Record


class OutputFormat(str, Enum):
    """Formats of annotated documents."""

    jsonl = "jsonl"
    conllu = "conllu"
    spacy = "spacy"


class LineWriter:
    """Collects documents as lines of text. A subclass says how."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self.replaced: Set[str] = set()

    def encode(self, doc: Doc, record: Record) -> str:
        """doc (Doc): An annotated document.
        record (Record): The record it was made of.
        RETURNS (str): Its lines.
        """
        raise NotImplementedError

    def add(self, doc: Doc, record: Record) -> None:
        """doc (Doc): An annotated document. If it cannot be written, nothing of it is.
        record (Record): The record it was made of.
        """
        self._file.write(self.encode(doc, record).encode("utf-8"))

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): All documents."""
        return self._file.getvalue()

    @staticmethod
    def join(paths: Sequence[Path], file_: BinaryIO) -> None:
        """paths (Sequence[Path]): Files of `to_bytes`.
        file_ (BinaryIO): Where their documents are written, in order.
        """
        for path in paths:
            with path.open("rb") as part:
                shutil.copyfileobj(part, file_)


class JsonlWriter(LineWriter):
    """spaCy's JSON, with the confidences that are there and the fields of the input.

    replaced (Set[str]): Names of fields of the input that annotations took the place of.
    """

    def encode(self, doc: Doc, record: Record) -> str:
        # The keys of custom attributes in Doc.user_data: a mark, the name, and a place.
        names = {key[1] for key in doc.user_data if isinstance(key, tuple) and key[:1] == ("._.",)}
        data = doc.to_json(underscore=sorted(names & CONFIDENCES))
        fields = fields_of(doc)
        # Not srsly, which would round floats.
        line = json.dumps({**fields, **data}, ensure_ascii=False, allow_nan=False)
        self.replaced |= fields.keys() & data.keys()
        return line + "\n"


class ConlluWriter(LineWriter):
    """CoNLL-U, with the place of a record as the id of its document."""

    def encode(self, doc: Doc, record: Record) -> str:
        return to_conllu(doc, f"{record.source.path}:{record.number}", fields_of(doc))


class SpacyWriter:
    """spaCy's binary format, with user data."""

    def __init__(self) -> None:
        self._doc_bin = DocBin(store_user_data=True)
        self.replaced: Set[str] = set()

    def add(self, doc: Doc, record: Record) -> None:
        """doc (Doc): An annotated document. If it cannot be written, nothing of it is.
        record (Record): The record it was made of.
        """
        self._doc_bin.merge(DocBin(store_user_data=True, docs=[doc]))

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): All documents."""
        return self._doc_bin.to_bytes()

    @staticmethod
    def join(paths: Sequence[Path], file_: BinaryIO) -> None:
        """paths (Sequence[Path]): Files of `to_bytes`.
        file_ (BinaryIO): Where their documents are written, in order.
        """
        doc_bin = DocBin(store_user_data=True)
        for path in paths:
            doc_bin.merge(DocBin(store_user_data=True).from_disk(path))
        try:
            file_.write(doc_bin.to_bytes())
        except (ValueError, OverflowError, MemoryError) as err:
            # The format has no fields of more than 4 GiB.
            raise InputError(
                f"The documents are too many for one .spacy file ({err}): use the folder "
                f"{paths[0].parent} in its place, which spaCy reads as a corpus."
            ) from err


WRITERS: Dict[OutputFormat, Type[Any]] = {
    OutputFormat.jsonl: JsonlWriter,
    OutputFormat.conllu: ConlluWriter,
    OutputFormat.spacy: SpacyWriter,
}


def fields_of(doc: Doc) -> Dict[str, Any]:
    """doc (Doc): A document.
    RETURNS (Dict[str, Any]): Its user data, without custom attributes.
    """
    return {key: value for key, value in doc.user_data.items() if isinstance(key, str)}
