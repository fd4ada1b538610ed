"""`python -m spacy birnn tag`: tag files of any size."""

import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from enum import Enum
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, List, Optional, Sequence

import typer
from spacy.language import Language
from wasabi import msg

from ..bulk.finished_shards import FinishedShards
from ..bulk.records import InputFormat, find_sources
from ..bulk.run import Engine, Stream, Summary, describe, tag_all
from ..bulk.tool_writers import ToolWriter
from ..bulk.workers import TagJob, tag_shards
from ..bulk.writers import LINES, WRITERS, OutputFormat
from ..errors import InputError, missing_extra
from .options import FORCE, INPUT_FORMAT, SKIP_BAD

STDOUT = "-"
# Joins files of documents.
Join = Callable[[Sequence[Path], BinaryIO], None]
# Bad records that are listed.
SHOWN = 20


class Tool(str, Enum):
    """The annotation tools that read pre-annotations."""

    doccano = "doccano"
    label_studio = "label-studio"
    prodigy = "prodigy"


class Order(str, Enum):
    """The orders of pre-annotations."""

    input = "input"
    uncertainty = "uncertainty"


class EngineName(str, Enum):
    """The engines that run the processes."""

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
    input_format: Optional[InputFormat] = INPUT_FORMAT,
    output_format: Optional[OutputFormat] = typer.Option(
        None,
        "--output-format",
        help="Format of the output; if not given: by its ending, and jsonl for standard output",
    ),
    tool: Optional[Tool] = typer.Option(
        None,
        "--for",
        help="Write the entities as pre-annotations for this tool, with confidences; convert reads "
        "them as well",
    ),
    sort: Order = typer.Option(
        Order.input,
        "--sort",
        help="With --for: the order of documents; uncertainty begins with the document that has "
        "the least certain token, the first one to annotate",
    ),
    shard_size: int = typer.Option(
        5000, "--shard-size", min=1, help="Documents per shard, fewer if they are long"
    ),
    batch_size: Optional[int] = typer.Option(
        None,
        "--batch-size",
        min=1,
        help="Documents per batch, fewer if they are long; if not given: the pipeline's setting",
    ),
    n_process: int = typer.Option(
        1, "--n-process", "-n", min=1, help="Number of processes, or of actors of Ray"
    ),
    gpu_id: int = typer.Option(
        -1,
        "--gpu-id",
        "-g",
        help="GPU to use, -1 for the CPU; with --engine ray, 0 gives each actor its own GPU",
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
    skip_bad: bool = SKIP_BAD,
    force: bool = FORCE,
    overwrite: bool = typer.Option(False, "--overwrite", hidden=True),
) -> None:
    """Tag the documents of files of any size, once each, in order.

    text (.txt) has one document per line. jsonl has one object per line, with a "text"; its other
    fields are kept. Documents of .spacy files keep the annotations that the pipeline does not set.

    The output is written in shards, into the folder OUTPUT.parts, and joined at the end. After an
    interruption, the same command tags the missing shards, with any engine; --force starts again.

    Example: python -m spacy birnn tag training/model-best texts.txt --output tagged.jsonl

    Example: python -m spacy birnn tag my_model a.txt -o a.jsonl --for doccano --sort uncertainty

    Example: python -m spacy birnn tag my_model texts/ -o out.jsonl --engine ray --address auto -n 8
    """
    try:
        _check_engine(engine, address, output, gpu_id)
        format = _output_format(output, _format_of_tool(tool, output_format))
        job = TagJob(model, gpu_id, format, batch_size, skip_bad, confidence=tool is not None)
        join = _find_join(format, sort, output)
        if output == STDOUT:
            stream = Stream(sys.stdout.buffer)
            # Keep messages out of the documents.
            with redirect_stdout(sys.stderr):
                sources = find_sources(inputs, input_format)
                run: Engine = partial(tag_shards, job, job.load(), n_process=n_process)
                summary = tag_all(job, sources, stream, run, shard_size=shard_size)
                _report(summary, "standard output")
            return
        parts = FinishedShards(Path(output), f".{format.value}", force or overwrite)
        sources = find_sources(inputs, input_format, leave_out=(parts.output, parts.folder))
        # With Ray, this process only reads and writes.
        nlp = (job if engine is EngineName.local else replace(job, gpu_id=-1)).load()
        if sort is Order.uncertainty and "birnn_ner" not in nlp.pipe_factories.values():
            raise InputError(
                f"{model} has no confidences of entities to sort by: name a pipeline with "
                f"birnn_ner, or leave --sort out."
            )
        if not parts.open(describe(job, nlp, sources, shard_size)):
            msg.good(f"{output}: an earlier run has tagged all documents.")
            return
        with _started(engine, address, job, nlp, n_process) as run:
            summary = tag_all(job, sources, parts, run, shard_size=shard_size)
        parts.join(summary.shards, join)
        _report(summary, output)
    except BrokenPipeError:
        # The reader of standard output has closed it: typer exits without a message.
        raise
    except (ValueError, OSError) as err:
        with redirect_stdout(sys.stderr if output == STDOUT else sys.stdout):
            msg.fail(str(err), exits=1)
    except KeyboardInterrupt:
        with redirect_stdout(sys.stderr):
            again = "" if output == STDOUT else " The same command resumes the run."
            msg.fail(f"Interrupted.{again}", exits=1)


