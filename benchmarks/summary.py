"""Tables of results over several seeds."""

import statistics
from pathlib import Path
from typing import Any, Dict, List, Sequence

import srsly

from spacy_birnn.storage.atomic import replacing

from .learners import SYSTEMS
from .recipes import TASKS, Recipe
from .timing import spread, table

QUICK_NOTE = "**A quick check that everything runs: do not compare these figures.**\n"
NOTE = """\
Scores are from spaCy's scorer on test: the mean and the sample standard deviation over seeds, with
the number of seeds in brackets; deterministic systems have one. Words/s is from words (in the tasks
words and text: from raw text) to documents; with several seeds the median, the minimum and the
maximum. The training time includes the evaluation on dev. The parameters of a CRF are its nonzero
weights, those of an HMM its probabilities. In the task text, the other systems get their words from
pkuseg, which is trained once per seed and included in the training time of each.
"""

# For each system the results of its seeds.
Results = Dict[str, List[Dict[str, Any]]]


def mean_and_deviation(values: Sequence[float], digits: int) -> str:
    """Format the mean, the sample standard deviation and the number of values."""
    mean = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        mean += f" ± {statistics.stdev(values):.{digits}f}"
    return f"{mean} ({len(values)})"


def summarize(results: Results, scores: Dict[str, str]) -> str:
    """Make a table of the systems."""
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
    """Collect the results of all recipes as tables and as JSON.

    quick (bool): Whether systems are trained too briefly to be compared.
    """

    def __init__(self, sizes: Dict[Recipe, str], threads: int, quick: bool) -> None:
        self.sizes = sizes
        self.results: Dict[Recipe, Results] = {recipe: {} for recipe in sizes}
        self.threads = threads
        self.quick = quick

    def add(self, recipe: Recipe, system: str, result: Dict[str, Any]) -> None:
        """Add the result of one seed."""
        self.results[recipe].setdefault(system, []).append(result)

    def render(self) -> str:
        """Make the tables in Markdown."""
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
        """Write accuracy.md and accuracy.json."""
        figures = {recipe.name: systems for recipe, systems in self.results.items()}
        with replacing(output / "accuracy.md") as temporary:
            temporary.write_text(self.render(), encoding="utf-8")
        with replacing(output / "accuracy.json") as temporary:
            srsly.write_json(temporary, figures)
