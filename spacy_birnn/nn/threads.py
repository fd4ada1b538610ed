"""Threads of PyTorch in worker processes."""

import os
from functools import lru_cache
from multiprocessing import parent_process

import torch


def limit_worker_threads() -> None:
    """Use one thread in processes of `multiprocessing`, such as those of `nlp.pipe(n_process=…)`.

    More threads compete for the cores with the other workers, and a worker that is forked from a
    process with running OpenMP threads deadlocks. A worker may choose another number with
    `torch.set_num_threads` after its first prediction.
    """
    _limit_once(os.getpid())


@lru_cache(maxsize=1)
def _limit_once(process_id: int) -> None:
    if parent_process() is not None:
        torch.set_num_threads(1)
