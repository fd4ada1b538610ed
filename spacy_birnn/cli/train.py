"""`python -m spacy birnn train`: `spacy train` for short trainings and several processes."""

import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any, Dict, Optional

import typer
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config, logger
from wasabi import msg

from ..loading import import_code, use_gpu
from ..machine.facts import count_cores
from ..nn.shim import import_modules
from ..spacy_private import parse_config_overrides, show_validation_error
from ..training.eval_frequency import fit_to_train_corpus
from .options import plain_warnings

# Settings of the config may follow, as in `spacy train`.
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}
# Batches of the recipes are too small for more.
MAX_AUTOMATIC_WORKERS = 4


def train_cli(
    ctx: typer.Context,
    config_path: Path = typer.Argument(..., help="Config file", exists=True, dir_okay=False),
    output: Optional[Path] = typer.Option(
        None, "--output", "-o", help="Folder for the trained pipeline"
    ),
    workers: Optional[int] = typer.Option(
        None,
        "--workers",
        "-n",
        min=0,
        help="Number of processes, which share each batch; 0 for one per core, at most "
        f"{MAX_AUTOMATIC_WORKERS}, or one on a GPU; if not given: 1, or as torchrun starts",
    ),
    threads: int = typer.Option(
        1, "--threads", min=1, help="PyTorch threads per process, if there are several processes"
    ),
    code: Optional[Path] = typer.Option(
        None, "--code", "-c", help="Python file with registered functions to import"
    ),
    gpu_id: int = typer.Option(
        -1,
        "--gpu-id",
        "-g",
        help="GPU to use, -1 for the CPU; further processes use the next GPUs",
    ),
    verbose: bool = typer.Option(
        False, "--verbose", "-V", help="Show more messages, for debugging"
    ),
) -> None:
    """Train a pipeline with the config of `spacy train`.

    Errors are one sentence, a short training is evaluated often enough, and several processes
    make it faster: each learns from a part of every batch, and their gradients are summed.
    Settings of the config can be overridden after the options. With torchrun, each of its
    processes is a worker, on one machine or several.

    Example: python -m spacy birnn train my.cfg -o training --workers 2 --paths.train train.spacy

    Example: torchrun --nproc-per-node 2 -m spacy birnn train my.cfg -o training
    """
    if verbose:
        logger.setLevel(logging.DEBUG)
    try:
        import_modules()
        # Imported here, because other commands do not need it.
        from ..distributed.process_group import is_launched

        overrides = parse_config_overrides(ctx.args)
        if workers == 0:
            workers = None if is_launched() else _choose_workers(threads, gpu_id)
        with plain_warnings():
            if not is_launched() and (workers or 1) == 1:
                import_code(code)
                use_gpu(gpu_id)
                _train_alone(config_path, output, gpu_id, overrides)
            else:
                _train_together(config_path, output, workers, threads, code, gpu_id, overrides)
    except (ValueError, OSError, ImportError) as err:
        msg.fail(str(err), exits=1)


def _train_alone(
    config_path: Path, output: Optional[Path], gpu_id: int, overrides: Dict[str, Any]
) -> None:
    with show_validation_error(config_path):
        config = load_config(config_path, overrides=overrides, interpolate=False)
    _make_folder(output)
    msg.info("Using CPU" if gpu_id < 0 else f"Using GPU: {gpu_id}")
    msg.divider("Initializing pipeline")
    with show_validation_error(config_path, hint_fill=False):
        nlp = init_nlp(config, use_gpu=gpu_id)
    fit_to_train_corpus(nlp)
    msg.good("Initialized pipeline")
    msg.divider("Training pipeline")
    train(nlp, output, use_gpu=gpu_id, stdout=sys.stdout, stderr=sys.stderr)


def _train_together(
    config_path: Path,
    output: Optional[Path],
    workers: Optional[int],
    threads: int,
    code: Optional[Path],
    gpu_id: int,
    overrides: Dict[str, Any],
) -> None:
    from ..distributed.data_parallel import TrainJob, train_worker
    from ..distributed.process_group import is_launched, join_group, start_group

    with show_validation_error(config_path):
        config = load_config(config_path, overrides=overrides, interpolate=False)
    job = TrainJob(config.to_str(), config_path, output, code, gpu_id, threads)
    work = partial(train_worker, job=job)
    if is_launched():
        joined = join_group()
    else:
        assert workers is not None
        _warn_of_too_few_cores(workers, threads, gpu_id)
        joined = start_group(workers, work)
    with joined as group:
        if workers not in (None, group.size):
            msg.fail(
                f"torchrun has started {group.size} processes, but --workers is {workers}: leave "
                f"it out.",
                exits=1,
            )
        if group.is_first:
            _make_folder(output)
        group.run(work)


def _choose_workers(threads: int, gpu_id: int) -> int:
    if gpu_id >= 0:
        return 1
    return max(1, min((count_cores() or 1) // threads, MAX_AUTOMATIC_WORKERS))


def _make_folder(output: Optional[Path]) -> None:
    if output is None:
        msg.info("No output directory provided")
        return
    output.mkdir(parents=True, exist_ok=True)
    msg.info(f"Saving to output directory: {output}")


def _warn_of_too_few_cores(workers: int, threads: int, gpu_id: int) -> None:
    cores = count_cores()
    if gpu_id < 0 and cores is not None and workers * threads > cores:
        msg.warn(
            f"{workers} workers of {threads} thread{'s' if threads > 1 else ''} need "
            f"{workers * threads} cores, but only {cores} are available, so they slow each other "
            f"down: use fewer --workers or --threads."
        )
