"""Compare the segmenter with pkuseg, LTP and jieba, from raw text to words."""

import json
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Sequence

import typer
from spacy.tokens import Doc
from spacy.training import Example

from spacy_birnn.pipeline.scorers import score_words, words_of

from . import long_text
from .long_text import count
from .ltp import train_ltp
from .pkuseg import train_pkuseg
from .segmenters import (
    LTP,
    OURS,
    PKUSEG,
    PKUSEG_DICTIONARY,
    RIVALS,
    Segmenter,
    load_ours,
    load_segmenter,
    make_doc,
    segmenter_names,
)
from .texts import cut_texts, read_docs, take_texts
from .timing import Jobs, Speeds, grid, race, ratios, spread, table
from .word_models import FIGURES

LENGTHS = (10, 100, 1000, 10_000, 100_000)
SCORES = {
    "token_p": "P",
    "token_r": "R",
    "token_f": "F1",
    "oov_recall": "OOV recall",
    "iv_recall": "IV recall",
}
NOTE = (
    "\nA word is right if both of its borders are. White space, which pkuseg drops and jieba keeps "
    "as words, does not count.\n"
)


def score(segmenter: Segmenter, golds: Sequence[Doc], lexicon: Sequence[str]) -> Dict[str, Any]:
    """Score a segmenter; `lexicon` has the words of the training data."""
    found = segmenter.segment([gold.text for gold in golds])
    docs = (make_doc(gold.vocab, gold.text, words) for gold, words in zip(golds, found))
    return score_words([Example(doc, gold) for doc, gold in zip(docs, golds)], lexicon)


def score_table(scores: Dict[str, Dict[str, Any]]) -> str:
    """Make a table of scores in percent."""
    rows = []
    for name, values in scores.items():
        cells = (values[key] for key in SCORES)
        rows.append([name, *("" if cell is None else f"{100 * cell:.2f}" for cell in cells)])
    return table(["system", *SCORES.values()], rows)


def compare(
    segmenters: Sequence[Segmenter], texts: List[str], threads: Sequence[int], rounds: int
) -> Speeds:
    """Measure characters per second from text to words, and for spacy_birnn also from documents.

    Only spacy_birnn runs with several numbers of threads.
    """
    n_chars = sum(map(len, texts))
    jobs: Jobs = {}
    for segmenter in segmenters:
        if segmenter.make_doc is None:
            jobs[segmenter.name] = partial(count, segmenter, texts, n_chars, 1)
            continue
        docs = list(map(segmenter.make_doc, texts))
        for n in threads:
            name = f"{segmenter.name}, {n} thread{'s' * (n > 1)}"
            jobs[name] = partial(count, segmenter, texts, n_chars, n)
            jobs[f"{name}, from documents"] = partial(count, segmenter, docs, n_chars, n)
    return race(jobs, rounds)


def speed_table(speeds: Speeds) -> str:
    """Make a table of speeds, and of their ratios to the rivals."""
    rows = []
    for name, values in speeds.items():
        faster = [
            spread(ratios(speeds, name, rival), 2) if name.startswith(OURS) else ""
            for rival in RIVALS
        ]
        rows.append([name, spread(values, 0), *faster])
    return table(["system", "characters/s", *(f"it / {rival}" for rival in RIVALS)], rows)


def by_length(
    segmenters: Sequence[Segmenter], texts: List[str], n_chars: int, threads: int, rounds: int
) -> Dict[int, Speeds]:
    """Measure characters per second for each length of a text."""
    speeds = {}
    for length in LENGTHS:
        cut = cut_texts(texts, length, n_chars)
        n_cut = sum(map(len, cut))
        jobs: Jobs = {s.name: partial(count, s, cut, n_cut, threads) for s in segmenters}
        speeds[length] = race(jobs, rounds)
    return speeds


def long_table(figures: Dict[str, Dict[str, float]]) -> str:
    """Make a table of the figures of `long_text.measure`."""
    rows = []
    for name, values in figures.items():
        numbers = [f"{values[key]:,.0f}" for key in ("before", "beyond", "chars_per_second")]
        rows.append([name, *numbers, f"{values['of_short']:.2f}"])
    return table(
        ["system", "MiB before", "additional MiB", "characters/s", "/ texts of test"], rows
    )


