"""One training of one system: its name, its result on disk, and the process that makes it."""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import srsly
import torch
import typer
from spacy.tokens import Doc
from spacy.util import fix_random_seed

from spacy_birnn.corpora.write import SPLITS
from spacy_birnn.pipeline.scorers import words_of
from spacy_birnn.storage.atomic import replacing

from .learners import SYSTEMS
from .learning import Job, words_given
from .recipes import TASKS, WHAT_LACKS, Recipe, score, split_file
from .texts import read_docs
from .timing import race

# Increase it when the measurement changes, so that old results are not used.
FORMAT = 1
# Rounds of the speed; the median counts.
ROUNDS = 3
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
)


class Run(NamedTuple):
    """Describe a training of a system."""

    recipe: Recipe
    system: str
    seed: int
    threads: int
    quick: bool

    def job(self, folder: Path) -> Job:
        """Describe the input of the system."""
        _, task, data, config = self.recipe
        return Job(task, data, config, self.seed, self.quick, folder)

    def name(self) -> str:
        """Make a file name that changes with the data, the config and the versions."""
        system, data = SYSTEMS[self.system], self.recipe.data
        parts = {
            "format": FORMAT,
            "data": {split: _digest(split_file(data, split).read_bytes()) for split in SPLITS},
            "settings": system.settings(self.job(Path())),
            "versions": system.versions(self.recipe.task),
            "python": sys.version_info[:2],
            "threads": self.threads,
        }
        digest = _digest(json.dumps(parts, sort_keys=True).encode())
        return f"{self.recipe.task}-{self.system}-{self.seed}-{digest[:16]}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_result(run: Run, result: Path, log: Path, models: Path) -> bool:
    """Train and measure a system in a process of its own; return whether it succeeded.

    The result is a JSON file that is written as a whole or not at all.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    _, task, data, config = run.recipe
    command = [sys.executable, "-m", "benchmarks.runs", task, run.system, str(data), str(result)]
    command += ["--config", str(config), "--seed", str(run.seed), "--threads", str(run.threads)]
    command += ["--models", str(models), *(["--quick"] if run.quick else [])]
    # Some libraries read their number of threads only when they are loaded.
    threads = {name: str(run.threads) for name in THREAD_VARIABLES}
    environment = {**os.environ, **threads, "PYTHONHASHSEED": str(run.seed), "PYTHONUTF8": "1"}
    with log.open("w", encoding="utf-8") as file_:
        ended = subprocess.run(command, stdout=file_, stderr=file_, env=environment)
        # A process that was killed, for example because memory ran out, prints nothing.
        if ended.returncode not in (0, 1):
            file_.write(f"The process ended with code {ended.returncode}.\n")
    return result.is_file()


def measure(run: Run, folder: Path) -> Dict[str, Any]:
    """Train a system, and measure its scores on test, its speed and its size.

    The speed is that from raw text or words to documents with all annotations.
    """
    task, data = TASKS[run.recipe.task], run.recipe.data
    system = SYSTEMS[run.system]
    golds = read_docs(split_file(data, "test"))
    given = [gold.text if task.finds_words else words_given(gold) for gold in golds]
    train = read_docs(split_file(data, "train"))
    lexicon = {doc.text[i:j] for doc in train for i, j in words_of(doc)}
    # An interrupted training leaves files.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = time.perf_counter()
    model = system.learn(run.job(folder))
    seconds = time.perf_counter() - start
    docs = list(model.annotate(given))

    def annotate() -> int:
        for _ in model.annotate(given):
            pass
        return sum(map(len, golds))

    _check_annotations(docs, run)
    speeds = race({"": annotate}, ROUNDS, warm_up=0)[""]
    return {
        "scores": score(task, docs, golds, sorted(lexicon)),
        "words_per_second": statistics.median(speeds),
        "parameters": model.parameters,
        "training_seconds": seconds + model.spared_seconds,
        "versions": system.versions(run.recipe.task),
    }


def _check_annotations(docs: List[Doc], run: Run) -> None:
    for attr in TASKS[run.recipe.task].annotations:
        if not any(doc.has_annotation(attr) for doc in docs):
            raise ValueError(
                f"The pipeline predicts no {WHAT_LACKS[attr]}: train the task "
                f"'{run.recipe.task}' with another config than {run.recipe.config}."
            )


def main(
    task: str = typer.Argument(..., help="One of `TASKS`"),
    system: str = typer.Argument(..., help="One of `SYSTEMS`"),
    data: Path = typer.Argument(..., help="Folder of the data"),
    result: Path = typer.Argument(..., help="JSON file to write"),
    config: Path = typer.Option(..., "--config", help="Config of our pipeline"),
    models: Path = typer.Option(..., "--models", help="Folder for what the training writes"),
    seed: int = typer.Option(0, "--seed"),
    threads: int = typer.Option(1, "--threads"),
    quick: bool = typer.Option(False, "--quick"),
) -> None:
    """Train and measure one system, and write what was measured."""
    torch.set_num_threads(threads)
    fix_random_seed(seed)
    run = Run(Recipe("", task, data, config), system, seed, threads, quick)
    figures = {
        "task": task,
        "system": system,
        "seed": seed,
        "threads": threads,
        **measure(run, models),
    }
    with replacing(result) as temporary:
        srsly.write_json(temporary, figures)


if __name__ == "__main__":
    # Plain tracebacks, because the last line of the log is shown.
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
