"""spaCy's own training loop, in several processes: each learns from a part of every batch."""

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

from ..loading import import_code, use_gpu
from ..pipeline.labelling_pipe import LabellingPipe
from ..spacy_private import show_validation_error
from ..training.steps import SkippedStepWarning
from .all_reduce import Gradients
from .process_group import Team, TeamError, WorkerLostError, started

# What learning from a document costs beside its tokens, in tokens.
DOC_COST = 2
# A logger that says nothing, for all workers but the first.
SILENT = {"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": None, "console_output": False}


class Job(NamedTuple):
    """What to train.

    config (str): The config, as a text.
    path (Path): Its file, for messages.
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


class SharedPipeline:
    """What spaCy's training loop sees in place of the pipeline.

    All workers read the same batches. Of each batch they learn a part each, and then add up the
    gradients: the step is that of one process, and so are batches and steps. All else is done by
    the pipeline itself, evaluation and saving by that of worker 0.

    nlp (Language): The pipeline, initialised.
    team (Team): The workers.
    seed (int): Seed of the training.
    """

    def __init__(self, nlp: Language, team: Team, seed: int) -> None:
        self.nlp = nlp
        self.team = team
        training = nlp.config.interpolate()["training"]
        self._accumulate = training["accumulate_gradient"]
        callbacks = registry.resolve({"before_to_disk": training["before_to_disk"]})
        self._before_to_disk = create_before_to_disk_callback(callbacks["before_to_disk"])
        self._learning: List[Tuple[str, Any]] = [
            (name, pipe)
            for name, pipe in nlp.pipeline
            if name not in training["frozen_components"] and getattr(pipe, "is_trainable", False)
        ]
        self._gradients = Gradients([pipe.model for _, pipe in self._learning])
        # Each worker drops out other units; but all shuffle alike, see `_own_chance`.
        fix_random_seed(seed + team.rank)
        self._chance = random.getstate()
        random.seed(seed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.nlp, name)

    def digest(self) -> str:
        """RETURNS (str): The same for the same weights and labels."""
        digest = hashlib.sha256()
        for name, pipe in self._learning:
            digest.update(srsly.msgpack_dumps([name, list(getattr(pipe, "labels", ()))]))
            digest.update(pipe.model.to_bytes())
        return digest.hexdigest()

    @property
    def config(self) -> Config:
        """RETURNS (Config): The config as far as it is for the training loop."""
        config = self.nlp.config.copy()
        # Both are done here. Seeds are set already.
        config["training"].update(accumulate_gradient=1, before_to_disk=None, seed=None)
        if not self.team.is_first:
            config["training"]["logger"] = dict(SILENT)
        return config

    def update(
        self, examples: Iterable[Example], *, losses: Dict[str, float], **settings: Any
    ) -> Dict[str, float]:
        """Learn from this worker's part of a batch, and add up what all have learnt.

        examples (Iterable[Example]): The whole batch.
        losses (Dict[str, float]): Losses so far, by component.
        **settings (Any): As for `Language.update`.
        RETURNS (Dict[str, float]): The losses, those of this batch added.
        RAISES (WorkerLostError): If a worker has ended.
        RAISES (TeamError): If the workers have different batches.
        """
        batch = list(examples)
        mine: Dict[str, float] = {}
        with self._own_chance():
            for part in subdivide_batch(self._part(batch), self._accumulate):
                self.nlp.update(part, losses=mine, **settings)
        names = [name for name, _ in self._learning]
        labellers = [pipe for _, pipe in self._learning if isinstance(pipe, LabellingPipe)]
        numbers = [
            float(sum(map(len, batch))),
            *(labeller.learner.n_tokens for labeller in labellers),
            *(mine.get(name, 0.0) for name in names),
        ]
        n_words, *sums = self._gradients.sum(self.team, numbers)
        if n_words != numbers[0] * self.team.size:
            raise TeamError(
                "The workers do not see the same batches: give all of them the same corpus, and a "
                "reader and a batcher that depend on the seed alone."
            )
        for labeller, n_tokens in zip(labellers, sums):
            labeller.learner.n_tokens = int(n_tokens)
        for name, loss in zip(names, sums[len(labellers) :]):
            losses[name] = losses.get(name, 0.0) + loss
        return losses

    def _part(self, batch: Sequence[Example]) -> List[Example]:
        """The longest documents go to one worker, the shortest to another: a network reads those of
        alike length together, in fewer steps."""
        if not batch:
            return []
        ordered = sorted(batch, key=len, reverse=True)
        costs = np.array([len(example) + DOC_COST for example in ordered], dtype=np.float64)
        middles = costs.cumsum() - costs / 2
        owners = (middles * self.team.size / costs.sum()).astype(np.int64)
        return [ordered[i] for i in np.flatnonzero(owners == self.team.rank)]

    @contextmanager
    def _own_chance(self) -> Iterator[None]:
        """What a worker does alone, such as `random` in spaCy's parser, must not change how it
        shuffles."""
        shared = random.getstate()
        random.setstate(self._chance)
        try:
            yield
        finally:
            self._chance = random.getstate()
            random.setstate(shared)

    def evaluate(self, examples: Iterable[Example], **settings: Any) -> Dict[str, Any]:
        """examples (Iterable[Example]): The examples, which worker 0 alone reads.
        **settings (Any): As for `Language.evaluate`.
        RETURNS (Dict[str, Any]): The scores.
        RAISES (WorkerLostError): If a worker has ended.
        """
        scores = None
        if self.team.is_first:
            with self._own_chance():
                scores = self.nlp.evaluate(examples, **settings)
        return self.team.share(scores)

    def to_disk(self, path: Path, **settings: Any) -> None:
        """Save the pipeline. Ctrl+C waits until it is done, so that the folder is whole.

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


