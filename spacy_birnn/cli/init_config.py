"""`python -m spacy birnn init-config`: write a complete config."""

import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Optional

import typer
from spacy.cli.init_config import Optimizations
from wasabi import msg

from ..storage.atomic import replacing
from ..training.recipes import TASKS, make_config, parse_tasks, splits_characters
from .options import FORCE, check_free


def init_config_cli(
    output: Path = typer.Argument(
        ..., allow_dash=True, help="Config file to write, or - for standard output"
    ),
    lang: str = typer.Option("en", "--lang", "-l", help="Code of the language, such as en or zh"),
    pipeline: str = typer.Option(
        "tagger,ner",
        "--pipeline",
        "-p",
        help=f"Components, separated by commas: {', '.join(TASKS)}",
    ),
    optimize: Optimizations = typer.Option(
        Optimizations.efficiency,
        "--optimize",
        help="accuracy: the models of the recipes; efficiency: encoders of half their width, and "
        "no CRF",
    ),
    gpu: bool = typer.Option(
        False, "--gpu", "-G", help="For training on a GPU: CuPy and PyTorch share its memory"
    ),
    force: bool = FORCE,
    # As in `spacy init config`; elsewhere -o is the output.
    short_optimize: Optional[Optimizations] = typer.Option(None, "-o", hidden=True),
) -> None:
    """Write a complete config for training, as `spacy init config` does.

    The settings come from the recipes. A segmenter finds the words of raw text; without one, the
    other components are trained and scored on the words of the corpus.

    Example: python -m spacy birnn init-config my.cfg --lang zh --pipeline segmenter,tagger
    """
    to_stdout = str(output) == "-"
    # Keep messages out of the config.
    with redirect_stdout(sys.stderr if to_stdout else sys.stdout):
        try:
            if not to_stdout:
                check_free(output, force)
            tasks = parse_tasks(re.findall(r"[^\s,\[\]'\"]+", pipeline))
            efficient = (short_optimize or optimize) is Optimizations.efficiency
            config = make_config(lang, tasks, efficient=efficient, gpu=gpu)
        except (ValueError, ImportError) as err:
            msg.fail(str(err), exits=1)
        if "segmenter" not in tasks and splits_characters(config):
            msg.warn(
                f"Without a segmenter, the tokens of raw text in the language '{lang}' are single "
                f"characters, not the words that this pipeline learns from: add 'segmenter' to "
                f"--pipeline, or give it words."
            )
    if to_stdout:
        print(config.to_str())
        return
    try:
        with replacing(output) as temporary:
            config.to_disk(temporary, interpolate=False)
    except OSError as err:
        msg.fail(f"{output} cannot be written ({err}): name another file.", exits=1)
    msg.good(f"{output}: a pipeline of {', '.join(config['nlp']['pipeline'])}. To train it:")
    on_gpu = " --gpu-id 0" if gpu else ""
    data = "--paths.train train.spacy --paths.dev dev.spacy"
    print(f"python -m spacy birnn train {output} {data} --output training{on_gpu}")
