"""Writers for annotated documents: the formats of the output."""

import json
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Dict, Sequence, Type

from spacy.tokens import Doc, DocBin

from ..errors import InputError
from ..labelling.attributes import CONFIDENCES
from .conllu_writer import to_conllu
from .doc_writer import DocWriter, LineWriter, fields_of
from .records import Record
from .tool_writers import DoccanoWriter, LabelStudioWriter, ProdigyWriter


class OutputFormat(str, Enum):
    """Formats of annotated documents."""

    jsonl = "jsonl"
    conllu = "conllu"
    spacy = "spacy"
    doccano = "doccano"
    label_studio = "label-studio"
    prodigy = "prodigy"


class JsonlWriter(LineWriter):
    """Writes spaCy's JSON, with confidences and the fields of the input."""

    def encode(self, doc: Doc, record: Record) -> str:
        # The keys of custom attributes in Doc.user_data are a mark, the name and the position.
        names = {key[1] for key in doc.user_data if isinstance(key, tuple) and key[:1] == ("._.",)}
        data = doc.to_json(underscore=sorted(names & CONFIDENCES))
        fields = fields_of(doc)
        # Not srsly, which rounds floats.
        line = json.dumps({**fields, **data}, ensure_ascii=False, allow_nan=False)
        self.replaced |= fields.keys() & data.keys()
        return line + "\n"


class ConlluWriter(LineWriter):
    """Writes CoNLL-U, with the place of a record as the id of its document."""

    def encode(self, doc: Doc, record: Record) -> str:
        return to_conllu(doc, f"{record.source.path}:{record.number}", fields_of(doc))


class SpacyWriter(DocWriter):
    """Collects documents in spaCy's binary format, with user data."""

    def __init__(self) -> None:
        super().__init__()
        self._doc_bin = DocBin(store_user_data=True)

    def add(self, doc: Doc, record: Record) -> None:
        # A document that fails while it is added would leave some of its data behind.
        self._doc_bin.merge(DocBin(store_user_data=True, docs=[doc]))

    def to_bytes(self) -> bytes:
        return self._doc_bin.to_bytes()

    @staticmethod
    def join(paths: Sequence[Path], file_: BinaryIO) -> None:
        doc_bin = DocBin(store_user_data=True)
        for path in paths:
            doc_bin.merge(DocBin(store_user_data=True).from_disk(path))
        try:
            file_.write(doc_bin.to_bytes())
        except (ValueError, OverflowError, MemoryError) as err:
            # The format has no fields of more than 4 GiB.
            raise InputError(
                f"The documents do not fit into one .spacy file ({err}): use the folder "
                f"{paths[0].parent} instead, which spaCy reads as a corpus."
            ) from err


WRITERS: Dict[OutputFormat, Type[DocWriter]] = {
    OutputFormat.jsonl: JsonlWriter,
    OutputFormat.conllu: ConlluWriter,
    OutputFormat.spacy: SpacyWriter,
    OutputFormat.doccano: DoccanoWriter,
    OutputFormat.label_studio: LabelStudioWriter,
    OutputFormat.prodigy: ProdigyWriter,
}
# Formats of one line per document, which standard output takes.
LINES = [of for of, writer in WRITERS.items() if writer not in (SpacyWriter, LabelStudioWriter)]
