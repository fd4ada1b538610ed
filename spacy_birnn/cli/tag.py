"""`python -m spacy birnn tag`: a trained pipeline on files of any size."""

import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from enum import Enum
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Iterator, List, Optional

import typer
from spacy.language import Language
from wasabi import msg

from ..bulk.finished_shards import FinishedShards
from ..bulk.records import InputFormat, find_sources
from ..bulk.run import Engine, Stream, Summary, describe, tag_all
from ..bulk.workers import TagJob, tag_shards
from ..bulk.writers import WRITERS, OutputFormat
from ..errors import InputError

STDOUT = "-"
# Bad records that are told one by one.
SHOWN = 20


class EngineName(str, Enum):
    """What runs the processes."""

    local = "local"
    ray = "ray"


def tag_cli(
    model: str = typer.Argument(..., help="Folder of the trained pipeline, or installed package"),
    inputs: List[str] = typer.Argument(
        ...,
        help="Files, folders (their .txt, .jsonl, .parquet and .spacy files), or - for standard "
        "input",
    ),
    output: str = typer.Option(
        ..., "--output", "-o", help="File to write, or - for standard output, without resuming"
    ),
    input_format: Optional[InputFormat] = typer.Option(
        None,
        "--input-format",
        help="Format of all inputs; if not given: by their endings, and text from standard input",
    ),
    output_format: Optional[OutputFormat] = typer.Option(
        None,
        "--output-format",
        help="Format of the output; if not given: by its ending, and jsonl to standard output",
    ),
    shard_size: int = typer.Option(
        5000, "--shard-size", min=1, help="Documents that are written at once; long ones are fewer"
    ),
    batch_size: Optional[int] = typer.Option(
        None,
        "--batch-size",
        min=1,
        help="Documents that the pipeline reads at once, long ones are fewer; if not given: its "
        "own setting",
    ),
    n_process: int = typer.Option(
        1, "--n-process", "-n", min=1, help="Number of processes; of actors with --engine ray"
    ),
    gpu_id: int = typer.Option(
        -1,
        "--gpu-id",
        "-g",
        help="GPU to use, -1 for the CPU; with --engine ray, 0 gives each actor a GPU of its own",
    ),
    engine: EngineName = typer.Option(
        EngineName.local, "--engine", help="Processes of this machine, or actors of Ray (extra ray)"
    ),
    address: Optional[str] = typer.Option(
        None,
        "--address",
        help="With --engine ray: auto for the cluster of this machine, HOST:PORT, or local for "
        "this machine alone, which is the default",
    ),
    skip_bad: bool = typer.Option(
        False, "--skip-bad", help="Leave bad documents out, and count them at the end"
    ),
    overwrite: bool = typer.Option(
        False,
        "--overwrite",
        help="Replace the output if it is there, and what is left of another interrupted run",
    ),
) -> None:
    """Tag the documents of files of any size, once each, in order.

    text (.txt) has a document a line. jsonl has an object a line, with a "text"; its other fields
    are kept. Documents of .spacy files keep their annotations, as far as the pipeline does.

    The work is written in shards, into the folder OUTPUT.parts, and joined at the end. If it is
    interrupted, the same command goes on with the shards that are missing, with any engine.

    Example: python -m spacy birnn tag training/model-best texts.txt --output tagged.jsonl

    Example: python -m spacy birnn tag my_model texts/ -o out.jsonl --engine ray --address auto -n 8
    """
    try:
        _check_engine(engine, address, output, gpu_id)
        format = _output_format(output, output_format)
        job = TagJob(model, gpu_id, format, batch_size, skip_bad)
        if output == STDOUT:
            stream = Stream(sys.stdout.buffer)
            # What is no document shall not stand among them.
            with redirect_stdout(sys.stderr):
                sources = find_sources(inputs, input_format)
                run: Engine = partial(tag_shards, job, job.load(), n_process=n_process)
                summary = tag_all(job, sources, stream, run, shard_size=shard_size)
                _report(summary, "standard output")
            return
        parts = FinishedShards(Path(output), f".{format.value}", overwrite)
        sources = find_sources(inputs, input_format, leave_out=(parts.output, parts.folder))
        # With Ray, this process needs no GPU: it reads and writes.
        nlp = (job if engine is EngineName.local else replace(job, gpu_id=-1)).load()
        if not parts.open(describe(job, nlp, sources, shard_size)):
            msg.good(f"{output}: an earlier run has tagged all documents.")
            return
        with _started(engine, address, job, nlp, n_process) as run:
            summary = tag_all(job, sources, parts, run, shard_size=shard_size)
        parts.join(summary.shards, WRITERS[format].join)
        _report(summary, output)
    except BrokenPipeError:
        # Whoever reads standard output has seen enough: typer ends in silence.
        raise
    except (ValueError, OSError) as err:
        with redirect_stdout(sys.stderr if output == STDOUT else sys.stdout):
            msg.fail(str(err), exits=1)
    except KeyboardInterrupt:
        with redirect_stdout(sys.stderr):
            again = "" if output == STDOUT else " The same command goes on from here."
            msg.fail(f"Interrupted.{again}", exits=1)