def main(
    pipeline: Path = typer.Argument(..., help="Trained pipeline", exists=True, file_okay=False),
    train: Path = typer.Option(..., "--train", help=".spacy file that it was trained on"),
    test: Path = typer.Option(..., "--test", help=".spacy file for the scores and the speed"),
    output: Path = typer.Option(
        ..., "--output", "-o", help="Folder for segmentation.md, .json and the models of rivals"
    ),
    iterations: int = typer.Option(20, "--iterations", min=1, help="Iterations of rivals"),
    rounds: int = typer.Option(3, "--rounds", "-r", min=1, help="Rounds after a warm-up"),
    threads: str = typer.Option("2,1", "--threads", "-t", help="Numbers of threads of PyTorch"),
    chars: int = typer.Option(100_000, "--chars", min=1, help="Characters of a measurement"),
    long_chars: str = typer.Option(
        "1000000", "--long", help="Lengths of the long texts, separated by commas; '' for none"
    ),
    seed: int = typer.Option(0, "--seed", help="Seed of the training of pkuseg"),
) -> None:
    """Compare the segmenter of a trained or compiled pipeline with pkuseg and LTP's perceptron,
    trained on the same words, and with jieba and its own dictionary, on the same texts.

    Speeds are the median of the rounds, with the minimum and the maximum. Quote the ratios. The
    trained rivals stay in the output folder and are used again with the same training data and
    seed. Each part is written as soon as it is finished.

    Example: python -m benchmarks.segmentation training/model-best --train train.spacy
    --test test.spacy --output figures
    """
    numbers = [int(n) for n in threads.split(",")]
    train_docs, golds = read_docs(train), read_docs(test)
    texts = [gold.text for gold in golds]
    parts: List[str] = []
    figures: Dict[str, Any] = {}

    def show(title: str, part: str, **results: Any) -> None:
        parts.append(f"**{title}**\n\n{part}")
        print(parts[-1], flush=True)
        figures.update(results)
        (output / "segmentation.md").write_text("\n".join(parts), encoding="utf-8")
        (output / "segmentation.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")

    # Check the pipeline before the long training of rivals.
    load_ours(pipeline)
    pkuseg = train_pkuseg(train_docs, output, iterations, seed)
    ltp = train_ltp(train_docs, output, iterations, seed)
    lexicon = sorted({doc.text[i:j] for doc in train_docs for i, j in words_of(doc)})
    names = segmenter_names(pipeline)
    segmenters = [load_segmenter(name, pipeline, pkuseg, ltp) for name in names]
    versions = ", ".join(
        f"{name} {version(name)}"
        for name in ("spacy", "torch", "onnxruntime", "spacy-pkuseg", "ltp-extension", "jieba")
    )
    show(
        "Word segmentation",
        f"{len(golds):,} texts, {sum(map(len, texts)):,} characters; {rounds} rounds; {versions}\n",
    )
    learned = [json.loads((model / FIGURES).read_text(encoding="utf-8")) for model in (pkuseg, ltp)]
    keys = ("characters", "iterations", "seconds", "beyond")
    rows = [
        [name, *(f"{values[key]:,.0f}" for key in keys)]
        for name, values in zip((PKUSEG, LTP), learned)
    ]
    header = ["system", "characters", "iterations", "seconds", "additional MiB"]
    show("Training", table(header, rows), training=learned)
    scores = {s.name: score(s, golds, lexicon) for s in segmenters}
    show("Accuracy, %", score_table(scores) + NOTE, accuracy=scores)
    speeds = compare(segmenters, take_texts(texts, chars), numbers, rounds)
    show("Speed from raw text", speed_table(speeds), speed=speeds)
    lengths = by_length(segmenters, texts, chars, numbers[0], rounds)
    on = f"ours with {numbers[0]} thread{'s' * (numbers[0] > 1)}"
    show(f"Characters/s by length, {on}", grid("characters per text", lengths), lengths=lengths)
    long: Dict[int, Any] = {}
    for n_chars in map(int, filter(None, long_chars.split(","))):
        long[n_chars] = {
            name: long_text.measure(name, n_chars, pipeline, pkuseg, ltp, test, numbers[0])
            for name in names
            # Joining words by the dictionary is quadratic in the length of a text.
            if name != PKUSEG_DICTIONARY
        }
        show(f"One text of {n_chars:,} characters, {on}", long_table(long[n_chars]), long=long)


if __name__ == "__main__":
    typer.run(main)
