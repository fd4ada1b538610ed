"""The parts of the GPU script that measure: speed, copies and memory."""

import statistics
from typing import Any, Callable, Dict, List, Tuple

import torch
from spacy.util import minibatch
from thinc.api import Config
from torch.profiler import ProfilerActivity, profile, supported_activities

from .gpu_part import CPU, GPU, Outcome, Setup, finish, on_device
from .speed import predict, train
from .stack import compare_stacks
from .systems import CORE_BILSTM, System, make_docs, make_examples, make_ours, make_system
from .timing import Jobs, race, spread, table

PREDICT_BATCH, TRAIN_BATCH = 1000, 64
# Names that the profiler gives to copies.
COPIES = {"to GPU": "HtoD", "to CPU": "DtoH"}


def speed(setup: Setup) -> Outcome:
    """Compare the tagger with itself on the CPU, and with spaCy's CNN and core's BiLSTM."""
    systems = [(setup.device, lambda: make_ours("float32", setup.texts))]
    if setup.device == GPU:
        systems.append((GPU, lambda: make_ours("bfloat16", setup.texts)))
        systems.append((CPU, lambda: make_ours("float32", setup.texts)))
    systems.append((setup.device, lambda: make_system("spaCy CNN", "tagger", {}, setup.texts)))
    core = Config().from_str(CORE_BILSTM)
    name = "core TorchBiLSTM"
    systems.append((setup.device, lambda: make_system(name, "tagger", core, setup.texts)))
    predictions: Jobs = {}
    lessons: Jobs = {}
    for device, make in systems:
        with on_device(device):
            system = make()
        title = f"{system.name}, {device}"
        predictions[title] = _job(device, _predict, system, setup)
        lessons[title] = _job(device, _train, system, setup)
    rows, figures = [], {}
    for what, jobs in (("predict", predictions), ("train", lessons)):
        speeds = race(jobs, setup.rounds)
        first = statistics.median(next(iter(speeds.values())))
        for title, values in speeds.items():
            median = statistics.median(values)
            rows.append([what, title, spread(values, 0), f"{first / median:.2f}"])
            figures[f"{what}, {title}"] = median
    return Outcome(table(["", "system", "words/s", "first / it"], rows), figures)


def _job(
    device: str, run: Callable[[System, Setup], int], system: System, setup: Setup
) -> Callable[[], int]:
    def job() -> int:
        with on_device(device):
            words = run(system, setup)
            finish(device)
        return words

    return job


def _predict(system: System, setup: Setup) -> int:
    return predict(system, make_docs(system.nlp, setup.texts), PREDICT_BATCH)


def _train(system: System, setup: Setup) -> int:
    return train(system, make_examples(system.nlp, setup.texts), TRAIN_BATCH)


def layers(setup: Setup) -> Outcome:
    """Compare the recurrent layers with a bare `torch.nn.LSTM`: cuDNN's on a GPU, the limit."""
    lengths = [len(text) for text in setup.texts]
    rows = []
    for training in (False, True):
        for precision in ("float32", "bfloat16") if setup.device == GPU else ("float32",):
            arguments = (precision, training, setup.rounds, setup.device)
            rows += compare_stacks(max(setup.width, 16), lengths, *arguments)
    header = ["", "precision", "2 layers", "lengths", "words/s", "/ bare nn.LSTM"]
    return Outcome(table(header, rows), {", ".join(row[:4]): row[4:] for row in rows})


def copies(setup: Setup) -> Outcome:
    """Count the copies between the CPU and the GPU in a step of training and in a prediction."""
    activities = {ProfilerActivity.CPU, ProfilerActivity.CUDA} & supported_activities()
    rows, figures = [], {}
    with on_device(setup.device):
        for what, step in _steps(setup):
            step()
            finish(setup.device)
            with profile(activities=activities) as profiler:
                step()
                finish(setup.device)
            names = [event.name for event in profiler.events()]
            counts = {way: sum(mark in n for n in names) for way, mark in COPIES.items()}
            kernels = sum(event.device_type.name == "CUDA" for event in profiler.events())
            figures[what] = {**counts, "activities of the GPU": kernels}
            rows.append([what, *map(str, figures[what].values())])
    return Outcome(table(["", *COPIES, "activities of the GPU"], rows), figures)


def memory(setup: Setup) -> Outcome:
    """Measure the peak memory of the GPU. PyTorch's, and CuPy's pool if it is its own."""
    rows, figures = [], {}
    with on_device(setup.device):
        for what, step in _steps(setup):
            step()
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            step()
            finish(setup.device)
            peak = torch.cuda.max_memory_allocated()
            figures[what] = {"MiB before": before / 2**20, "peak MiB": peak / 2**20}
            rows.append([what, *(f"{value:,.0f}" for value in figures[what].values())])
    return Outcome(table(["", "MiB before", "peak MiB"], rows), figures)


def _steps(setup: Setup) -> List[Tuple[str, Callable[[], Any]]]:
    """A step of training and a prediction, with a batch of the texts."""
    system = make_ours("float32", setup.texts)
    batch = next(minibatch(make_examples(system.nlp, setup.texts), TRAIN_BATCH))
    texts: Dict[str, Any] = {"some": setup.texts[:PREDICT_BATCH]}

    def update() -> None:
        system.nlp.update(batch, sgd=system.optimizer, drop=0.2)

    def annotate() -> None:
        predict(system, make_docs(system.nlp, texts["some"]), PREDICT_BATCH)

    return [(f"train {len(batch)} documents", update), (f"predict {len(texts['some'])}", annotate)]