def train_with(n_workers: int, job: Job) -> None:
    """Train on this machine.

    n_workers (int): Number of processes, this one among them.
    job (Job): What to train.
    RAISES (TeamError): If a worker has failed or was killed; worker 0 has saved what it has learnt.
    """
    with started(n_workers, work, job) as team:
        lead(team, job)


def lead(team: Team, job: Job) -> None:
    """What worker 0 does.

    team (Team): The workers.
    job (Job): What to train.
    RAISES (TeamError): If another worker has failed or was killed.
    """
    try:
        work(team, job)
    except WorkerLostError as err:
        raise TeamError(team.explain()) from err


def work(team: Team, job: Job) -> None:
    """What each worker does.

    team (Team): The workers.
    job (Job): What to train.
    RAISES (WorkerLostError): If another worker has ended.
    RAISES (TeamError): If the workers do not begin with the same pipeline.
    """
    gpu_id = job.gpu_id if job.gpu_id < 0 else job.gpu_id + team.local_rank
    with nullcontext() if team.is_first else _silence():
        nlp, seed = _initialize(team, job, gpu_id)
    team.meet(gpu=gpu_id >= 0)
    shared = SharedPipeline(nlp, team, seed)
    if len({*team.gather(shared.digest())}) > 1:
        raise TeamError(
            "The workers do not begin with the same weights and labels: give all of them the same "
            "config, corpus and versions of packages."
        )
    if team.is_first:
        msg.good("Initialized pipeline")
        msg.divider("Training pipeline")
        train(shared, job.output, use_gpu=gpu_id)  # type: ignore[arg-type]
        return
    with warnings.catch_warnings():
        # All workers skip the same steps, because the gradient is the same; worker 0 says so.
        warnings.simplefilter("ignore", SkippedStepWarning)
        train(shared, use_gpu=gpu_id, stdout=io.StringIO(), stderr=io.StringIO())  # type: ignore[arg-type]


def _initialize(team: Team, job: Job, gpu_id: int) -> Tuple[Language, int]:
    torch.set_num_threads(job.threads)
    use_gpu(gpu_id)
    import_code(job.code)
    if team.is_first:
        msg.info("Using CPU" if gpu_id < 0 else f"Using GPU: {gpu_id}")
        msg.divider("Initializing pipeline")
    with show_validation_error(job.path, hint_fill=False):
        config = load_config_from_str(job.config)
        seed = config.interpolate()["training"].get("seed")
        seed = team.choose("seed", random.getrandbits(31) if seed is None else seed)
        fix_random_seed(seed)
        nlp = init_nlp(config, use_gpu=gpu_id)
    # The first prediction of a worker process has set it to one.
    torch.set_num_threads(job.threads)
    return nlp, seed


@contextmanager
def _silence() -> Iterator[None]:
    """What worker 0 says, too."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)
