"""Tables of what several seeds have given."""

import statistics
from pathlib import Path
from typing import Any, Dict, List, Sequence

import srsly

from spacy_birnn.storage.atomic import replacing

from .learners import SYSTEMS
from .recipes import TASKS, Recipe
from .timing import spread, table

QUICK_NOTE = "**A quick check that everything runs: nothing below can be compared.**\n"
NOTE = """\
Scores are those of spaCy's scorer on test: the mean and the sample standard deviation over seeds,
with their number in brackets. Systems without chance have one. Words/s is from words (in the tasks
words and text: from raw text) to documents; with several seeds the median, with the least and the
most. The training includes the evaluation on dev. Parameters of a CRF are its weights that are not
zero, those of an HMM its probabilities. In the task text, rivals get their words from pkuseg, which
is trained once for each seed; the training of each of them includes it.
"""

# Of each system, what was measured with each seed.
Results = Dict[str, List[Dict[str, Any]]]


def mean_and_deviation(values: Sequence[float], digits: int) -> str:
    """values (Sequence[float]): A figure of each seed.
    digits (int): Digits after the point.
    RETURNS (str): The mean, the sample standard deviation if there are several, and how many.
    """
    mean = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        mean += f" ± {statistics.stdev(values):.{digits}f}"
    return f"{mean} ({len(values)})"


def summarize(results: Results, scores: Dict[str, str]) -> str:
    """results (Results): What was measured.
    scores (Dict[str, str]): Names of the scores, and their titles.
    RETURNS (str): A table of the systems.
    """
    rows = []
    for system, seeds in results.items():
        row = [SYSTEMS[system].title]
        for name in scores:
            values = [seed["scores"][name] for seed in seeds]
            known = [100 * value for value in values if value is not None]
            row.append(mean_and_deviation(known, 2) if known else "")
        speeds = [seed["words_per_second"] for seed in seeds]
        row.append(spread(speeds, 0) if len(speeds) > 1 else f"{speeds[0]:,.0f}")
        row.append(f"{seeds[0]['parameters']:,}")
        minutes = statistics.mean(seed["training_seconds"] for seed in seeds) / 60
        row.append(f"{minutes:,.1f}")
        rows.append(row)
    return table(["system", *scores.values(), "words/s", "parameters", "training, min"], rows)


class Page:
    """Tables of all recipes, and the figures that they are made of.

    sizes (Dict[Recipe, str]): The size of the data of each recipe.
    threads (int): Threads of each process.
    quick (bool): Whether systems were trained too little to be compared.
    """

    def __init__(self, sizes: Dict[Recipe, str], threads: int, quick: bool) -> None:
        self.sizes = sizes
        self.results: Dict[Recipe, Results] = {recipe: {} for recipe in sizes}
        self.threads = threads
        self.quick = quick

    def add(self, recipe: Recipe, system: str, result: Dict[str, Any]) -> None:
        """recipe (Recipe): A recipe.
        system (str): One of `SYSTEMS`.
        result (Dict[str, Any]): What was measured with one seed.
        """
        self.results[recipe].setdefault(system, []).append(result)

    def render(self) -> str:
        """RETURNS (str): The tables in Markdown."""
        measured = [
            result for s in self.results.values() for seeds in s.values() for result in seeds
        ]
        versions = {name: v for result in measured for name, v in result["versions"].items()}
        names = ", ".join(f"{name} {number}" for name, number in versions.items())
        parts = [QUICK_NOTE] if self.quick else []
        parts += [NOTE, f"Threads: {self.threads}. Versions: {names}.\n"]
        for recipe, systems in self.results.items():
            if systems:
                part = summarize(systems, TASKS[recipe.task].scores)
                parts.append(f"**{recipe.name}**\n\n{self.sizes[recipe]}\n\n{part}")
        return "\n".join(parts)

    def write(self, output: Path) -> None:
        """output (Path): Folder for accuracy.md and accuracy.json."""
        figures = {recipe.name: systems for recipe, systems in self.results.items()}
        with replacing(output / "accuracy.md") as temporary:
            temporary.write_text(self.render(), encoding="utf-8")
        with replacing(output / "accuracy.json") as temporary:
            srsly.write_json(temporary, figures)
