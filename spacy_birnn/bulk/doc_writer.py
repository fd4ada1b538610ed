"""The base of writers for annotated documents."""

import io
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, BinaryIO, Dict, Sequence, Set

from spacy.tokens import Doc

from .records import Record


class DocWriter(ABC):
    """Collects annotated documents, and turns them into bytes.

    replaced (Set[str]): Names of fields of the input that annotations have replaced.
    """

    def __init__(self) -> None:
        self.replaced: Set[str] = set()

    @abstractmethod
    def add(self, doc: Doc, record: Record) -> None:
        """Add a document. If it cannot be written, nothing is added.

        doc (Doc): The annotated document.
        record (Record): Its record.
        """

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Serialize all documents.

        RETURNS (bytes): The documents.
        """

    @staticmethod
    @abstractmethod
    def join(paths: Sequence[Path], file_: BinaryIO) -> None:
        """Join files of serialized documents.

        paths (Sequence[Path]): The files, in order.
        file_ (BinaryIO): The file to write.
        """


class LineWriter(DocWriter):
    """Collects documents as lines of text."""

    def __init__(self) -> None:
        super().__init__()
        self._file = io.BytesIO()

    @abstractmethod
    def encode(self, doc: Doc, record: Record) -> str:
        """Encode a document.

        doc (Doc): The annotated document.
        record (Record): Its record.
        RETURNS (str): Its lines.
        """

    def add(self, doc: Doc, record: Record) -> None:
        self._file.write(self.encode(doc, record).encode("utf-8"))

    def to_bytes(self) -> bytes:
        return self._file.getvalue()

    @staticmethod
    def join(paths: Sequence[Path], file_: BinaryIO) -> None:
        for path in paths:
            with path.open("rb") as part:
                shutil.copyfileobj(part, file_)


def fields_of(doc: Doc) -> Dict[str, Any]:
    """Find the fields of the input in the user data of a document.

    doc (Doc): The document.
    RETURNS (Dict[str, Any]): The fields, without custom attributes.
    """
    return {key: value for key, value in doc.user_data.items() if isinstance(key, str)}
