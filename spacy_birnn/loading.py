"""Trained pipelines, GPUs and code for commands, with errors that name the fix."""

from pathlib import Path
from typing import Optional, Union

import spacy
from spacy.language import Language
from spacy.util import import_file
from thinc.api import require_gpu

from .errors import InputError
from .memory import MORE, is_out_of_memory


def use_gpu(gpu_id: int) -> None:
    """Run on a GPU from now on.

    gpu_id (int): The GPU; -1 for the CPU, which changes nothing.
    RAISES (InputError): If it cannot be used.
    """
    if gpu_id < 0:
        return
    try:
        require_gpu(gpu_id)
    except ValueError as err:
        raise InputError(
            f"GPU {gpu_id} cannot be used ({err}): use --gpu-id -1 for the CPU, or see what birnn "
            f"doctor says."
        ) from err


def import_code(path: Optional[Path]) -> None:
    """Import a Python file, so that the functions that it registers are known.

    path (Optional[Path]): The file; None for none.
    RAISES (InputError): If it cannot be imported.
    """
    if path is None:
        return
    try:
        import_file("python_code", path)
    except Exception as err:
        raise InputError(
            f"The Python file {path} cannot be imported ({type(err).__name__}: {err}): fix it, or "
            f"give another one with --code."
        ) from err


def load_pipeline(model: Union[str, Path]) -> Language:
    """Load a trained pipeline.

    model (Union[str, Path]): Folder of the pipeline, or name of an installed one.
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
