"""Text files of words, for programs that learn from them."""

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
class WordCounts:
    """Counts of a text file of words.

    documents (int): Number of documents with words.
    words (int): Number of their words.
    cut (int): Number of words with whitespace inside, which are several words in the file.
    left_out (List[str]): The problem of each document that was left out.
    """

    documents: int = 0
    words: int = 0
    cut: int = 0
    left_out: List[str] = field(default_factory=list)


def write_words(
    path: Path, sources: Sequence[Source], nlp: Language, *, skip_bad: bool = False
) -> WordCounts:
    """Write the words of documents with spaces between them, one document per line.

    path (Path): The file to write.
    sources (Sequence[Source]): The files of documents. Those of .spacy files have words.
    nlp (Language): A pipeline, whose tokenizer finds the words of the others.
    skip_bad (bool): Whether to leave out documents that cannot be read.
    RETURNS (WordCounts): The counts.
    RAISES (InputError): If there are no words, or if a document cannot be read and is not left
        out.
    """
    total = WordCounts()
    with path.open("w", encoding="utf-8", newline="\n") as file_:
        for batch in batch_records(read_records(sources), BATCH_DOCS, SHARD_BYTES):
            # As in `tag_shard`: new strings are freed, except those of annotated documents.
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


def _join(doc: Doc, total: WordCounts) -> str:
    parts: List[str] = []
    for token in doc:
        # For programs in C a NUL ends a word as well.
        of_token = token.text.replace("\0", " ").split()
        total.words += bool(of_token)
        total.cut += len(of_token) > 1
        parts += of_token
    total.documents += bool(parts)
    return " ".join(parts) + "\n" if parts else ""
