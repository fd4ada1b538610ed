"""Shards on Ray: actors on this machine or on a cluster, each with a pipeline of its own.

The driver reads records and writes shards, so actors need no access to files but the pipeline's,
and a shard that was tagged twice, because an actor was lost, is still written once.
"""

import os
import socket
from collections import Counter, deque
from contextlib import contextmanager
from itertools import islice
from typing import Any, Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

import ray
from ray.exceptions import RayError, RayTaskError

from ..bulk.records import Record
from ..bulk.shard import Note
from ..bulk.workers import Job, Numbered, Tagged
from ..errors import InputError
from .worker_pipeline import load_once

LOCAL = "local"
# How many actors a shard may lose: it may be the shard that kills them.
MOST_LOST = 3


class Worker:
    """What an actor does.

    job (Job): What is the same for all shards.
    """

    def __init__(self, job: Job) -> None:
        self.job = job

    def load(self) -> None:
        """Load the pipeline."""
        load_once(self.job)

    def tag(self, records: List[Record]) -> Tuple[bytes, Note]:
        """records (List[Record]): A shard.
        RETURNS (Tuple[bytes, Note]): What is made of it.
        """
        return self.job.tag(load_once(self.job), records)


class Task(NamedTuple):
    """What an actor is at.

    actor (Any): The actor.
    shard (Optional[Numbered]): Its shard, or None while it loads the pipeline.
    """

    actor: Any
    shard: Optional[Numbered]


@contextmanager
def connected(address: str, n_actors: int) -> Iterator[None]:
    """Use Ray. If it is running in this process already, it is what is used.

    address (str): "local" to start it on this machine, "auto" for the cluster that this machine
        belongs to, or the address of another one.
    n_actors (int): Number of actors that "local" has room for.
    RAISES (InputError): If there is no such cluster.
    """
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    settings: Dict[str, Any] = {"logging_level": "error", "log_to_driver": False}
    if address == LOCAL:
        settings.update(num_cpus=n_actors, include_dashboard=False)
    host, _, port = address.rpartition(":")
    try:
        # Ray itself would knock for minutes.
        if port.isdigit() and "/" not in host:
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address, **settings)
    except (ConnectionError, ValueError, RuntimeError, OSError) as err:
        raise InputError(
            f"Ray cannot be reached at the address {address} ({' '.join(str(err).split())}): "
            f"look whether it runs and lets this machine in, or use --address local for this "
            f"machine alone."
        ) from err
    try:
        yield
    finally:
        ray.shutdown()


def tag_on_ray(job: Job, shards: Iterable[Numbered], n_actors: int) -> Iterator[Tagged]:
    """Tag shards on Ray, which is connected. An actor has one shard at a time, so no more are read
    than actors are ready. A lost actor is replaced, and its shard is tagged again.

    job (Job): What to do. With a GPU, each actor has one of its own.
    shards (Iterable[Numbered]): Numbers of shards and their documents.
    n_actors (int): Number of actors, each on a core. As many as the cluster has room for work.
    YIELDS (Tagged): Number and result of each, as they are finished.
    RAISES (InputError): If a document is bad, if the cluster has no room, or if actors are lost
        again and again.
    """
    shards = iter(shards)
    waiting: Deque[Numbered] = deque()
    n_gpus = int(job.gpu_id >= 0)
    _check_room(n_gpus)
    actors: Any = ray.remote(num_cpus=1, num_gpus=n_gpus)(Worker)
    running: Dict[Any, Task] = {}
    lost: Counter = Counter()

    def start() -> None:
        actor = actors.remote(job)
        running[actor.load.remote()] = Task(actor, None)

    for _ in range(n_actors):
        start()
    more = True
    try:
        while more or waiting or any(task.shard for task in running.values()):
            (done,), _ = ray.wait(list(running), num_returns=1)
            actor, shard = running.pop(done)
            try:
                result = ray.get(done)
            except RayTaskError as err:
                raise err.cause from err
            except RayError as err:
                # The actor, its machine, or what it had made of the shard is gone.
                ray.kill(actor)
                index = None if shard is None else shard[0]
                lost[index] += 1
                if lost[index] == MOST_LOST * (n_actors if shard is None else 1):
                    raise _too_many(shard, err) from err
                if shard is not None:
                    waiting.append(shard)
                start()
                continue
            if not waiting and more:
                waiting.extend(islice(shards, 1))
                more = bool(waiting)
            # The actor goes on before the driver writes what it has done.
            if waiting:
                following = waiting.popleft()
                running[actor.tag.remote(following[1])] = Task(actor, following)
            if shard is None:
                lost[None] = 0
            else:
                yield shard[0], *result
    finally:
        for task in running.values():
            ray.kill(task.actor)


def _check_room(n_gpus: int) -> None:
    """Ray would wait for ever for what the cluster does not have."""
    there = ray.cluster_resources()
    if there.get("GPU", 0) < n_gpus:
        raise InputError("Ray has no GPU: use --gpu-id -1 for CPUs, or start Ray on one with it.")
    if there.get("CPU", 0) < 1:
        raise InputError("Ray has no CPU to work on: start it on more machines.")


def _too_many(shard: Optional[Numbered], err: RayError) -> InputError:
    what = "load the pipeline"
    if shard is not None:
        first, last = shard[1][0], shard[1][-1]
        what = f"tag the documents from {first.place} to {last.place}"
    reason = str(err).strip().partition("\n")[0]
    return InputError(
        f"Ray actors that were to {what} have been lost again and again ({reason}), perhaps for "
        f"want of memory: use a smaller --n-process, --batch-size or --shard-size."
    )
