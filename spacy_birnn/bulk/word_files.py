"""The words of raw text, for programs that read them from a text file."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import InputError
from .records import SHARD_BYTES, InputFormat, Source, batch_records, read_records
from .shard import RecordError, make_doc

BATCH_DOCS = 5000


@dataclass
class Words:
    """What was written.

    documents (int): Documents with words.
    words (int): Their words.
    cut (int): Words with white space inside, which are several words in the file.
    left_out (List[str]): What is wrong with each document that was left out.
    """

    documents: int = 0
    words: int = 0
    cut: int = 0
    left_out: List[str] = field(default_factory=list)


def write_words(
    path: Path, sources: Sequence[Source], nlp: Language, *, skip_bad: bool = False
) -> Words:
    """Write the words of documents with spaces between them, a document a line.

    path (Path): The file.
    sources (Sequence[Source]): The documents. Those of .spacy files have words.
    nlp (Language): Its tokenizer finds the words of the others.
    skip_bad (bool): Leave documents out that cannot be read.
    RETURNS (Words): What was written.
    RAISES (InputError): If there are no words, or at the first document that cannot be read, if
        it is not left out.
    """
    total = Words()
    with path.open("w", encoding="utf-8", newline="\n") as file_:
        for batch in batch_records(read_records(sources), BATCH_DOCS, SHARD_BYTES):
            # As in `tag_shard`: new words are forgotten, but for documents with annotations.
            annotated = any(record.source.format is InputFormat.spacy for record in batch)
            with nullcontext() if annotated else nlp.memory_zone():
                for record in batch:
                    try:
                        line = _join(make_doc(nlp, record), total)
                    except RecordError as err:
                        if not skip_bad:
                            raise
                        total.left_out.append(err.problem)
                    else:
                        file_.write(line)
    if not total.words:
        names = ", ".join(source.name for source in sources)
        raise InputError(f"There are no words in {names}: give text.")
    return total


def _join(doc: Doc, total: Words) -> str:
    parts: List[str] = []
    for token in doc:
        # Programs in C end a word at a NUL, too.
        of_token = token.text.replace("\0", " ").split()
        total.words += bool(of_token)
        total.cut += len(of_token) > 1
        parts += of_token
    total.documents += bool(parts)
    return " ".join(parts) + "\n" if parts else ""
