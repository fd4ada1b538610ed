"""Compare a pipeline in PyTorch with its compiled form: size, start, memory, speed and tags."""

import json
import statistics
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import psutil
import spacy
import typer
from packaging.requirements import Requirement
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from .texts import read_docs
from .timing import Jobs, race, ratios, spread, table

PLUGIN = "spacy-birnn"
# As if these packages were not installed.
MISSING = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
"""
START = """
import json, psutil, spacy
doc = spacy.load({path!r})({text!r})
print(json.dumps(psutil.Process().memory_info().rss / 2**20))
"""


def find_packages(name: str, extra: str = "") -> Iterator[str]:
    """Find the installed packages that a package needs, and itself."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    yield found.name.lower().replace("_", "-")
    for line in found.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement.name.lower().replace("_", "-")


def installed_size(extra: str) -> float:
    """Sum the sizes of all files that an extra of the plugin installs, in MiB."""
    done: Set[str] = {PLUGIN}
    waiting = list(find_packages(PLUGIN, extra))
    while waiting:
        name = waiting.pop()
        if name not in done:
            done.add(name)
            waiting += find_packages(name)
    size = 0
    for name in done - {PLUGIN}:
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue
        places = (Path(str(file.locate())) for file in files)
        size += sum(place.stat().st_size for place in places if place.is_file())
    return size / 2**20


def measure_start(path: Path, text: str, missing: Tuple[str, ...]) -> Tuple[float, float]:
    """Measure the seconds from the shell to the first tagged text, and then the memory in MiB."""
    hook = MISSING.format(names=set(missing)) if missing else ""
    code = hook + START.format(path=str(path), text=text)
    start = time.perf_counter()
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start, float(json.loads(result.stdout))


def float32_overrides(path: Path) -> Dict[str, Any]:
    """Find the settings by which the encoders of a pipeline compute in float32."""

    def walk(block: Any, name: str) -> Iterator[str]:
        if isinstance(block, dict):
            if str(block.get("@architectures", "")).startswith("spacy_birnn.BiRNNEncoder"):
                yield f"{name}.precision"
            for key, value in block.items():
                yield from walk(value, f"{name}.{key}")

    components = Config().from_disk(path / "config.cfg", interpolate=False)["components"]
    return dict.fromkeys(walk(components, "components"), "float32")


def make_docs(nlp: Language, docs: List[Doc], raw: bool) -> List[Doc]:
    """Make documents without annotation, of raw text or of the words of others."""
    if raw:
        return [nlp.make_doc(doc.text) for doc in docs]
    words = [([t.text for t in doc], [bool(t.whitespace_) for t in doc]) for doc in docs]
    return [Doc(nlp.vocab, words=of_doc, spaces=spaces) for of_doc, spaces in words]


def facts(doc: Doc) -> Set[Tuple[Any, ...]]:
    """Describe all tokens of a document."""
    return {(t.idx, t.text, t.tag_, t.pos_, str(t.morph), t.ent_iob_, t.ent_type_) for t in doc}


def main(
    trained: Path = typer.Argument(..., help="Folder of the trained pipeline"),
    compiled: Path = typer.Argument(..., help="Folder of the same pipeline, compiled"),
    data: Path = typer.Option(..., "--data", "-d", help="Test data (.spacy)"),
    raw: bool = typer.Option(False, "--raw", help="Read raw text instead of gold words"),
    starts: int = typer.Option(5, "--starts", help="Starts of each, in turns"),
    rounds: int = typer.Option(5, "--rounds", "-r", help="Rounds of the comparison of speed"),
) -> None:
    """Print the comparison as a table. Both compute on as many threads as OMP_NUM_THREADS."""
    pipelines = {
        "PyTorch": spacy.load(trained, config=float32_overrides(trained)),
        "compiled": spacy.load(compiled),
    }
    docs = read_docs(data)
    text = docs[0].text
    absent = {"PyTorch": (), "compiled": ("torch", "onnx")}
    paths = {"PyTorch": trained, "compiled": compiled}
    seconds: Dict[str, List[float]] = {name: [] for name in paths}
    memory: Dict[str, List[float]] = {name: [] for name in paths}
    for _ in range(starts):
        for name, path in paths.items():
            took, used = measure_start(path, text, absent[name])
            seconds[name].append(took)
            memory[name].append(used)
    annotated = {name: list(nlp.pipe(make_docs(nlp, docs, raw))) for name, nlp in pipelines.items()}
    pairs = zip(annotated["PyTorch"], annotated["compiled"])
    changed = sum(len(facts(one) - facts(other)) for one, other in pairs)
    alone = (pipelines["compiled"](doc) for doc in make_docs(pipelines["compiled"], docs, raw))
    in_batches = sum(
        len(facts(one) - facts(other)) for one, other in zip(alone, annotated["compiled"])
    )
    n_tokens = sum(map(len, annotated["PyTorch"]))

    def job(nlp: Language) -> int:
        return sum(len(doc) for doc in nlp.pipe(make_docs(nlp, docs, raw)))

    jobs: Jobs = {name: lambda nlp=nlp: job(nlp) for name, nlp in pipelines.items()}  # type: ignore[misc]
    speeds = race(jobs, rounds)
    sizes = {"PyTorch": installed_size("torch"), "compiled": installed_size("onnx")}
    rows = []
    for title, values, digits in (
        ("installed packages, MiB", {name: [size] for name, size in sizes.items()}, 0),
        ("shell to first tagged text, s", seconds, 1),
        ("resident memory, MiB", memory, 0),
    ):
        median = {name: statistics.median(found) for name, found in values.items()}
        cells = [spread(found, digits) for found in values.values()]
        rows.append([title, *cells, f"{median['compiled'] / median['PyTorch']:.2f}"])
    of_speed = [spread(values, 0) for values in speeds.values()]
    rows.append(["words/s", *of_speed, spread(ratios(speeds, "compiled", "PyTorch"), 2)])
    print(f"{psutil.cpu_count()} cores, {data.name}\n")
    print(table(["", *pipelines, "compiled / PyTorch"], rows))
    print(f"Tokens that differ from those of PyTorch: {changed:,} of {n_tokens:,}")
    print(f"Tokens that differ alone and in batches: {in_batches:,} of {n_tokens:,}")


if __name__ == "__main__":
    typer.run(main)
