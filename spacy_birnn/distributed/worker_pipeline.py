"""The pipeline of a worker process that others start: Ray, Spark or Dask."""

from functools import lru_cache

import torch
from spacy.language import Language

from ..bulk.workers import Job


@lru_cache(maxsize=1)
def load_once(job: Job) -> Language:
    """Load a pipeline at the first call in this process. PyTorch then uses one thread, because
    each core has a process of its own.

    job (Job): What to do.
    RETURNS (Language): The pipeline.
    RAISES (InputError): If it cannot be loaded.
    """
    torch.set_num_threads(1)
    return job.load()
