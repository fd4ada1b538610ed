"""`python -m spacy birnn compile`: pipelines that run without PyTorch."""

from enum import Enum
from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from ..errors import missing_extra
from ..loading import load_pipeline
from .options import FORCE, GOLD_PREPROC, uses_gold_words


class Precision(str, Enum):
    """Types of compiled recurrent layers."""

    float32 = "float32"
    int8 = "int8"


class Tables(str, Enum):
    """Types of compiled tables of embeddings."""

    float32 = "float32"
    float16 = "float16"
    int8 = "int8"


def compile_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    output: Path = typer.Argument(..., help="Folder for the compiled pipeline"),
    precision: Precision = typer.Option(
        Precision.float32,
        "--precision",
        "-p",
        help="float32: the annotations of the trained pipeline; int8: about twice as fast, and "
        "needs --dev",
    ),
    tables: Tables = typer.Option(
        Tables.float32,
        "--tables",
        "-t",
        help="Type of the vectors of words and characters; float16 and int8 make a smaller "
        "pipeline that is about as accurate",
    ),
    dev: Optional[Path] = typer.Option(
        None, "--dev", "-d", exists=True, help="Annotated documents (.spacy) to measure the loss"
    ),
    gold_preproc: Optional[bool] = GOLD_PREPROC,
    max_loss: float = typer.Option(
        0.1, "--max-loss", help="Refuse to lose more points of accuracy or F-score on --dev"
    ),
    slim: bool = typer.Option(
        False,
        "--slim",
        help="Leave out the words of the training data in the vocabulary and in segmenters, which "
        "only the scores of out-of-vocabulary words need",
    ),
    force: bool = FORCE,
) -> None:
    """Compile a pipeline for ONNX Runtime, so that it loads and runs without PyTorch.

    Its components, their annotations and their settings stay the same. What was measured on
    --dev is written to its meta.json.

    Example: python -m spacy birnn compile training/model-best compiled
    """
    try:
        # Imported here: ONNX is an extra.
        from ..compiling.pipelines import Compilation
    except ImportError as err:
        msg.fail(missing_extra(f"Compiling needs {err.name}", "compile"), exits=1)
    try:
        nlp = load_pipeline(model)
        words_given = dev is not None and uses_gold_words(model, gold_preproc)
        compilation = Compilation(precision.value, tables.value, dev, words_given, max_loss, slim)
        facts = compilation.run(nlp, output, force=force)
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
    if "loss" in facts:
        for name, value in facts["scores"].items():
            msg.text(f"{name}: {100 * facts['scores_before'][name]:.2f} -> {100 * value:.2f}")
        changed, tokens = facts["changed_by_batch"], facts["tokens"]
        msg.text(f"Annotations that depend on the batch: {changed:,} of {tokens:,} tokens")
    msg.good(f'{output}: load it by spacy.load("{output}").')
