"""Memory and time of one task, in a process of its own. `run_alone` reads what is printed."""

import json
import random
import sys
import time
from itertools import islice

import psutil
import typer
from spacy.tokens import Doc
from spacy.training import Example

from benchmarks.memory import PeakMemory

from ..helpers.strange import make_pipeline

SYLLABLES = ["ka", "to", "mi", "ru", "ne", "so", "ha", "li"]
# Documents between two looks at the memory, and of a memory zone.
STEP = 10_000


def megabytes():
    return psutil.Process().memory_info().rss / 2**20


def make_words(draw, n_words):
    """Words of five syllables, of which there are as many as of a language."""
    return ["".join(draw.choices(SYLLABLES, k=5)) for _ in range(n_words)]


def stream(size):
    """Many short documents, each some thousands in a memory zone."""
    draw = random.Random(0)
    nlp = make_pipeline(["birnn_tagger", "birnn_ner"], lang="en")
    n_strings, memory = len(nlp.vocab.strings), []
    start = time.perf_counter()
    texts = (" ".join(make_words(draw, 5)) for _ in range(size))
    while batch := list(islice(texts, STEP)):
        with nlp.memory_zone():
            for _ in nlp.pipe(batch):
                pass
        memory.append(megabytes())
    half = len(memory) // 2
    return {
        "seconds": time.perf_counter() - start,
        "early": max(memory[: 50_000 // STEP]),
        "middle": max(memory[:half]),
        "late": max(memory[half:]),
        "new_strings": len(nlp.vocab.strings) - n_strings,
    }


def watch(work):
    with PeakMemory() as memory:
        start = time.perf_counter()
        work()
        seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "before": memory.start / 2**20,
        "beyond": (memory.peak - memory.start) / 2**20,
    }


def segment(size):
    """One text of Chinese characters, with the memory of the new document."""
    nlp = make_pipeline(["birnn_segmenter"])
    draw = random.Random(0)
    text = "".join(draw.choices("他在北京工作。中国人民", k=size))
    nlp("他在北京")
    # Sentences are carried over as well.
    doc = Doc(
        nlp.vocab,
        words=list(text),
        spaces=[False] * size,
        sent_starts=[char == "。" for char in text],
    )
    return watch(lambda: nlp(doc))


def tag(size):
    """One document of many words."""
    nlp = make_pipeline(["birnn_tagger"], lang="en")
    draw = random.Random(0)
    nlp("Anna met Bob")
    doc = Doc(nlp.vocab, words=make_words(draw, size))
    return watch(lambda: nlp(doc))


def train(size):
    """A step of training on one document of many words."""
    nlp = make_pipeline(["birnn_tagger", "birnn_ner"], lang="en")
    words = make_words(random.Random(0), size)
    gold = Doc(nlp.vocab, words=words, tags=["N"] * size)
    optimizer = nlp.resume_training()
    return watch(lambda: nlp.update([Example(Doc(nlp.vocab, words=words), gold)], sgd=optimizer))


TASKS = {work.__name__: work for work in (stream, segment, tag, train)}


def main(
    task: str = typer.Option(..., "--task"),
    size: int = typer.Option(..., "--size", help="Documents, characters or words"),
) -> None:
    """Print the figures as JSON."""
    json.dump(TASKS[task](size), sys.stdout)


if __name__ == "__main__":
    typer.run(main)
