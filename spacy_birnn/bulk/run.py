"""Tagging of all documents of some files, once each and in order, in one run or several."""

from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import (
    Any,
    BinaryIO,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Protocol,
    Sequence,
)

import tqdm
from spacy.language import Language

from ..errors import InputError
from .records import SHARD_BYTES, STDIN, Source, batch_records, read_records
from .shard import Note, checksum
from .workers import Numbered, Tagged, TagJob


@dataclass
class Summary:
    """Counts of a run.

    shards (int): Number of shards, including shards of earlier runs.
    resumed (int): Number of documents that earlier runs have tagged.
    documents (int): Number of documents that this run has tagged.
    words (int): Number of their tokens.
    seconds (float): Duration of this run.
    left_out (List[str]): The problem of each record that was left out, in all runs.
    replaced (List[str]): Names of fields of the input that annotations have replaced.
    """

    shards: int = 0
    resumed: int = 0
    documents: int = 0
    words: int = 0
    seconds: float = 0.0
    left_out: List[str] = field(default_factory=list)
    replaced: List[str] = field(default_factory=list)

    def add(self, note: Note) -> None:
        """Add what the note about a shard says of its records.

        note (Note): The note.
        """
        self.left_out += note.left_out
        self.replaced = sorted({*self.replaced, *note.replaced})


# Tags shards, in any order.
Engine = Callable[[Iterable[Numbered]], Iterator[Tagged]]


class Target(Protocol):
    """Takes tagged shards: `FinishedShards` or `Stream`."""

    def finished(self, index: int) -> Optional[Note]:
        """Look up a shard of an earlier run.

        index (int): Number of the shard.
        RETURNS (Optional[Note]): Its note, or None if it is not finished.
        """

    def write(self, index: int, data: bytes, note: Note) -> None:
        """Write a tagged shard.

        index (int): Number of the shard.
        data (bytes): Its documents.
        note (Note): The note about them.
        """


class Stream:
    """Writes shards into a file from beginning to end.

    file_ (BinaryIO): The file.
    """

    def __init__(self, file_: BinaryIO) -> None:
        self._file = file_

    def finished(self, index: int) -> Optional[Note]:
        return None

    def write(self, index: int, data: bytes, note: Note) -> None:
        self._file.write(data)
        self._file.flush()


def tag_all(
    job: TagJob,
    sources: Sequence[Source],
    target: Target,
    engine: Engine,
    *,
    shard_size: int,
) -> Summary:
    """Tag all documents that are not tagged yet. A terminal shows a progress bar.

    job (TagJob): The settings of the run.
    sources (Sequence[Source]): The files of documents.
    target (Target): Takes tagged shards, in the order of the engine.
    engine (Engine): Tags the shards that are missing. It takes no more than it can work on.
    shard_size (int): Maximum number of documents in a shard.
    RETURNS (Summary): The counts of this run.
    RAISES (InputError): If a document is bad, or if the input is not that of the interrupted run.
    """
    summary = Summary()
    notes: Dict[int, Note] = {}
    start = perf_counter()

    shards = batch_records(read_records(sources), shard_size, SHARD_BYTES)

    def unfinished() -> Iterator[Numbered]:
        for index, records in enumerate(shards):
            summary.shards += 1
            note = target.finished(index)
            if note is not None and note.checksum != checksum(records):
                raise InputError(
                    f"{records[0].place} and what follows is not what the interrupted run has "
                    f"tagged: give its input, or remove its parts to start again."
                )
            if note is None or (note.left_out and not job.skip_bad):
                yield index, records
            else:
                notes[index] = note
                summary.resumed += note.documents
                progress.update(note.documents)

    with tqdm.tqdm(unit=" documents", disable=None) as progress:
        for index, data, note in engine(unfinished()):
            target.write(index, data, note)
            notes[index] = note
            summary.documents += note.documents
            summary.words += note.words
            progress.update(note.documents)
    for _, note in sorted(notes.items()):
        summary.add(note)
    summary.seconds = perf_counter() - start
    return summary


def describe(
    job: TagJob, nlp: Language, sources: Sequence[Source], shard_size: int
) -> Dict[str, Any]:
    """Describe everything that the output depends on, so that only the same run is resumed.

    job (TagJob): The settings of the run.
    nlp (Language): The pipeline.
    sources (Sequence[Source]): The files of documents.
    shard_size (int): Maximum number of documents in a shard.
    RETURNS (Dict[str, Any]): Settings by name; of files, their sizes and times of modification.
    """
    files = sorted(path for path in nlp.path.rglob("*") if path.is_file()) if nlp.path else []
    settings: Dict[str, Any] = {
        "the pipeline": job.model,
        "the files of the pipeline": [_stamp(path) for path in files],
        "--output-format": job.format.value,
        "--shard-size": shard_size,
        "the version of spacy-birnn": version("spacy-birnn"),
    }
    for number, source in enumerate(sources, start=1):
        stamp = [] if source.path == STDIN else _stamp(Path(source.path))
        settings[f"input {number} ({source.name})"] = [source.format.value, *stamp]
    return settings


def _stamp(path: Path) -> List[Any]:
    stat = path.stat()
    return [path.name, stat.st_size, stat.st_mtime_ns]
