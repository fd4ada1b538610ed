"""`python -m spacy birnn vectors`: train word vectors on raw text."""

import shutil
import sys
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, List, Optional

import typer
from spacy.training.initialize import convert_vectors
from spacy.util import load_config
from wasabi import msg

from ..bulk.records import InputFormat, find_sources
from ..bulk.word_files import write_words
from ..errors import InputError, missing_extra
from ..training.languages import find_language
from ..training.recipes import splits_characters
from .options import FORCE, INPUT_FORMAT, SKIP_BAD, check_free


class Training(str, Enum):
    """The ways to train vectors."""

    cbow = "cbow"
    skipgram = "skipgram"


def vectors_cli(
    inputs: List[str] = typer.Argument(
        ...,
        help="Raw text: files, folders (their .txt, .jsonl, .parquet and .spacy files), or - for "
        "standard input",
    ),
    output: Path = typer.Option(
        ..., "--output", "-o", file_okay=False, help="Folder to write, for --paths.vectors"
    ),
    lang: Optional[str] = typer.Option(
        None,
        "--lang",
        "-l",
        help="Language of the pipeline, whose tokenizer splits raw text into words",
    ),
    config: Optional[Path] = typer.Option(
        None,
        "--config",
        "-c",
        exists=True,
        dir_okay=False,
        help="Config of the pipeline, which names the language",
    ),
    input_format: Optional[InputFormat] = INPUT_FORMAT,
    model: Training = typer.Option(
        Training.cbow,
        "--model",
        help="cbow: predict a word from its context; skipgram: its context from a word, slower",
    ),
    width: int = typer.Option(60, "--width", min=1, help="Width of a vector"),
    epochs: int = typer.Option(
        50, "--epochs", min=1, help="Passes over the text; fewer for more than a few million words"
    ),
    learn_rate: float = typer.Option(0.1, "--learn-rate", min=0.0, help="Initial learning rate"),
    window: int = typer.Option(
        2, "--window", min=1, help="Context words on each side: few for grammar, more for topics"
    ),
    min_count: int = typer.Option(
        1, "--min-count", min=1, help="Words that occur less often are not trained on"
    ),
    min_length: int = typer.Option(
        3, "--min-length", min=1, help="Length of the shortest character n-grams of words"
    ),
    max_length: int = typer.Option(
        5, "--max-length", min=0, help="Length of the longest ones; 0 for whole words only"
    ),
    rows: int = typer.Option(20000, "--rows", min=1, help="Rows of the vector table"),
    hashes: int = typer.Option(
        2, "--hashes", min=1, max=4, help="Rows that are summed for a word or n-gram"
    ),
    sample: float = typer.Option(
        0.001, "--sample", min=0.0, help="Words with a larger share of the text are downsampled"
    ),
    threads: int = typer.Option(
        1, "--threads", min=1, help="Only one thread gives the same vectors for the same text"
    ),
    skip_bad: bool = SKIP_BAD,
    force: bool = FORCE,
) -> None:
    """Train floret vectors on raw text (extra vectors), and store them for spaCy.

    A vector is the sum of the vectors of its character n-grams, so out-of-vocabulary words have one
    as well. Train with the folder as --paths.vectors, and with include_static_vectors = true in
    the embedding, spacy_birnn.WordCharEmbed.v1. The defaults suit small texts.

    Example: python -m spacy birnn vectors raw.jsonl --lang en --output vectors
    """
    try:
        # Imported here, because it needs an extra.
        from floret import train_unsupervised
    except ImportError:
        msg.fail(missing_extra("Word vectors need floret", "vectors"), exits=1)
    if (lang is None) == (config is None):
        msg.fail("Give either --lang or the config of the pipeline as --config.", exits=1)
    try:
        check_free(output, force)
    except InputError as err:
        msg.fail(str(err), exits=1)
    if output.exists() and not (output / "vocab" / "vectors").is_file():
        msg.fail(
            f"{output} has no vectors, so --force does not replace it: name another.",
            exits=1,
        )
    if 0 < max_length < min_length:
        msg.fail(
            f"--max-length {max_length} is less than --min-length {min_length}: raise it, or set "
            f"it to 0 for whole words only.",
            exits=1,
        )
    try:
        language = str(lang) if config is None else _read_language(config)
        nlp = find_language(language).from_config()
        sources = find_sources(inputs, input_format)
        tokenized = any(source.format is not InputFormat.spacy for source in sources)
        if tokenized and splits_characters(nlp.config):
            msg.warn(
                f"The tokens of raw text in the language '{nlp.lang}' are single characters: for "
                f"word vectors, give .spacy files, such as the output of `birnn tag`."
            )
        output.parent.mkdir(parents=True, exist_ok=True)
        # A folder beside the output can be renamed to it, whole or not at all.
        with TemporaryDirectory(dir=output.parent, prefix=f"{output.name}.") as folder:
            text, table = Path(folder) / "words.txt", Path(folder) / "words.floret"
            words = write_words(text, sources, nlp, skip_bad=skip_bad)
            msg.info(f"{words.words:,} words of {words.documents:,} documents")
            settings: Any = {
                "mode": "floret",
                "model": model.value,
                "dim": width,
                "epoch": epochs,
                "lr": learn_rate,
                "ws": window,
                "minCount": min_count,
                "minn": min_length if max_length else 0,
                "maxn": max_length,
                "bucket": rows,
                "hashCount": hashes,
                "t": sample,
                "thread": threads,
                # No word starts with a space, so floret finds no labels.
                "label": " ",
                "verbose": 2 if sys.stderr.isatty() else 0,
            }
            try:
                train_unsupervised(str(text), **settings).save_floret_vectors(str(table))
            except (ValueError, RuntimeError) as err:
                raise InputError(
                    f"floret cannot train vectors on this text ({err}): lower --min-count or "
                    f"--learn-rate."
                ) from err
            convert_vectors(nlp, table, truncate=0, prune=-1, mode="floret")
            nlp.to_disk(Path(folder) / "vectors")
            if output.exists():
                shutil.rmtree(output)
            (Path(folder) / "vectors").rename(output)
    except InputError as err:
        msg.fail(str(err), exits=1)
    except (ValueError, ImportError, OSError) as err:
        msg.fail(f"The vectors cannot be made: {err}", exits=1)
    if words.cut:
        msg.warn(f"{words.cut:,} words with spaces inside are trained as several words.")
    if words.left_out:
        msg.warn(f"Bad documents left out: {len(words.left_out):,}, first {words.left_out[0]}")
    msg.good(
        f"{output}: vectors of width {width}. Train with --paths.vectors {output} and "
        f"include_static_vectors = true in the embedding."
    )


def _read_language(config: Path) -> str:
    try:
        return str(load_config(config)["nlp"]["lang"])
    except (ValueError, KeyError) as err:
        raise InputError(
            f"{config} is not a config with a language in [nlp]: give the config of the pipeline."
        ) from err
