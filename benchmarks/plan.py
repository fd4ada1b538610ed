"""What tagging costs for a million words, and so on many machines, as a page."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Dict, List, NamedTuple, Tuple

import psutil
import spacy
import srsly
import typer
from wasabi import msg

from .texts import read_docs
from .timing import table

MILLION = 10**6
# Seconds between two looks at the processes.
INTERVAL = 0.05
CORES = (2, 32, 320)
# Documents of a shard: few, so that all processes have several to tag, of few texts, too.
SHARD_SIZE = 500


class Cost(NamedTuple):
    """
    words (int): Words that were found in the texts.
    seconds (float): From start to end.
    core_seconds (float): Time of the cores, of all processes.
    memory (int): Most bytes of all processes at once.
    output (int): Bytes that were written.
    """

    words: int
    seconds: float
    core_seconds: float
    memory: int
    output: int


def watch(command: List[str]) -> Tuple[float, float, int]:
    """command (List[str]): A command.
    RETURNS (Tuple[float, float, int]): Its seconds, core-seconds and most bytes, with all processes
        that it starts.
    RAISES (CalledProcessError): If it fails.
    """
    start = time.perf_counter()
    # Standard output is for the page.
    process = psutil.Popen(command, stdout=sys.stderr)
    times: Dict[int, float] = {}
    memory = 0
    while process.poll() is None:
        held = 0
        # Processes may end while they are looked at.
        with suppress(psutil.Error):
            for one in [process, *process.children(recursive=True)]:
                of_one = one.cpu_times()
                times[one.pid] = of_one.user + of_one.system
                held += one.memory_info().rss
        memory = max(memory, held)
        time.sleep(INTERVAL)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds, sum(times.values()), memory


def tag(pipeline: Path, texts: List[str], n_process: int, folder: Path) -> Cost:
    """pipeline (Path): Folder of a trained pipeline.
    texts (List[str]): Raw texts.
    n_process (int): Processes.
    folder (Path): Where the files are.
    RETURNS (Cost): What `spacy birnn tag` takes for them.
    """
    source, output = folder / "texts.jsonl", folder / "tagged.jsonl"
    srsly.write_jsonl(source, ({"text": text} for text in texts))
    command = [sys.executable, "-m", "spacy", "birnn", "tag", str(pipeline), str(source)]
    command += ["-o", str(output), "--overwrite", "--n-process", str(n_process)]
    command += ["--shard-size", str(SHARD_SIZE)]
    seconds, core_seconds, memory = watch(command)
    words = sum(len(record["tokens"]) for record in srsly.read_jsonl(output))
    return Cost(words, seconds, core_seconds, memory, output.stat().st_size)


def render(name: str, few: Cost, many: Cost, n_process: int, goal: int) -> str:
    """name (str): What was measured.
    few (Cost): Of some texts.
    many (Cost): Of more texts; the difference leaves out what does not grow with them.
    n_process (int): Processes of both.
    goal (int): Words that the plan is for.
    RETURNS (str): Markdown.
    """
    words = (many.words - few.words) / MILLION
    per_million = (many.core_seconds - few.core_seconds) / words
    written = (many.output - few.output) / words / 2**30
    millions = goal / MILLION
    core_hours = millions * per_million / 3600
    rows = [[f"{cores:,}", f"{core_hours / cores:,.1f}"] for cores in CORES]
    return f"""## {name}

Measured with `--n-process {n_process}`: {few.words:,} words in {few.seconds:.1f} s and \
{few.core_seconds:.1f} core-seconds, {many.words:,} words in {many.seconds:.1f} s and \
{many.core_seconds:.1f} core-seconds. The difference:

- ({many.core_seconds:.1f} - {few.core_seconds:.1f}) core-seconds / {words:.3f} million words = \
**{per_million:.1f} core-seconds for a million words**
- {many.memory / 2**30:.2f} GiB of memory at most, of all processes together
- {written:.3f} GiB of JSON lines for a million words

{goal:,} words: {millions:,.0f} million x {per_million:.1f} core-seconds / 3,600 = \
**{core_hours:,.1f} core-hours**, and {millions * written:,.0f} GiB of output.

{table(["cores", "hours, a process a core"], rows)}"""


def main(
    pipelines: List[str] = typer.Argument(
        ...,
        help="PIPELINE=CORPUS: folder of a trained pipeline, and a .spacy file of texts for it, "
        "which are tagged all, and before that a quarter of them",
    ),
    n_process: int = typer.Option(2, "--n-process", "-n", min=1, help="Processes, one core each"),
    goal: int = typer.Option(10**10, "--words", min=1, help="Words that the plan is for"),
) -> None:
    """Print the cost of tagging files, and of tagging many more, as Markdown.

    Example: python -m benchmarks.plan training/zh/full/model-best=corpus/zh/full/train.spacy
    """
    pages = []
    for pair in pipelines:
        pipeline, _, corpus = pair.partition("=")
        try:
            meta = spacy.util.load_meta(Path(pipeline) / "meta.json")
            texts = [doc.text for doc in read_docs(Path(corpus))]
        except (OSError, ValueError) as err:
            msg.fail(f"'{pair}' is not PIPELINE=CORPUS: {err}", exits=1)
        with TemporaryDirectory() as folder:
            few, many = (
                tag(Path(pipeline), some, n_process, Path(folder))
                # No text twice: its words would be in caches.
                for some in (texts[: len(texts) // 4], texts)
            )
        name = f"{meta['lang']}: {', '.join(meta['pipeline'])}"
        pages.append(render(name, few, many, n_process, goal))
    print("\n".join(pages))


if __name__ == "__main__":
    typer.run(main)
