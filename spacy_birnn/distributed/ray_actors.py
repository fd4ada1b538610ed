"""Tagging of shards by actors of Ray, on this machine or a cluster, each with its own pipeline.

The driver reads records and writes shards, so that actors only need the files of the pipeline, and
a shard that was tagged twice, because an actor was lost, is written once.
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
from ..bulk.workers import Numbered, Tagged, TagJob, load_once
from ..errors import InputError

LOCAL = "local"
# Maximum number of actors that a shard may lose: the shard itself may be the cause.
MOST_LOST = 3


class Worker:
    """Tags shards in an actor.

    job (TagJob): The settings of the run.
    """

    def __init__(self, job: TagJob) -> None:
        self.job = job

    def load(self) -> None:
        """Load the pipeline."""
        load_once(self.job)

    def tag(self, records: List[Record]) -> Tuple[bytes, Note]:
        """Tag a shard.

        records (List[Record]): Its records.
        RETURNS (Tuple[bytes, Note]): The annotated documents and the note about them.
        """
        return self.job.tag(load_once(self.job), records)


class Task(NamedTuple):
    """A task that an actor is running.

    actor (Any): The handle of the actor.
    shard (Optional[Numbered]): Its shard, or None while it loads the pipeline.
    """

    actor: Any
    shard: Optional[Numbered]


@contextmanager
def connected(address: str, n_actors: int) -> Iterator[None]:
    """Connect to Ray, unless this process is connected already.

    address (str): "local" to start Ray on this machine, "auto" for the cluster of this machine, or
        the address of another cluster.
    n_actors (int): Number of CPUs of "local".
    RAISES (InputError): If the cluster cannot be reached.
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
        # Ray itself would try for minutes.
        if port.isdigit() and "/" not in host:
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address, **settings)
    except (ConnectionError, ValueError, RuntimeError, OSError) as err:
        raise InputError(
            f"Ray cannot be reached at the address {address} ({' '.join(str(err).split())}): "
            f"check that it is running and open to this machine, or use --address local for this "
            f"machine alone."
        ) from err
    try:
        yield
    finally:
        ray.shutdown()


def tag_on_ray(job: TagJob, shards: Iterable[Numbered], n_actors: int) -> Iterator[Tagged]:
    """Tag shards on Ray. An actor has one shard at a time, and shards are read when actors are
    ready. A lost actor is replaced, and any actor tags its shard again.

    job (TagJob): The settings of the run. With a GPU, each actor has its own.
    shards (Iterable[Numbered]): Numbers and records of the shards.
    n_actors (int): Number of actors, each on its own core, as far as the cluster has room.
    YIELDS (Tagged): Number and result of each shard, in the order in which they are finished.
    RAISES (InputError): If a document is bad, if the cluster has no room, or if actors are lost
        repeatedly.
    """
    # With max_restarts and max_task_retries of Ray, a shard would wait for its own actor, forever
    # if the cluster has lost a machine.
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
                # The actor, its machine or its result is lost.
                ray.kill(actor)
                index = None if shard is None else shard[0]
                lost[index] += 1
                if lost[index] == MOST_LOST * (n_actors if shard is None else 1):
                    raise _lost_too_often(shard, err) from err
                if shard is not None:
                    waiting.append(shard)
                start()
                continue
            if not waiting and more:
                waiting.extend(islice(shards, 1))
                more = bool(waiting)
            # The actor continues while the driver writes its result.
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
    # Ray would wait forever for what the cluster does not have.
    there = ray.cluster_resources()
    if there.get("GPU", 0) < n_gpus:
        raise InputError(
            "Ray has no GPU: use --gpu-id -1 for CPUs, or start it on machines with GPUs."
        )
    if there.get("CPU", 0) < 1:
        raise InputError("Ray has no CPU: start it on more machines.")


def _lost_too_often(shard: Optional[Numbered], err: RayError) -> InputError:
    what = "load the pipeline"
    if shard is not None:
        first, last = shard[1][0], shard[1][-1]
        what = f"tag the documents from {first.place} to {last.place}"
    reason = str(err).strip().partition("\n")[0]
    return InputError(
        f"Ray actors that were to {what} have been lost again and again ({reason}), perhaps "
        f"because memory ran out: use a smaller --n-process, --batch-size or --shard-size."
    )
