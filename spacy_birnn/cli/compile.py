"""`python -m spacy birnn compile`: pipelines that run without PyTorch."""

from pathlib import Path

import typer
from wasabi import msg

from ..loading import load_pipeline


def compile_cli(
    model: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    output: Path = typer.Argument(..., help="Folder for the compiled pipeline"),
    force: bool = typer.Option(False, "--force", "-f", help="Replace the output, if it exists"),
) -> None:
    """Compile a pipeline for ONNX Runtime, so that it loads and runs without PyTorch.

    Its components, their annotations and their settings stay the same.

    Example: python -m spacy birnn compile training/model-best compiled
    """
    try:
        # Imported here: ONNX is an extra.
        from ..compiling.pipelines import compile_pipeline

        compile_pipeline(load_pipeline(model), output, force=force)
    except (ValueError, OSError, ImportError) as err:
        msg.fail(str(err), exits=1)
    msg.good(f'{output}: load it by spacy.load("{output}").')
