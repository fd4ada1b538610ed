"""Processes that train one pipeline together: how they start, connect, exchange values and end."""

import os
import signal
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Callable, Iterator, List, Sequence, TypeVar

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from ..errors import InputError
from ..machine.child_process import end_with_parent

# Worker 0 evaluates while the others wait. A worker that is killed closes its connections, which
# the others notice at once.
TIMEOUT = timedelta(hours=24)
# Gradients on a GPU go through NCCL, everything else through gloo.
GLOO, WITH_GPUS = "gloo", "cpu:gloo,cuda:nccl"
T = TypeVar("T")


class WorkerLostError(Exception):
    """Another worker has ended."""


class ProcessGroup:
    """All workers of a training, as one of them sees them.

    rank (int): Number of this worker. Worker 0 evaluates, prints and saves.
    size (int): Number of workers.
    store (torch.distributed.Store): Values that all workers can read and write.
    local_rank (int): Number of this worker on its machine.
    processes (Sequence[BaseProcess]): The other workers, if this one has started them.
    """

    def __init__(
        self,
        rank: int,
        size: int,
        store: dist.Store,
        local_rank: int,
        processes: Sequence[BaseProcess] = (),
    ) -> None:
        self.rank = rank
        self.size = size
        self.store = store
        self.local_rank = local_rank
        self.processes = processes

    @property
    def is_first(self) -> bool:
        """Whether this is worker 0.

        RETURNS (bool): True for worker 0.
        """
        return self.rank == 0

    def connect(self, gpu: bool) -> None:
        """Wait for all workers and connect them.

        gpu (bool): Whether to connect their GPUs as well.
        RAISES (WorkerLostError): If a worker has ended.
        """
        ready = [f"ready{rank}" for rank in range(self.size)]
        with _noticing_loss():
            self.store.set(ready[self.rank], "")
            # Torch itself would wait for a worker that has been killed.
            while not self.store.check(ready):
                if any(process.exitcode is not None for process in self.processes):
                    raise WorkerLostError
                time.sleep(0.02)
            dist.init_process_group(
                WITH_GPUS if gpu else GLOO,
                store=dist.PrefixStore("group", self.store),
                rank=self.rank,
                world_size=self.size,
                timeout=TIMEOUT,
            )

    def all_reduce(self, tensor: Tensor) -> None:
        """Replace a tensor by its sum over all workers.

        tensor (Tensor): The tensor of this worker.
        RAISES (WorkerLostError): If a worker has ended.
        """
        with _noticing_loss():
            dist.all_reduce(tensor)

    def all_gather(self, value: T) -> List[T]:
        """Collect a value from each worker.

        value (T): The value of this worker.
        RETURNS (List[T]): The values of all workers, by rank.
        RAISES (WorkerLostError): If a worker has ended.
        """
        values = [value] * self.size
        with _noticing_loss():
            dist.all_gather_object(values, value)
        return values

    def broadcast(self, value: T) -> T:
        """Send a value from worker 0 to the others.

        value (T): The value, which only worker 0 needs to know.
        RETURNS (T): The value of worker 0.
        RAISES (WorkerLostError): If a worker has ended.
        """
        values = [value]
        with _noticing_loss():
            dist.broadcast_object_list(values, device=torch.device("cpu"))
        return values[0]

    def run(self, work: Callable[["ProcessGroup"], None]) -> None:
        """Work as a member of the group. A worker that fails ends silently: worker 0 raises.

        work (Callable[[ProcessGroup], None]): The work.
        RAISES (InputError): In worker 0, if another worker has ended.
        """
        try:
            work(self)
        except WorkerLostError as err:
            if self.is_first:
                raise InputError(self._explain_loss()) from err
            sys.exit(1)
        except BaseException as err:
            if self.is_first:
                raise
            if not isinstance(err, KeyboardInterrupt):
                self._report(err)
            sys.exit(1)

    def _report(self, err: BaseException) -> None:
        # Elastic's own `record` writes a file with a traceback, which torchrun alone prints.
        problem = str(err) if isinstance(err, ValueError) else repr(err)
        with suppress(RuntimeError):
            self.store.set(f"error{self.rank}", " ".join(problem.split()))

    def _explain_loss(self) -> str:
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
                    f"Worker {rank} was killed ({name}), perhaps because memory ran out, so the "
                    f"training has stopped: use fewer --workers, or smaller batches."
                )
        return (
            "A worker has ended, so the training has stopped: look at its machine, and train again."
        )

    def close(self) -> None:
        """Disconnect from the other workers, and end those that this one has started."""
        if dist.is_initialized():
            dist.destroy_process_group()
        for process in self.processes:
            process.terminate()
            process.join()


@contextmanager
def _noticing_loss() -> Iterator[None]:
    try:
        yield
    # Torch raises it for a lost connection.
    except RuntimeError as err:
        raise WorkerLostError("another worker has ended") from err


def is_launched() -> bool:
    """Tell whether torchrun, or a launcher that sets the same variables, has started this process.

    RETURNS (bool): True if it has.
    """
    return {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys()


@contextmanager
def join_group() -> Iterator[ProcessGroup]:
    """Join the workers that torchrun has started.

    YIELDS (ProcessGroup): The workers.
    RAISES (InputError): If they cannot be reached.
    """
    try:
        store, rank, size = next(iter(dist.rendezvous("env://", timeout=TIMEOUT)))
    except (ValueError, RuntimeError) as err:
        raise InputError(
            f"The other workers cannot be reached ({' '.join(str(err).split())}): check RANK, "
            f"WORLD_SIZE, MASTER_ADDR and MASTER_PORT, which torchrun sets."
        ) from err
    group = ProcessGroup(rank, size, store, int(os.environ.get("LOCAL_RANK", "0")))
    # torchrun sends it to all workers if one has ended: worker 0 saves first.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield group
    finally:
        group.close()
        signal.signal(signal.SIGTERM, before)


@contextmanager
def start_group(size: int, work: Callable[[ProcessGroup], None]) -> Iterator[ProcessGroup]:
    """Start the other workers on this machine. They end with this one, even if it is killed.

    torchrun could start them as well, but then this process, which prints and takes Ctrl+C, is
    not worker 0.

    size (int): Number of workers.
    work (Callable[[ProcessGroup], None]): The work of the others.
    YIELDS (ProcessGroup): The workers, as worker 0 sees them.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = str(Path(folder) / "store")
        context = mp.spawn(_run, (size, path, work), size - 1, join=False, daemon=True)
        group = ProcessGroup(0, size, dist.FileStore(path, size), 0, context.processes)
        try:
            yield group
        finally:
            group.close()


def _run(index: int, size: int, path: str, work: Callable[[ProcessGroup], None]) -> None:
    rank = index + 1
    stopped = "Worker 0 was killed, so the training has stopped: train again."
    end_with_parent(stopped if rank == 1 else "")
    ProcessGroup(rank, size, dist.FileStore(path, size), rank).run(work)
