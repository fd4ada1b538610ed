"""`python -m spacy birnn evaluate`: spaCy's evaluation on raw text or gold words."""

from pathlib import Path
from typing import Optional

import spacy
import typer
from spacy.cli.evaluate import evaluate
from wasabi import msg

from ..corpora.reader import make_corpus
from ..loading import use_gpu
from .options import GOLD_PREPROC, GPU_ID, uses_gold_words


def evaluate_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    data: Path = typer.Argument(..., help="Annotated documents (.spacy)"),
    output: Optional[Path] = typer.Option(None, "--output", "-o", help="JSON file for the scores"),
    gold_preproc: Optional[bool] = GOLD_PREPROC,
    gpu_id: int = GPU_ID,
) -> None:
    """Score a pipeline as `spacy evaluate` does.

    It is scored on gold words if it was trained on them, and otherwise on raw text.

    Example: python -m spacy birnn evaluate training/model-best corpus/test.spacy -o scores.json
    """
    try:
        words_given = uses_gold_words(model, gold_preproc)
        # spaCy scores any file that it can open, and looks for the output folder only at the end.
        for _ in make_corpus(data, gold_preproc=True)(spacy.blank("xx")):
            pass
        if output is not None:
            output.parent.mkdir(parents=True, exist_ok=True)
        use_gpu(gpu_id)
        evaluate(str(model), data, output, gold_preproc=words_given, silent=False)
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
