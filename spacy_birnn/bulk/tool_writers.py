"""Pre-annotations for annotation tools: entities with confidences, the least certain first."""

import json
from abc import abstractmethod
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterable, Iterator, List, Optional, Sequence

from spacy.tokens import Doc

from ..labelling.attributes import get_attribute
from .doc_writer import LineWriter, fields_of
from .records import Record


class ToolWriter(LineWriter):
    """Collects records of a tool, one per line.

    A record has the score of its document: the confidence of its least certain token. It is null
    without confidences. Documents without words have no record, because tools reject them.
    """

    @abstractmethod
    def make_record(self, doc: Doc, fields: Dict[str, Any]) -> Dict[str, Any]:
        """Make the record of a document.

        doc (Doc): The annotated document.
        fields (Dict[str, Any]): The other fields of the input.
        RETURNS (Dict[str, Any]): The record.
        """

    @staticmethod
    @abstractmethod
    def find_score(record: Dict[str, Any]) -> Optional[float]:
        """Find the score of a record.

        record (Dict[str, Any]): The record.
        RETURNS (Optional[float]): Its score.
        """

    @staticmethod
    def write_lines(lines: Iterable[bytes], file_: BinaryIO) -> None:
        """Write the records as the tool reads them.

        lines (Iterable[bytes]): The records.
        file_ (BinaryIO): The file to write.
        """
        for line in lines:
            file_.write(line + b"\n")

    def encode(self, doc: Doc, record: Record) -> str:
        if not doc.text.strip():
            return ""
        fields = fields_of(doc)
        made = self.make_record(doc, fields)
        self.replaced |= fields.keys() & made.keys()
        return json.dumps(made, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def join(cls, paths: Sequence[Path], file_: BinaryIO) -> None:
        cls.write_lines(_read_lines(paths), file_)

    @classmethod
    def join_sorted(cls, paths: Sequence[Path], file_: BinaryIO) -> None:
        """Join files of records, with the least certain first and those without a score last.

        paths (Sequence[Path]): The files.
        file_ (BinaryIO): The file to write.
        """

        def uncertainty(line: bytes) -> float:
            score = cls.find_score(json.loads(line))
            return 1.0 if score is None else score

        cls.write_lines(sorted(_read_lines(paths), key=uncertainty), file_)


class DoccanoWriter(ToolWriter):
    """Writes JSON lines of Doccano for sequence labelling; the score is a field of metadata."""

    def make_record(self, doc: Doc, fields: Dict[str, Any]) -> Dict[str, Any]:
        label = [[ent.start_char, ent.end_char, ent.label_] for ent in doc.ents]
        confidences = [get_attribute(ent, "confidence") for ent in doc.ents]
        known = {"text": doc.text, "label": label, "score": score_of(doc)}
        return {**fields, **known, "confidences": confidences}

    @staticmethod
    def find_score(record: Dict[str, Any]) -> Optional[float]:
        return record["score"]


class ProdigyWriter(ToolWriter):
    """Writes JSON lines of Prodigy with tokens and spans; the score is in the field "meta"."""

    def make_record(self, doc: Doc, fields: Dict[str, Any]) -> Dict[str, Any]:
        tokens = [
            {
                "text": token.text,
                "start": token.idx,
                "end": token.idx + len(token),
                "id": token.i,
                "ws": bool(token.whitespace_),
            }
            for token in doc
        ]
        spans = [
            {
                "start": ent.start_char,
                "end": ent.end_char,
                "token_start": ent.start,
                "token_end": ent.end - 1,
                "label": ent.label_,
                "score": get_attribute(ent, "confidence"),
            }
            for ent in doc.ents
        ]
        meta = fields.get("meta", {})
        meta = {**(meta if isinstance(meta, dict) else {"meta": meta}), "score": score_of(doc)}
        # An answer of the input is not one to these spans.
        kept = {name: value for name, value in fields.items() if name not in ("answer", "meta")}
        return {**kept, "text": doc.text, "tokens": tokens, "spans": spans, "meta": meta}

    @staticmethod
    def find_score(record: Dict[str, Any]) -> Optional[float]:
        return record["meta"]["score"]


class LabelStudioWriter(ToolWriter):
    """Writes a JSON list of tasks of Label Studio with predictions.

    The names come from its template for named entities: a Text "text" and Labels "label".
    """

    def make_record(self, doc: Doc, fields: Dict[str, Any]) -> Dict[str, Any]:
        regions: List[Dict[str, Any]] = [
            {
                "id": str(number),
                "from_name": "label",
                "to_name": "text",
                "type": "labels",
                "value": {
                    "start": ent.start_char,
                    "end": ent.end_char,
                    "text": ent.text,
                    "labels": [ent.label_],
                },
                "score": get_attribute(ent, "confidence"),
            }
            for number, ent in enumerate(doc.ents, start=1)
        ]
        prediction = {"model_version": "spacy-birnn", "score": score_of(doc), "result": regions}
        return {"data": {**fields, "text": doc.text}, "predictions": [prediction]}

    @staticmethod
    def find_score(record: Dict[str, Any]) -> Optional[float]:
        return record["predictions"][0]["score"]

    @staticmethod
    def write_lines(lines: Iterable[bytes], file_: BinaryIO) -> None:
        file_.write(b"[")
        for number, line in enumerate(lines):
            file_.write((b",\n" if number else b"\n") + line)
        file_.write(b"\n]\n")


def score_of(doc: Doc) -> Optional[float]:
    """Find the confidence of the least certain token of a document.

    doc (Doc): The annotated document.
    RETURNS (Optional[float]): The lowest confidence of a token or an entity; None without
        confidences.
    """
    items = [
        *(get_attribute(token, "ent_confidence") for token in doc),
        *(get_attribute(ent, "confidence") for ent in doc.ents),
    ]
    return min((item for item in items if item is not None), default=None)


def _read_lines(paths: Sequence[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file_:
            for line in file_:
                yield line.rstrip(b"\n")