def _check_engine(engine: EngineName, address: Optional[str], output: str, gpu_id: int) -> None:
    if engine is EngineName.local:
        if address is not None:
            raise InputError("--address is an option of Ray: add --engine ray.")
        return
    if find_spec("ray") is None:
        raise InputError(missing_extra("The engine ray needs Ray on all machines", "ray"))
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

    # Actors run in other folders.
    job = replace(job, model=str(nlp.path.resolve()) if Path(job.model).exists() else job.model)
    with connected(address or LOCAL, n_process):
        yield partial(tag_on_ray, job, n_actors=n_process)


def _format_of_tool(tool: Optional[Tool], format: Optional[OutputFormat]) -> Optional[OutputFormat]:
    if tool is None:
        return format
    if format is not None and format.value != tool.value:
        raise InputError(f"--for {tool.value} has its own format: leave --output-format out.")
    return OutputFormat(tool.value)


def _find_join(format: OutputFormat, sort: Order, output: str) -> Join:
    writer = WRITERS[format]
    if sort is Order.input:
        return writer.join
    if not issubclass(writer, ToolWriter):
        raise InputError("--sort is an option of pre-annotations: add --for doccano, or a tool.")
    if output == STDOUT:
        raise InputError("Standard output has the order of the input: name a file, or no --sort.")
    return writer.join_sorted


def _output_format(output: str, format: Optional[OutputFormat]) -> OutputFormat:
    if output == STDOUT:
        if format is not None and format not in LINES:
            raise InputError(
                f"The format {format.value} cannot go to standard output: name a file."
            )
        return format or OutputFormat.jsonl
    ending = Path(output).suffix.lower().removeprefix(".")
    if format is None and ending not in [known.value for known in OutputFormat]:
        raise InputError(
            f"The ending of the output {output} names no format: name it *.jsonl, "
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
        msg.info(f"{summary.resumed:,} more documents come from an interrupted run.")
    if summary.replaced:
        msg.warn(
            f"Annotations replace fields of the input with the same name: "
            f"{', '.join(summary.replaced)}."
        )
    if summary.left_out:
        msg.warn(f"Bad documents left out: {len(summary.left_out):,}")
        for problem in summary.left_out[:SHOWN]:
            msg.text(f"- {problem}")
        if len(summary.left_out) > SHOWN:
            msg.text(f"- and {len(summary.left_out) - SHOWN:,} more")
