"""Rival segmenters that are trained once for the same words, and then loaded again."""

import hashlib
import json
import time
from pathlib import Path
from typing import Callable, Dict, Sequence

from spacy.tokens import Doc
from spacy.util import fix_random_seed

from .memory import PeakMemory

# Written last: a folder with this file has a complete model.
FIGURES = "training.json"
# pkuseg divides the documents into ten parts.
MIN_DOCS = 10
# Trains a model in a folder, from words between spaces and a number of iterations.
Train = Callable[[str, Path, int], None]


def train_once(
    name: str, train: Train, docs: Sequence[Doc], output: Path, iterations: int, seed: int
) -> Path:
    """Train a model, unless the output folder has one with the same words, iterations and seed.

    RAISES (ValueError): If there are too few documents.
    """
    lines = [" ".join(token.text for token in doc if not token.is_space) for doc in docs]
    lines = [line for line in lines if line]
    if len(lines) < MIN_DOCS:
        raise ValueError(
            f"{name} needs at least {MIN_DOCS} training documents, and there are {len(lines)}."
        )
    text = "\n".join(lines)
    digest = hashlib.sha256(f"{iterations} {seed}\n{text}".encode()).hexdigest()
    folder = output / f"{name}-{digest[:12]}"
    if not (folder / FIGURES).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        fix_random_seed(seed)
        figures = _measure(train, text, folder, iterations)
        (folder / FIGURES).write_text(json.dumps(figures), encoding="utf-8")
    return folder


def _measure(train: Train, text: str, folder: Path, iterations: int) -> Dict[str, float]:
    start = time.perf_counter()
    with PeakMemory(interval=0.1) as memory:
        train(text, folder, iterations)
    seconds = time.perf_counter() - start
    return {
        "characters": len(text) - sum(map(text.count, " \n")),
        "iterations": iterations,
        "seconds": seconds,
        "beyond": (memory.peak - memory.start) / 2**20,
    }
