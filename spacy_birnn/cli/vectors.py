"""`python -m spacy birnn vectors`: word vectors from raw text."""

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
from ..errors import InputError
from ..training.languages import find_language
from ..training.recipes import splits_characters


class Training(str, Enum):
    """How vectors are learnt."""

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
        help="Language of the pipeline, whose tokenizer makes the words; .spacy files have them",
    ),
    config: Optional[Path] = typer.Option(
        None,
        "--config",
        "-c",
        exists=True,
        dir_okay=False,
        help="Config of the pipeline, to take the language from",
    ),
    input_format: Optional[InputFormat] = typer.Option(
        None, "--input-format", help="Format of all inputs; if not given: by their endings"
    ),
    model: Training = typer.Option(
        Training.cbow,
        "--model",
        help="cbow: a word from all words around it; skipgram: from each of them, which is slower",
    ),
    width: int = typer.Option(60, "--width", min=1, help="Width of a vector"),
    epochs: int = typer.Option(
        50, "--epochs", min=1, help="Passes over the text; fewer for more than a few million words"
    ),
    learn_rate: float = typer.Option(0.1, "--learn-rate", min=0.0, help="Learning rate at first"),
    window: int = typer.Option(
        2, "--window", min=1, help="Words on each side; more of them for topics than for grammar"
    ),
    min_count: int = typer.Option(
        1, "--min-count", min=1, help="Words that occur less often are left out of the training"
    ),
    min_length: int = typer.Option(3, "--min-length", min=1, help="Shortest parts of words"),
    max_length: int = typer.Option(
        5, "--max-length", min=0, help="Longest parts of words; 0 for whole words alone"
    ),
    rows: int = typer.Option(20000, "--rows", min=1, help="Rows of the table of vectors"),
    hashes: int = typer.Option(
        2, "--hashes", min=1, max=4, help="Rows that are summed for a word or a part"
    ),
    sample: float = typer.Option(
        0.001, "--sample", min=0.0, help="Words of a larger share of the text are thinned out"
    ),
    threads: int = typer.Option(
        1, "--threads", min=1, help="With one, the same text gives the same vectors; not with more"
    ),
    skip_bad: bool = typer.Option(
        False, "--skip-bad", help="Leave bad documents out, and count them at the end"
    ),
    force: bool = typer.Option(False, "--force", "-F", help="Replace the folder if it is there"),
) -> None:
    """Learn word vectors from raw text by floret (extra vectors), and store them as
    `spacy init vectors --mode floret` does.

    A word is the sum of the vectors of its parts, so words that are not in the text have one, too.
    Train with the folder as --paths.vectors, and with include_static_vectors = true in the
    embedding, spacy_birnn.WordCharEmbed.v1. The defaults are for small texts.

    Example: python -m spacy birnn vectors raw.jsonl --lang en --output vectors
    """
    try:
        # Imported here, because it needs the extra.
        from floret import train_unsupervised
    except ImportError as err:
        msg.fail(
            f'Word vectors need floret ({err}): python -m pip install "spacy-birnn[vectors]"',
            exits=1,
        )
    if (lang is None) == (config is None):
        msg.fail("Give the language by --lang, or the pipeline's config by --config.", exits=1)
    if output.exists() and not force:
        msg.fail(f"{output} is already there: name another folder, or give --force.", exits=1)
    if output.exists() and not (output / "vocab" / "vectors").is_file():
        msg.fail(f"{output} has no vectors, so it is not replaced: name another folder.", exits=1)
    if 0 < max_length < min_length:
        msg.fail(
            f"--max-length {max_length} is less than --min-length {min_length}: raise it, or set "
            f"it to 0 for whole words alone.",
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
                f"vectors of words give .spacy files, such as `birnn tag` writes."
            )
        output.parent.mkdir(parents=True, exist_ok=True)
        # Beside the output, so that the folder is there as a whole or not at all.
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
                # No word starts with a space, so none is taken for a label.
                "label": " ",
                "verbose": 2 if sys.stderr.isatty() else 0,
            }
            try:
                train_unsupervised(str(text), **settings).save_floret_vectors(str(table))
            except (ValueError, RuntimeError) as err:
                raise InputError(
                    f"floret cannot learn vectors from this text ({err}): lower --min-count or "
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
        msg.warn(f"{words.cut:,} words with spaces inside were trained as their parts.")
    if words.left_out:
        msg.warn(
            f"Bad documents that are left out: {len(words.left_out):,}, first {words.left_out[0]}"
        )
    msg.good(
        f"{output}: vectors of width {width}. Train with --paths.vectors {output}, and with "
        f"include_static_vectors = true in the embedding."
    )


def _read_language(config: Path) -> str:
    try:
        return str(load_config(config)["nlp"]["lang"])
    except (ValueError, KeyError) as err:
        raise InputError(
            f"{config} is no config with a language in [nlp]: name that of the pipeline."
        ) from err
