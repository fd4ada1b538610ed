"""Processes that train one pipeline together: how they start, meet, talk and end."""

import os
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, Callable, Iterator, List, Optional, Sequence

import torch
import torch.distributed as dist
from torch import Tensor

# Worker 0 evaluates while the others wait. A worker that is killed closes its connections, which
# is seen at once.
TIMEOUT = timedelta(hours=24)
# Gradients on a GPU go through NCCL, all else through gloo.
GLOO, WITH_GPUS = "gloo", "cpu:gloo,cuda:nccl"


class WorkerLostError(Exception):
    """Another worker has ended."""


class TeamError(ValueError):
    """The workers cannot train; the message says why and how to mend that."""


class Team:
    """The workers, as one of them sees them.

    rank (int): Number of this worker. Worker 0 evaluates, prints and saves.
    size (int): Number of workers.
    store (torch.distributed.Store): What all of them can read and write.
    local_rank (int): Number of this worker among those of its machine.
    processes (Sequence[BaseProcess]): The other workers, if this one has started them.
    """

    def __init__(
        self,
        rank: int,
        size: int,
        store: dist.Store,
        local_rank: int,
        processes: Sequence[Any] = (),
    ) -> None:
        self.rank = rank
        self.size = size
        self.store = store
        self.local_rank = local_rank
        self.processes = processes

    @property
    def is_first(self) -> bool:
        """RETURNS (bool): Whether this is worker 0."""
        return self.rank == 0

    def choose(self, name: str, value: int) -> int:
        """name (str): Name of a number.
        value (int): What it is if worker 0 says so.
        RETURNS (int): What worker 0 says.
        """
        if self.is_first:
            self.store.set(name, str(value))
        self._wait([name])
        return int(self.store.get(name))

    def meet(self, gpu: bool) -> None:
        """Wait until all workers are here, and connect them.

        gpu (bool): Connect their GPUs, too.
        RAISES (WorkerLostError): If one of them has ended.
        """
        self.store.set(f"ready{self.rank}", "")
        self._wait([f"ready{rank}" for rank in range(self.size)])
        with _connection():
            dist.init_process_group(
                WITH_GPUS if gpu else GLOO,
                store=dist.PrefixStore("group", self.store),
                rank=self.rank,
                world_size=self.size,
                timeout=TIMEOUT,
            )

    def _wait(self, names: List[str]) -> None:
        """Not in the store itself: it would wait for a worker that has been killed."""
        while not self.store.check(names):
            if any(process.exitcode is not None for process in self.processes):
                raise WorkerLostError
            time.sleep(0.02)

    def add(self, tensor: Tensor) -> None:
        """tensor (Tensor): Numbers of this worker; they become the sums over all workers.
        RAISES (WorkerLostError): If one of them has ended.
        """
        with _connection():
            dist.all_reduce(tensor)

    def unite(self, numbers: Tensor) -> Tensor:
        """numbers (Tensor): Shape (n,): integers of this worker.
        RETURNS (Tensor): Those of all workers, each once, in rising order.
        RAISES (WorkerLostError): If one of them has ended.
        """
        lengths = [int(length) for length in self._collect(torch.tensor([len(numbers)]))]
        mine = numbers.new_zeros(max(lengths))
        mine[: len(numbers)] = numbers
        rows = self._collect(mine)
        return torch.cat([row[:length] for row, length in zip(rows, lengths)]).unique()

    def _collect(self, tensor: Tensor) -> List[Tensor]:
        tensors = [torch.empty_like(tensor) for _ in range(self.size)]
        with _connection():
            dist.all_gather(tensors, tensor)
        return tensors

    def share(self, value: Any) -> Any:
        """value (Any): What worker 0 has; that of the others is not used.
        RETURNS (Any): What worker 0 has.
        RAISES (WorkerLostError): If a worker has ended.
        """
        box = [value]
        with _connection():
            dist.broadcast_object_list(box, device=torch.device("cpu"))
        return box[0]

    def gather(self, value: Any) -> List[Any]:
        """value (Any): What this worker has.
        RETURNS (List[Any]): What each worker has.
        RAISES (WorkerLostError): If one of them has ended.
        """
        values: List[Any] = [None] * self.size
        with _connection():
            dist.all_gather_object(values, value)
        return values

    def report(self, err: BaseException) -> None:
        """err (BaseException): Why this worker ends: worker 0 is to say it."""
        problem = str(err) if isinstance(err, ValueError) else repr(err)
        self.store.set(f"error{self.rank}", " ".join(problem.split()))

    def explain(self) -> str:
        """RETURNS (str): Why a worker was lost."""
        others = range(1, self.size)
        for process in self.processes:
            process.join(timeout=5)
        for rank in others:
            if self.store.check([f"error{rank}"]):
                return f"Worker {rank}: {self.store.get(f'error{rank}').decode('utf-8')}"
        for rank, process in zip(others, self.processes):
            if process.exitcode is not None and process.exitcode < 0:
                name = signal.Signals(-process.exitcode).name
                return (
                    f"Worker {rank} was killed ({name}), perhaps for want of memory, so the "
                    f"training has stopped: use fewer --workers, or smaller batches."
                )
        return (
            "A worker has ended, so the training has stopped: look at its machine, and train again."
        )

    def leave(self) -> None:
        """Part from the others, and end those that this worker has started."""
        if dist.is_initialized():
            dist.destroy_process_group()
        for process in self.processes:
            process.terminate()
            process.join()


