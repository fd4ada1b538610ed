"""The scores of a pipeline on annotated data, and how they were measured."""

import os
import platform
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from spacy.language import Language
from spacy.training import Example
from spacy.util import get_package_version
from thinc.api import get_current_ops
from thinc.compat import has_torch

from ..corpora.reader import make_corpus
from ..pipeline.segmenter import BiRNNSegmenter
from .scoring import evaluate

PACKAGES = ("spacy-birnn", "spacy", "thinc", "torch", "onnxruntime", "numpy")
# The name of the CPU on Linux, which Python does not know.
CPU_INFO = Path("/proc/cpuinfo")


class Measurement(NamedTuple):
    """The scores of a pipeline.

    scores (Dict[str, Any]): The scores by spaCy's names, without scores of given words.
    speed (float): Words per second.
    examples (List[Example]): The examples with the predictions.
    finds_words (bool): Whether the pipeline finds the words itself.
    """

    scores: Dict[str, Any]
    speed: float
    examples: List[Example]
    finds_words: bool


def measure(nlp: Language, data: Path, *, gold_preproc: bool) -> Measurement:
    """Score a pipeline.

    nlp (Language): The pipeline.
    data (Path): Annotated documents.
    gold_preproc (bool): Use the words of the data.
    RETURNS (Measurement): The scores.
    RAISES (InputError): If the data cannot be read.
    """
    scores, examples = evaluate(nlp, make_corpus(data, gold_preproc=gold_preproc)(nlp))
    speed = scores.pop("speed")
    has_segmenter = any(isinstance(pipe, BiRNNSegmenter) for _, pipe in nlp.pipeline)
    finds_words = has_segmenter or not gold_preproc
    if not finds_words:
        scores = {name: score for name, score in scores.items() if not name.startswith("token_")}
    return Measurement(scores, speed, examples, finds_words)


def describe(nlp: Language, data: Path, measured: Measurement) -> Dict[str, str]:
    """Describe a measurement: the data, the device and the versions.

    nlp (Language): The pipeline.
    data (Path): The file or folder of the data.
    measured (Measurement): The measurement.
    RETURNS (Dict[str, str]): The facts by name.
    """
    config = nlp.config.interpolate()
    n_words = sum(len(example.reference) for example in measured.examples)
    installed = {name: get_package_version(name) for name in PACKAGES}
    versions = [f"{name} {version}" for name, version in installed.items() if version]
    return {
        "trained on": str(config["paths"].get("train") or "not known"),
        "chosen on": str(config["paths"].get("dev") or "not known"),
        "scored on": f"{data}: {len(measured.examples):,} documents, {n_words:,} words",
        "words": "found by the pipeline" if measured.finds_words else "given by the data",
        "device": _device(),
        "seed": str(config["training"]["seed"]),
        "versions": ", ".join([f"python {platform.python_version()}", *versions]),
    }


def _device() -> str:
    if get_current_ops().device_type == "gpu":
        import torch

        return f"GPU {torch.cuda.get_device_name()}"
    name = platform.processor() or platform.machine()
    if CPU_INFO.is_file():
        for line in CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    device = f"CPU {name}, {os.cpu_count()} cores"
    if not has_torch:
        return device
    # Imported here: PyTorch is an extra.
    import torch

    kernels, threads = torch.backends.cpu.get_cpu_capability(), torch.get_num_threads()
    return f"{device}, {kernels} kernels, torch threads: {threads}"