def _check_engine(engine: EngineName, address: Optional[str], output: str, gpu_id: int) -> None:
    if engine is EngineName.local:
        if address is not None:
            raise InputError("--address is where Ray is: give --engine ray with it.")
        return
    if find_spec("ray") is None:
        raise InputError(
            'The engine ray needs Ray: python -m pip install "spacy-birnn[ray]", on all machines '
            "of a cluster."
        )
    if output == STDOUT:
        raise InputError(
            "Ray finishes shards in any order, so they cannot go to standard output: name a file."
        )
    if gpu_id > 0:
        raise InputError("Ray chooses the GPUs of its actors: give --gpu-id 0 to use them.")


@contextmanager
def _started(
    engine: EngineName, address: Optional[str], job: TagJob, nlp: Language, n_process: int
) -> Iterator[Engine]:
    if engine is EngineName.local:
        yield partial(tag_shards, job, nlp, n_process=n_process)
        return
    # Imported only when used.
    from ..distributed.ray_actors import LOCAL, connected, tag_on_ray

    # Actors have other working folders.
    job = replace(job, model=str(nlp.path.resolve()) if Path(job.model).exists() else job.model)
    with connected(address or LOCAL, n_process):
        yield partial(tag_on_ray, job, n_actors=n_process)


def _output_format(output: str, format: Optional[OutputFormat]) -> OutputFormat:
    if output == STDOUT:
        if format is OutputFormat.spacy:
            raise InputError("Standard output cannot be in the format spacy: name a file.")
        return format or OutputFormat.jsonl
    ending = Path(output).suffix.lower().removeprefix(".")
    if format is None and ending not in [known.value for known in OutputFormat]:
        raise InputError(
            f"The format of the output {output} is not known by its ending: name it *.jsonl, "
            f"*.conllu or *.spacy, or give --output-format."
        )
    return format or OutputFormat(ending)


def _report(summary: Summary, output: str) -> None:
    n_docs = summary.documents
    speed = ""
    if n_docs:
        per_second = n_docs / summary.seconds, summary.words / summary.seconds
        speed = " in {:,.1f} s: {:,.0f} documents/s, {:,.0f} words/s".format(
            summary.seconds, *per_second
        )
    msg.good(f"{output}: tagged {n_docs:,} documents, {summary.words:,} words{speed}")
    if summary.resumed:
        msg.info(f"{summary.resumed:,} more documents are of an interrupted run.")
    if summary.replaced:
        msg.warn(
            f"Fields of the input have given way to annotations of the same name: "
            f"{', '.join(summary.replaced)}."
        )
    if summary.left_out:
        msg.warn(f"Bad documents that are left out: {len(summary.left_out):,}")
        for problem in summary.left_out[:SHOWN]:
            msg.text(f"- {problem}")
        if len(summary.left_out) > SHOWN:
            msg.text(f"- and {len(summary.left_out) - SHOWN:,} more")