@contextmanager
def _connection() -> Iterator[None]:
    try:
        yield
    # What torch raises for a lost connection.
    except RuntimeError as err:
        raise WorkerLostError("another worker has ended") from err


def is_started() -> bool:
    """RETURNS (bool): Whether torchrun, or what does the same, has started this process."""
    return {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys()


@contextmanager
def joined() -> Iterator[Team]:
    """YIELDS (Team): The workers that torchrun has started.
    RAISES (TeamError): If they cannot be reached.
    """
    try:
        store, rank, size = next(iter(dist.rendezvous("env://", timeout=TIMEOUT)))
    except (ValueError, RuntimeError) as err:
        raise TeamError(
            f"The other workers cannot be reached ({' '.join(str(err).split())}): check RANK, "
            f"WORLD_SIZE, MASTER_ADDR and MASTER_PORT, which torchrun sets."
        ) from err
    team = Team(rank, size, store, int(os.environ.get("LOCAL_RANK", "0")))
    # torchrun ends all workers so if one has ended: worker 0 saves first.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield team
    finally:
        team.leave()
        signal.signal(signal.SIGTERM, before)


@contextmanager
def started(size: int, work: Callable[..., None], *args: Any) -> Iterator[Team]:
    """Start the other workers on this machine. They end with this one, even if it is killed.

    size (int): Number of workers.
    work (Callable[..., None]): What each of the others does, with its team and the arguments.
    *args (Any): The arguments.
    YIELDS (Team): The workers, as worker 0 sees them.
    """
    # Spawned on every system: a forked process may wait for ever for threads it does not have.
    context = get_context("spawn")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = str(Path(folder) / "store")
        settings = [(rank, size, path, work, args) for rank in range(1, size)]
        processes = [context.Process(target=_run, args=one, daemon=True) for one in settings]
        for process in processes:
            process.start()
        team = Team(0, size, dist.FileStore(path, size), 0, processes)
        try:
            yield team
        finally:
            team.leave()


def _run(rank: int, size: int, path: str, work: Callable[..., None], args: Sequence[Any]) -> None:
    # Worker 0 is told of Ctrl+C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, args=(rank,), daemon=True).start()
    team = Team(rank, size, dist.FileStore(path, size), rank)
    sys.exit(not do(team, work, *args))


def do(team: Team, work: Callable[..., None], *args: Any) -> bool:
    """Work as one that is not worker 0: in silence.

    team (Team): The workers.
    work (Callable[..., None]): What to do, with the team and the arguments.
    *args (Any): The arguments.
    RETURNS (bool): Whether it was done. If not, worker 0 knows why.
    """
    try:
        work(team, *args)
    except (WorkerLostError, KeyboardInterrupt):
        return False
    except BaseException as err:
        team.report(err)
        return False
    return True


def _end_with_parent(rank: int) -> None:
    parent: Optional[Any] = parent_process()
    if parent is not None:
        parent.join()
        if rank == 1:
            msg = "Worker 0 was killed, so the training has stopped: train again."
            print(msg, file=sys.stderr, flush=True)
        os._exit(1)
