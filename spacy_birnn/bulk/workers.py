"""Shards in several processes, each with a pipeline of its own."""

import os
import signal
import sys
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Deque, Iterable, Iterator, List, Optional, Tuple

from spacy.language import Language

from ..errors import InputError
from ..loading import load_pipeline, use_gpu
from .records import Record
from .shard import Note, tag_shard
from .writers import OutputFormat

# The number of a shard, and its records, or what is made of them.
Numbered = Tuple[int, List[Record]]
Tagged = Tuple[int, bytes, Note]


@dataclass(frozen=True)
class Job:
    """What is the same for all shards.

    model (str): Folder or package of the pipeline.
    gpu_id (int): GPU to use, -1 for the CPU.
    format (OutputFormat): Format of the output.
    batch_size (Optional[int]): Documents that the pipeline reads at once; None for its own setting.
    skip_bad (bool): Leave records out that cannot be read or tagged.
    """

    model: str
    gpu_id: int
    format: OutputFormat
    batch_size: Optional[int]
    skip_bad: bool

    def load(self) -> Language:
        """RETURNS (Language): The pipeline.
        RAISES (InputError): If it cannot be loaded.
        """
        use_gpu(self.gpu_id)
        nlp = load_pipeline(self.model)
        # It limits what these two need; the components of this package read long texts in parts.
        if not {"parser", "ner"} & {*nlp.pipe_factories.values()}:
            nlp.max_length = sys.maxsize
        return nlp

    def tag(self, nlp: Language, records: List[Record]) -> Tuple[bytes, Note]:
        """nlp (Language): The pipeline.
        records (List[Record]): The documents of a shard.
        RETURNS (Tuple[bytes, Note]): See `tag_shard`.
        """
        batch_size = self.batch_size or nlp.batch_size
        return tag_shard(nlp, records, self.format, batch_size=batch_size, skip_bad=self.skip_bad)


def tag_shards(
    job: Job, nlp: Language, shards: Iterable[Numbered], n_process: int
) -> Iterator[Tagged]:
    """Tag shards, each of them whole in one process, so that only records and bytes travel.

    job (Job): What to do.
    nlp (Language): The pipeline; worker processes load it anew.
    shards (Iterable[Numbered]): Numbers of shards and their documents. Few more are read than
        there are processes.
    n_process (int): Number of processes.
    YIELDS (Tagged): Number and result of each, in order.
    RAISES (InputError): If a document is bad, or if a process has died.
    """
    if n_process == 1:
        for index, records in shards:
            yield index, *job.tag(nlp, records)
        return
    # Spawned on every system: a forked process may wait for ever for threads it does not have.
    pool = ProcessPoolExecutor(n_process, get_context("spawn"), initializer=_start, initargs=(job,))
    running: Deque[Tuple[int, Future[Tuple[bytes, Note]]]] = deque()
    try:
        for index, records in shards:
            running.append((index, pool.submit(_tag, records)))
            if len(running) > n_process:
                yield _result(running)
        while running:
            yield _result(running)
    except BrokenProcessPool as err:
        raise InputError(
            "A worker process has died, perhaps for want of memory: use a smaller --n-process, "
            "--batch-size or --shard-size."
        ) from err
    finally:
        pool.shutdown(cancel_futures=True)


def _result(running: Deque[Tuple[int, "Future[Tuple[bytes, Note]]"]]) -> Tagged:
    index, future = running.popleft()
    return index, *future.result()


# What a worker process works with.
_worker: List[Tuple[Job, Language]] = []


def _start(job: Job) -> None:
    # The parent is told of Ctrl+C, and its workers end with it, even if it is killed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _worker.append((job, job.load()))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _tag(records: List[Record]) -> Tuple[bytes, Note]:
    ((job, nlp),) = _worker
    return job.tag(nlp, records)
