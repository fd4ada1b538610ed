"""spaCy's training loop in several processes: each learns from a part of every batch."""

import hashlib
import io
import logging
import random
import warnings
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from threading import current_thread, main_thread
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import srsly
import torch
from spacy.language import Language
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import create_before_to_disk_callback, subdivide_batch, train
from spacy.util import load_config_from_str, logger, registry
from thinc.api import Config, fix_random_seed
from wasabi import msg

from ..errors import InputError
from ..loading import import_code, use_gpu
from ..pipeline.labelling_pipe import LabellingPipe
from ..spacy_private import show_validation_error
from ..training.eval_frequency import fit_to_train_corpus
from ..training.steps import SkippedStepWarning
from .all_reduce import Gradients
from .process_group import ProcessGroup

# The cost of learning from a document, in tokens, in addition to that of its tokens.
DOC_COST = 2
# A logger that prints nothing, for all workers except the first.
SILENT = {"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": None, "console_output": False}


class TrainJob(NamedTuple):
    """The settings of a training, the same for all workers.

    config (str): The text of the config.
    path (Path): The file of the config, for messages.
    output (Optional[Path]): Folder for `model-best` and `model-last`.
    code (Optional[Path]): File with registered functions.
    gpu_id (int): GPU of the first worker of a machine, -1 for the CPU.
    threads (int): Threads of PyTorch in each worker.
    """

    config: str
    path: Path
    output: Optional[Path]
    code: Optional[Path]
    gpu_id: int
    threads: int


