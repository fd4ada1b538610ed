"""pkuseg, trained on the same words as spacy_birnn."""

import hashlib
import json
import time
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable, Dict, Iterable, List, Sequence

from spacy.tokens import Doc
from spacy.util import fix_random_seed

from .memory import PeakMemory

# Written last: a folder with this file has a complete model.
FIGURES = "training.json"
# Its optimizer divides the documents into ten parts.
MIN_DOCS = 10


def train_pkuseg(docs: Sequence[Doc], output: Path, iterations: int, seed: int) -> Path:
    """Train a model, unless the output folder has one with the same words, iterations and seed.

    RAISES (ValueError): If there are too few documents.
    """
    lines = [" ".join(token.text for token in doc if not token.is_space) for doc in docs]
    lines = [line for line in lines if line]
    if len(lines) < MIN_DOCS:
        raise ValueError(
            f"pkuseg needs at least {MIN_DOCS} training documents, and there are {len(lines)}."
        )
    text = "\n".join(lines)
    digest = hashlib.sha256(f"{iterations} {seed}\n{text}".encode()).hexdigest()
    folder = output / f"pkuseg-{digest[:12]}"
    if not (folder / FIGURES).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        fix_random_seed(seed)
        figures = _train(text, folder, iterations)
        (folder / FIGURES).write_text(json.dumps(figures), encoding="utf-8")
    return folder


def _train(text: str, folder: Path, iterations: int) -> Dict[str, float]:
    import spacy_pkuseg

    with TemporaryDirectory() as temporary:
        train, test = Path(temporary) / "train.txt", Path(temporary) / "test.txt"
        train.write_text(text, encoding="utf-8")
        # pkuseg scores this file after each iteration, and does not learn from it.
        test.write_text(text.partition("\n")[0], encoding="utf-8")
        log = (folder / "training.log").open("w", encoding="utf-8")
        start = time.perf_counter()
        with log, redirect_stdout(log), PeakMemory(interval=0.1) as memory:
            spacy_pkuseg.train(str(train), str(test), str(folder), train_iter=iterations)
        seconds = time.perf_counter() - start
    return {
        "characters": len(text) - sum(map(text.count, " \n")),
        "iterations": iterations,
        "seconds": seconds,
        "beyond": (memory.peak - memory.start) / 2**20,
    }


def load_pkuseg(folder: Path, dictionary: bool) -> Callable[[Iterable[str]], Iterable[List[str]]]:
    """Load a model; `dictionary` adds the package's own dictionary, its default."""
    import spacy_pkuseg

    # An absolute path cannot be the name of a model, which would be downloaded.
    path = str(folder.resolve())
    return partial(map, spacy_pkuseg.pkuseg(path, "default" if dictionary else None).cut)
