"""Measure peak memory and speed of a segmenter on one long text, in a process of its own."""

import json
from functools import partial
from pathlib import Path
from typing import Any, Dict, Sequence

import typer

from .memory import PeakMemory, run_alone
from .segmenters import Segmenter, load_segmenter
from .texts import cut_texts, read_docs, take_texts
from .timing import Jobs, race, ratios

# Characters of the short texts that the long one is compared with.
SHORT_CHARS = 100_000


def count(segmenter: Segmenter, texts: Sequence[Any], n_chars: int, threads: int) -> int:
    """Segment texts or documents; return the given number of characters."""
    segmenter.use_threads(threads)
    for _ in segmenter.segment(texts):
        pass
    return n_chars


def measure(
    system: str,
    chars: int,
    pipeline: Path,
    pkuseg: Path,
    ltp: Path,
    corpus: Path,
    threads: int,
) -> Dict[str, float]:
    """Run `main` in a process of its own.

    Its figures are the MiB of the process with the text, the additional MiB while the text is
    segmented the first time, characters per second, and their ratio to the speed on the texts of
    the corpus.
    """
    return run_alone(
        "benchmarks.long_text",
        system=system,
        chars=chars,
        pipeline=pipeline,
        pkuseg=pkuseg,
        ltp=ltp,
        corpus=corpus,
        threads=threads,
    )


def main(
    system: str = typer.Option(..., "--system", help="One of `segmenter_names`"),
    chars: int = typer.Option(..., "--chars", help="Length of the text"),
    pipeline: Path = typer.Option(..., "--pipeline"),
    pkuseg: Path = typer.Option(..., "--pkuseg"),
    ltp: Path = typer.Option(..., "--ltp"),
    corpus: Path = typer.Option(..., "--corpus"),
    threads: int = typer.Option(1, "--threads"),
) -> None:
    """Print the figures as JSON."""
    segmenter = load_segmenter(system, pipeline, pkuseg, ltp)
    texts = [doc.text for doc in read_docs(corpus)]
    short = take_texts(texts, min(chars, SHORT_CHARS))
    # Load the libraries, without memory that the long text could reuse.
    count(segmenter, texts[:1], 0, threads)
    long = cut_texts(texts, chars, chars)
    with PeakMemory() as memory:
        words = list(segmenter.segment(long))
    del words
    jobs: Jobs = {
        "long": partial(count, segmenter, long, chars, threads),
        "short": partial(count, segmenter, short, sum(map(len, short)), threads),
    }
    speeds = race(jobs, rounds=1, warm_up=0)
    figures = {
        "before": memory.start / 2**20,
        "beyond": (memory.peak - memory.start) / 2**20,
        "chars_per_second": speeds["long"][0],
        "of_short": ratios(speeds, "long", "short")[0],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
