"""Measure peak memory and speed of the tagger on one long document, in a process of its own."""

import json
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, Optional

import psutil
import torch
import typer

from .systems import cut_texts, make_docs, make_ours, read_texts
from .timing import Jobs, race, ratios


class PeakMemory:
    """Watch the resident memory of this process: `start` and `peak`, in bytes."""

    def __init__(self, interval: float = 0.002) -> None:
        self.interval = interval
        self.start = self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self.start = self.peak = psutil.Process().memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stop.wait(self.interval):
            self.peak = max(self.peak, process.memory_info().rss)


def run_alone(module: str, **options: Any) -> Dict[str, float]:
    """Run a module that prints JSON in a process of its own; options that are None are left out."""
    command = [sys.executable, "-m", module]
    for name, value in options.items():
        command += [] if value is None else [f"--{name}", str(value)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure(words: int, precision: str, corpus: Optional[Path], threads: int) -> Dict[str, float]:
    """Run `main` in a process of its own.

    Its figures are the MiB of the process with the document, the additional MiB during the first
    prediction, words per second, and their ratio to the speed on the short documents of the corpus.
    """
    return run_alone(
        "benchmarks.memory", words=words, precision=precision, corpus=corpus, threads=threads
    )


def main(
    words: int = typer.Option(..., "--words", help="Length of the document"),
    precision: str = typer.Option("float32", "--precision"),
    corpus: Optional[Path] = typer.Option(None, "--corpus", "-c"),
    threads: int = typer.Option(0, "--threads", "-t"),
) -> None:
    """Print the figures as JSON."""
    if threads:
        torch.set_num_threads(threads)
    texts = read_texts(corpus, 2000)
    system = make_ours(precision, texts)
    # Load the libraries, without memory that the long document could reuse.
    system.nlp(*make_docs(system.nlp, texts[:1]))
    (doc,) = make_docs(system.nlp, cut_texts(texts, words, words))
    with PeakMemory() as memory:
        system.nlp(doc)
    short = make_docs(system.nlp, texts)
    jobs: Jobs = {
        "long": lambda: len(system.nlp(doc)),
        "short": lambda: sum(len(doc) for doc in system.nlp.pipe(short, batch_size=1000)),
    }
    speeds = race(jobs, rounds=3)
    figures = {
        "before": memory.start / 2**20,
        "beyond": (memory.peak - memory.start) / 2**20,
        "words_per_second": statistics.median(speeds["long"]),
        "of_short": statistics.median(ratios(speeds, "long", "short")),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
