"""Tagging of shards by several processes, each with its own pipeline."""

import sys
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from typing import Deque, Iterable, Iterator, List, Optional, Tuple

from spacy.language import Language
from thinc.compat import has_torch

from ..errors import InputError
from ..loading import load_pipeline, use_gpu
from ..machine.child_process import end_with_parent
from ..pipeline.labelling_pipe import LabellingPipe
from .records import Record
from .shard import Note, tag_shard
from .writers import OutputFormat

# The number of a shard, with its records or with its annotated documents.
Numbered = Tuple[int, List[Record]]
Tagged = Tuple[int, bytes, Note]


@dataclass(frozen=True)
class TagJob:
    """The settings of a run, the same for all shards.

    model (str): Folder or package of the pipeline.
    gpu_id (int): GPU to use, -1 for the CPU.
    format (OutputFormat): Format of the output.
    batch_size (Optional[int]): Documents that the pipeline reads at once; None for its own setting.
    skip_bad (bool): Whether to leave out records that cannot be read or tagged.
    confidence (bool): Whether to compute confidences, whatever the settings of the pipeline.
    """

    model: str
    gpu_id: int
    format: OutputFormat
    batch_size: Optional[int]
    skip_bad: bool
    confidence: bool = False

    def load(self) -> Language:
        """Load the pipeline.

        RETURNS (Language): The pipeline.
        RAISES (InputError): If it cannot be loaded.
        """
        use_gpu(self.gpu_id)
        nlp = load_pipeline(self.model)
        # Only these two need the limit; the components of this package read long texts in parts.
        if not {"parser", "ner"} & {*nlp.pipe_factories.values()}:
            nlp.max_length = sys.maxsize
        if self.confidence:
            for _, pipe in nlp.pipeline:
                if isinstance(pipe, LabellingPipe) and "confidence" in pipe.cfg:
                    pipe.configure(confidence=True)
        return nlp

    def tag(self, nlp: Language, records: List[Record]) -> Tuple[bytes, Note]:
        """Tag the records of a shard, as `tag_shard` does.

        nlp (Language): The pipeline.
        records (List[Record]): The records of the shard.
        RETURNS (Tuple[bytes, Note]): The annotated documents and the note about them.
        """
        batch_size = self.batch_size or nlp.batch_size
        return tag_shard(nlp, records, self.format, batch_size=batch_size, skip_bad=self.skip_bad)


@lru_cache(maxsize=1)
def load_once(job: TagJob) -> Language:
    """Load the pipeline of a worker process at the first call, and use one thread of PyTorch there,
    because each core has a process of its own.

    job (TagJob): The settings of the run.
    RETURNS (Language): The pipeline.
    RAISES (InputError): If it cannot be loaded.
    """
    if has_torch:
        # Imported here: PyTorch is an extra.
        import torch

        torch.set_num_threads(1)
    return job.load()


def tag_shards(
    job: TagJob, nlp: Language, shards: Iterable[Numbered], n_process: int
) -> Iterator[Tagged]:
    """Tag shards, each of them in one process, so that only records and bytes are exchanged.

    job (TagJob): The settings of the run.
    nlp (Language): The pipeline; worker processes load their own.
    shards (Iterable[Numbered]): Numbers and records of the shards. Only a few are read ahead.
    n_process (int): Number of processes.
    YIELDS (Tagged): Number and result of each shard, in order.
    RAISES (InputError): If a document is bad, or if a process has died.
    """
    if n_process == 1:
        for index, records in shards:
            yield index, *job.tag(nlp, records)
        return
    # Spawned on every system: a forked process may deadlock on threads that it does not have.
    pool = ProcessPoolExecutor(n_process, get_context("spawn"), initializer=_start, initargs=(job,))
    running: Deque[Tuple[int, Future[Tuple[bytes, Note]]]] = deque()
    try:
        for index, records in shards:
            running.append((index, pool.submit(_tag, job, records)))
            if len(running) > n_process:
                yield _result(running)
        while running:
            yield _result(running)
    except BrokenProcessPool as err:
        raise InputError(
            "A worker process has died, perhaps because memory ran out: use a smaller --n-process, "
            "--batch-size or --shard-size."
        ) from err
    finally:
        pool.shutdown(cancel_futures=True)


def _result(running: Deque[Tuple[int, "Future[Tuple[bytes, Note]]"]]) -> Tagged:
    index, future = running.popleft()
    return index, *future.result()


def _start(job: TagJob) -> None:
    end_with_parent()
    load_once(job)


def _tag(job: TagJob, records: List[Record]) -> Tuple[bytes, Note]:
    return job.tag(load_once(job), records)