class DataParallelPipeline:
    """Stands in for the pipeline in spaCy's training loop.

    All workers read the same batches. Each learns from a part of every batch, and they sum their
    gradients, so that batches and steps are the same as in one process. Everything else is left to
    the pipeline; worker 0 evaluates and saves.

    nlp (Language): The initialized pipeline.
    group (ProcessGroup): The workers.
    seed (int): Seed of the training.
    """

    def __init__(self, nlp: Language, group: ProcessGroup, seed: int) -> None:
        self.nlp = nlp
        self.group = group
        training = nlp.config.interpolate()["training"]
        self._accumulate = training["accumulate_gradient"]
        callbacks = registry.resolve({"before_to_disk": training["before_to_disk"]})
        self._before_to_disk = create_before_to_disk_callback(callbacks["before_to_disk"])
        self._trained: List[Tuple[str, Any]] = [
            (name, pipe)
            for name, pipe in nlp.pipeline
            if name not in training["frozen_components"] and getattr(pipe, "is_trainable", False)
        ]
        self._gradients = Gradients([pipe.model for _, pipe in self._trained])
        # Each worker drops out other units, but all of them shuffle alike.
        fix_random_seed(seed + group.rank)
        self._own_state = random.getstate()
        random.seed(seed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.nlp, name)

    def digest(self) -> str:
        """Hash the weights and labels.

        RETURNS (str): The hash.
        """
        digest = hashlib.sha256()
        for name, pipe in self._trained:
            digest.update(srsly.msgpack_dumps([name, list(getattr(pipe, "labels", ()))]))
            digest.update(pipe.model.to_bytes())
        return digest.hexdigest()

    @property
    def config(self) -> Config:
        """The config for spaCy's training loop.

        RETURNS (Config): The config without the settings that are applied here.
        """
        config = self.nlp.config.copy()
        # The seed is set already.
        config["training"].update(accumulate_gradient=1, before_to_disk=None, seed=None)
        if not self.group.is_first:
            config["training"]["logger"] = dict(SILENT)
        return config

    def update(
        self, examples: Iterable[Example], *, losses: Dict[str, float], **settings: Any
    ) -> Dict[str, float]:
        """Learn from this worker's part of a batch, and sum the gradients of all workers.

        examples (Iterable[Example]): The whole batch.
        losses (Dict[str, float]): Losses so far, by component.
        **settings (Any): As for `Language.update`.
        RETURNS (Dict[str, float]): The losses, with the losses of this batch added.
        RAISES (WorkerLostError): If a worker has ended.
        RAISES (InputError): If the workers have different batches.
        """
        batch = list(examples)
        mine: Dict[str, float] = {}
        with self._own_random_state():
            for part in subdivide_batch(self._own_part(batch), self._accumulate):
                self.nlp.update(part, losses=mine, **settings)
        names = [name for name, _ in self._trained]
        labellers = [pipe for _, pipe in self._trained if isinstance(pipe, LabellingPipe)]
        numbers = [
            float(sum(map(len, batch))),
            *(labeller.learner.n_tokens for labeller in labellers),
            *(mine.get(name, 0.0) for name in names),
        ]
        n_words, *sums = self._gradients.all_reduce(self.group, numbers)
        if n_words != numbers[0] * self.group.size:
            raise InputError(
                "The workers do not see the same batches: give all of them the same corpus, and a "
                "reader and a batcher that depend on the seed alone."
            )
        for labeller, n_tokens in zip(labellers, sums):
            labeller.learner.n_tokens = int(n_tokens)
        for name, loss in zip(names, sums[len(labellers) :]):
            losses[name] = losses.get(name, 0.0) + loss
        return losses

    def _own_part(self, batch: Sequence[Example]) -> List[Example]:
        # One worker gets the longest documents, another one the shortest: documents of similar
        # length need less padding.
        if not batch:
            return []
        ordered = sorted(batch, key=len, reverse=True)
        costs = np.array([len(example) + DOC_COST for example in ordered], dtype=np.float64)
        middles = costs.cumsum() - costs / 2
        owners = (middles * self.group.size / costs.sum()).astype(np.int64)
        return [ordered[i] for i in np.flatnonzero(owners == self.group.rank)]

    @contextmanager
    def _own_random_state(self) -> Iterator[None]:
        # Random numbers that one worker draws, such as spaCy's parser does, must not change how
        # it shuffles.
        shared = random.getstate()
        random.setstate(self._own_state)
        try:
            yield
        finally:
            self._own_state = random.getstate()
            random.setstate(shared)

    def evaluate(self, examples: Iterable[Example], **settings: Any) -> Dict[str, Any]:
        """Evaluate the pipeline in worker 0.

        examples (Iterable[Example]): The examples, which only worker 0 reads.
        **settings (Any): As for `Language.evaluate`.
        RETURNS (Dict[str, Any]): The scores.
        RAISES (WorkerLostError): If a worker has ended.
        """
        scores: Dict[str, Any] = {}
        if self.group.is_first:
            with self._own_random_state():
                scores = self.nlp.evaluate(examples, **settings)
        return self.group.broadcast(scores)

    def to_disk(self, path: Path, **settings: Any) -> None:
        """Save the pipeline. Ctrl+C takes effect afterwards, so that the folder is complete.

        path (Path): A folder.
        **settings (Any): As for `Language.to_disk`.
        """
        with _uninterrupted():
            self._before_to_disk(self.nlp).to_disk(path, **settings)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    caught: List[int] = []
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal(number, lambda n, _: caught.append(n)) for number in (SIGINT, SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal(number, handler)
    if caught:
        raise KeyboardInterrupt


def train_worker(group: ProcessGroup, job: TrainJob) -> None:
    """Train a pipeline as one of several workers.

    group (ProcessGroup): The workers.
    job (TrainJob): The settings of the training.
    RAISES (WorkerLostError): If another worker has ended.
    RAISES (InputError): If the workers do not begin with the same pipeline.
    """
    gpu_id = job.gpu_id if job.gpu_id < 0 else job.gpu_id + group.local_rank
    with nullcontext() if group.is_first else _silence():
        nlp, seed = _initialize(group, job, gpu_id)
    pipeline = DataParallelPipeline(nlp, group, seed)
    if len({*group.all_gather(pipeline.digest())}) > 1:
        raise InputError(
            "The workers do not begin with the same weights and labels: give all of them the same "
            "config, corpus and versions of packages."
        )
    if group.is_first:
        msg.good("Initialized pipeline")
        msg.divider("Training pipeline")
        train(pipeline, job.output, use_gpu=gpu_id)  # type: ignore[arg-type]
        return
    with warnings.catch_warnings():
        # The gradient is the same, so all workers skip the same steps, and worker 0 warns.
        warnings.simplefilter("ignore", SkippedStepWarning)
        train(pipeline, use_gpu=gpu_id, stdout=io.StringIO(), stderr=io.StringIO())  # type: ignore[arg-type]


def _initialize(group: ProcessGroup, job: TrainJob, gpu_id: int) -> Tuple[Language, int]:
    torch.set_num_threads(job.threads)
    use_gpu(gpu_id)
    import_code(job.code)
    group.connect(gpu=gpu_id >= 0)
    if group.is_first:
        msg.info("Using CPU" if gpu_id < 0 else f"Using GPU: {gpu_id}")
        msg.divider("Initializing pipeline")
    with show_validation_error(job.path, hint_fill=False):
        config = load_config_from_str(job.config)
        seed = config.interpolate()["training"].get("seed")
        seed = group.broadcast(random.getrandbits(31) if seed is None else seed)
        fix_random_seed(seed)
        nlp = init_nlp(config, use_gpu=gpu_id)
    fit_to_train_corpus(nlp)
    # The first prediction in a child process has set it to one.
    torch.set_num_threads(job.threads)
    return nlp, seed


@contextmanager
def _silence() -> Iterator[None]:
    # Worker 0 says the same.
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
