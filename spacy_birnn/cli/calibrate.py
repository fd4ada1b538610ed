"""`python -m spacy birnn calibrate`: fit confidences to how often predictions are right."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Optional

import typer
from spacy.language import Language
from wasabi import msg

from ..corpora.reader import make_corpus
from ..errors import InputError
from ..evaluation.temperature import CalibrationError, Fit, fit_temperatures
from ..loading import load_pipeline, use_gpu
from ..pipeline.labelling_pipe import LabellingPipe
from .options import GOLD_PREPROC, GPU_ID, plain_warnings, uses_gold_words

# Enough to fit one temperature, and few enough for the dev split of a small corpus.
MIN_COUNT = 100


def calibrate_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    data: Path = typer.Argument(..., help="Annotated documents it was not trained on (.spacy)"),
    output: Optional[Path] = typer.Option(
        None,
        "--output",
        "-o",
        help="Folder for the calibrated pipeline; if not given, the trained one is updated",
    ),
    min_count: int = typer.Option(
        MIN_COUNT,
        "--min-count",
        min=1,
        help="Fewest annotated predictions to calibrate a component with",
    ),
    if_possible: bool = typer.Option(
        False,
        "--if-possible",
        help="Warn instead of failing if the documents are too few or do not fit the pipeline",
    ),
    gold_preproc: Optional[bool] = GOLD_PREPROC,
    bins: int = typer.Option(10, "--bins", min=1, help="Rows of the reliability tables"),
    gpu_id: int = GPU_ID,
) -> None:
    """Fit the temperature of the probabilities on annotated documents, and store it.

    Predictions stay the same, except for entities that a threshold drops. The setting "confidence"
    of a component switches confidences on. A component stays as it is if the documents have too
    few predictions of it, or if they are no better than a guess.

    Example: python -m spacy birnn calibrate training/model-best corpus/dev.spacy
    """
    if output is not None and output.exists():
        msg.fail(f"{output} already exists: name another folder.", exits=1)
    try:
        use_gpu(gpu_id)
        nlp = load_pipeline(model)
        if not any(isinstance(pipe, LabellingPipe) for _, pipe in nlp.pipeline):
            raise InputError(
                f"No component of the pipeline {model} has probabilities to fit (it has: "
                f"{', '.join(nlp.pipe_names) or 'none'}): name one with birnn_tagger or birnn_ner."
            )
        words_given = uses_gold_words(model, gold_preproc)
        examples = list(make_corpus(data, gold_preproc=words_given)(nlp))
        with plain_warnings():
            fits = fit_temperatures(nlp, examples, bins, min_count)
        if fits:
            _save(nlp, fits, model, output)
    except CalibrationError as err:
        if not if_possible:
            msg.fail(f"{err} {model} stays as it is.", exits=1)
        msg.warn(f"{err} {model} stays as it is.")
        return
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
    if not fits:
        msg.info(
            f"{data} has no annotation for a component with confidences: there is nothing to fit, "
            f"and nothing is written."
        )
    for name, fit in fits.items():
        msg.divider(name)
        rows = [
            (
                f"{row['from']:.2f}-{row['to']:.2f}",
                row["count"],
                f"{row['confidence']:.3f}",
                f"{row['accuracy']:.3f}",
            )
            for row in fit.after["reliability"]
        ]
        header = ("probability", "count", "mean", "accuracy")
        msg.table(rows, header=header, aligns=("l", "r", "r", "r"), divider=True)
        msg.good(
            f"Temperature {fit.temperature:.2f}: expected calibration error "
            f"{fit.before['ece']:.4f} before, {fit.after['ece']:.4f} with it."
        )
    if fits and output is not None:
        msg.good(f"The calibrated pipeline is in {output}.")


def _save(nlp: Language, fits: Dict[str, Fit], model: Path, output: Optional[Path]) -> None:
    """Store the temperatures in the folder of the pipeline, or in a copy of it."""
    if output is None:
        _write(nlp, fits, model)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    # A folder beside the output can be renamed to it, whole or not at all.
    with TemporaryDirectory(dir=output.parent, prefix=f"{output.name}.") as folder:
        copy = Path(folder) / "model"
        shutil.copytree(model, copy)
        _write(nlp, fits, copy)
        copy.rename(output)


def _write(nlp: Language, fits: Dict[str, Fit], folder: Path) -> None:
    for name in fits:
        component: Any = nlp.get_pipe(name)
        component.to_disk(folder / name, exclude=["vocab"])
