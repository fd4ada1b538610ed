"""`python -m spacy birnn calibrate`: make the confidences of a trained pipeline honest."""

from pathlib import Path
from typing import Any, Optional

import typer
from wasabi import msg

from ..corpora.reader import make_corpus
from ..loading import load_pipeline, use_gpu
from ..pipeline.labelling_pipe import LabellingPipe
from ..pipeline.temperature import fit_temperatures
from .options import GOLD_PREPROC, uses_gold_words


def calibrate_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline, which is updated"),
    data: Path = typer.Argument(..., help="Annotated documents it was not trained on (.spacy)"),
    gold_preproc: Optional[bool] = GOLD_PREPROC,
    bins: int = typer.Option(10, "--bins", min=1, help="Rows of the reliability tables"),
    gpu_id: int = typer.Option(-1, "--gpu-id", "-g", help="GPU to use, -1 for the CPU"),
) -> None:
    """Fit the temperature of the probabilities on annotated documents, and store it.

    What the pipeline predicts stays the same, but for entities that a threshold drops. Switch
    confidences on with the setting "confidence" of a component.

    Example: python -m spacy birnn calibrate training/model-best corpus/dev.spacy
    """
    try:
        use_gpu(gpu_id)
        nlp = load_pipeline(model)
        if not any(isinstance(pipe, LabellingPipe) for _, pipe in nlp.pipeline):
            raise ValueError(
                f"No component of the pipeline {model} has probabilities to be fitted (it has: "
                f"{', '.join(nlp.pipe_names) or 'none'}): name one with birnn_tagger or birnn_ner."
            )
        words_given = uses_gold_words(model, gold_preproc)
        examples = list(make_corpus(data, gold_preproc=words_given)(nlp))
        fits = fit_temperatures(nlp, examples, bins)
        for name in fits:
            component: Any = nlp.get_pipe(name)
            component.to_disk(model / name, exclude=["vocab"])
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
    if not fits:
        msg.info(f"{data} has no annotation for a component with confidences: nothing to fit.")
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
        header = ("probability", "count", "mean", "right")
        msg.table(rows, header=header, aligns=("l", "r", "r", "r"), divider=True)
        msg.good(
            f"Temperature {fit.temperature:.2f}: expected calibration error "
            f"{fit.before['ece']:.4f} before, {fit.after['ece']:.4f} with it."
        )
