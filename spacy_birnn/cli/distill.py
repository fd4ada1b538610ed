"""`python -m spacy birnn distill`: what trained pipelines know, for another one to learn from."""

from pathlib import Path
from typing import Iterator, List, Optional, Sequence

import typer
from spacy.tokens import Doc
from wasabi import msg

from ..bulk.records import (
    BATCH_BYTES,
    InputFormat,
    Source,
    batch_records,
    find_sources,
    read_records,
)
from ..bulk.shard import RecordError, make_doc
from ..corpora.write import write_docs
from ..distillation.ensemble import check_agreement, distill
from ..distillation.teachers import Teacher
from ..errors import InputError
from ..loading import load_pipeline, use_gpu


def distill_cli(
    models: List[str] = typer.Argument(
        ..., help="Teachers: folders of trained pipelines, or installed packages"
    ),
    inputs: List[str] = typer.Option(
        ...,
        "--input",
        "-i",
        help="Documents: a file, a folder (its .txt, .jsonl, .parquet and .spacy files), or - for "
        "standard input; may be given several times",
    ),
    output: Path = typer.Option(
        ..., "--output", "-o", dir_okay=False, help="File to write (.spacy), for training"
    ),
    components: Optional[List[str]] = typer.Option(
        None,
        "--component",
        "-c",
        help="Name of a component of all teachers that shall teach; may be given several times; "
        "if not given: all that can",
    ),
    input_format: Optional[InputFormat] = typer.Option(
        None,
        "--input-format",
        help="Format of all inputs; if not given: by their endings, and text from standard input",
    ),
    batch_size: Optional[int] = typer.Option(
        None,
        "--batch-size",
        min=1,
        help="Documents that a teacher reads at once, long ones are fewer; if not given: the "
        "setting of the first teacher",
    ),
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU to use, -1 for the CPU"),
) -> None:
    """Write soft labels: what teachers think of each token, for a smaller pipeline to learn from.

    Of several teachers it is the mean of their probabilities. Any pipeline of spaCy can teach tags
    and entities; of spaCy's ner the labels are those it decides for. The documents keep what they
    are annotated with. Those of .spacy files keep their words, too; the words of raw text are
    those of the first teacher.

    To learn from the file, train on it with soft_labels = 0.5 in the config of the components: the
    weight of the soft labels beside those that the documents have.

    Example: python -m spacy birnn distill big-0 big-1 -i train.spacy -i more.txt -o soft.spacy
    """
    try:
        use_gpu(gpu_id)
        if output.suffix != ".spacy":
            raise InputError(f"Soft labels are for training on: name the output {output} *.spacy.")
        sources = find_sources(inputs, input_format, leave_out=(output,))
        teachers = [Teacher(model, load_pipeline(model), components or ()) for model in models]
        check_agreement(teachers)
        size = batch_size or teachers[0].nlp.batch_size
        n_words = write_docs(output, distill(teachers, _read(teachers[0], sources, size)))
    except RecordError as err:
        msg.fail(f"{err.problem}: mend it and start anew.", exits=1)
    except (ValueError, OSError, ImportError) as err:
        msg.fail(str(err), exits=1)
    kinds = (f"{kind} ({len(of_kind)})" for kind, of_kind in teachers[0].outputs.items())
    msg.good(f"{output}: {n_words:,} words with soft labels for {', '.join(kinds)}")


def _read(teacher: Teacher, sources: Sequence[Source], batch_size: int) -> Iterator[List[Doc]]:
    """Documents with words; those of raw text are the teacher's."""
    empty = True
    for records in batch_records(read_records(sources), batch_size, BATCH_BYTES):
        docs = [make_doc(teacher.nlp, record) for record in records]
        raw = [i for i, r in enumerate(records) if r.source.format is not InputFormat.spacy]
        for i, doc in zip(raw, teacher.find_words([docs[i] for i in raw])):
            docs[i] = doc
        empty = empty and not any(map(len, docs))
        yield docs
    if empty:
        raise InputError("The input has no words: name other files by --input.")
