"""Trained pipelines and GPUs for commands, with errors that name the remedy."""

from pathlib import Path
from typing import Union

import spacy
from spacy.cli._util import setup_gpu
from spacy.language import Language

from .errors import InputError
from .memory import MORE, is_out_of_memory


def use_gpu(gpu_id: int) -> None:
    """gpu_id (int): GPU to use, -1 for the CPU.
    RAISES (InputError): If it cannot be used.
    """
    try:
        setup_gpu(gpu_id, silent=True)
    except ValueError as err:
        raise InputError(
            f"GPU {gpu_id} cannot be used ({err}): use --gpu-id -1 for the CPU, or see what birnn "
            f"doctor says."
        ) from err


def load_pipeline(model: Union[str, Path]) -> Language:
    """model (Union[str, Path]): Folder of a trained pipeline, or name of an installed one.
    RETURNS (Language): The pipeline.
    RAISES (InputError): If it cannot be loaded.
    """
    try:
        return spacy.load(model)
    except Exception as err:
        if is_out_of_memory(err):
            raise InputError(
                f"There is too little memory to load the pipeline {model}: {MORE}."
            ) from err
        if not isinstance(err, (ValueError, OSError, ImportError, KeyError)):
            raise
        raise InputError(
            f"The pipeline {model} cannot be loaded ({' '.join(str(err).split())}): give the "
            f"folder of a trained pipeline or the name of an installed one."
        ) from err
