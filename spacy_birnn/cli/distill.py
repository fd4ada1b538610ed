"""`python -m spacy birnn distill`: write the soft labels of trained pipelines."""

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
from .options import FORCE, GPU_ID, INPUT_FORMAT, check_free


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
        help="Component of all teachers to take labels from; may be given several times; if not "
        "given: all that have labels",
    ),
    input_format: Optional[InputFormat] = INPUT_FORMAT,
    batch_size: Optional[int] = typer.Option(
        None,
        "--batch-size",
        min=1,
        help="Documents per batch, fewer if they are long; if not given: the setting of the first "
        "teacher",
    ),
    gpu_id: int = GPU_ID,
    force: bool = FORCE,
) -> None:
    """Write soft labels, the probabilities of teachers, for a smaller pipeline to learn from.

    Several teachers give the mean of their probabilities. spaCy's tagger, morphologizer and ner
    can teach as well; ner gives the labels that it predicts, without probabilities. Documents keep
    their annotations, and documents of .spacy files keep their words. The first teacher finds the
    words of raw text.

    To learn from the file, train on it with soft_labels = 0.5 in the config of the components,
    the weight of the soft labels against the annotations.

    Example: python -m spacy birnn distill big-0 big-1 -i train.spacy -i more.txt -o soft.spacy
    """
    try:
        use_gpu(gpu_id)
        if output.suffix != ".spacy":
            raise InputError(
                f"The output {output} is not a .spacy file, which training needs: name it *.spacy."
            )
        check_free(output, force)
        sources = find_sources(inputs, input_format, leave_out=(output,))
        teachers = [Teacher(model, load_pipeline(model), components or ()) for model in models]
        check_agreement(teachers)
        size = batch_size or teachers[0].nlp.batch_size
        n_words = write_docs(output, distill(teachers, _read(teachers[0], sources, size)))
    except RecordError as err:
        msg.fail(f"{err.problem}: fix it and run the command again.", exits=1)
    except (ValueError, OSError, ImportError) as err:
        msg.fail(str(err), exits=1)
    kinds = (f"{kind} ({len(of_kind)})" for kind, of_kind in teachers[0].outputs.items())
    msg.good(f"{output}: {n_words:,} words with soft labels for {', '.join(kinds)}")


def _read(teacher: Teacher, sources: Sequence[Source], batch_size: int) -> Iterator[List[Doc]]:
    """Batches of documents, in which the teacher finds the words of raw text."""
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
