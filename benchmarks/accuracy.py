"""Our recipes beside their rivals, all trained on the same data: accuracy, speed and size."""

from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import srsly
import typer
from wasabi import msg

from .learners import SYSTEMS
from .recipes import TASKS, Recipe, check_data, parse_recipes, take_quick, write_splits
from .runs import Run, make_result
from .summary import Page


class Planned(NamedTuple):
    """
    recipe (Recipe): What the user named.
    run (Run): A training for it.
    result (Path): The file for what is measured.
    """

    recipe: Recipe
    run: Run
    result: Path


DATA_HELP = (
    "TASK=FOLDER, where the folder has train.spacy, dev.spacy and test.spacy, as made by "
    f"`spacy birnn convert`; tasks: {', '.join(TASKS)}"
)
SYSTEMS_HELP = (
    f"Systems with commas between them: {', '.join(SYSTEMS)}; if not given: all that are installed"
)


def choose_systems(names: Optional[str], recipes: Sequence[Recipe]) -> Dict[Recipe, List[str]]:
    """names (Optional[str]): Names with commas between them; None for all that are installed.
    recipes (Sequence[Recipe]): The recipes.
    RETURNS (Dict[Recipe, List[str]]): Which systems take part in each recipe.
    RAISES (ValueError): If one is unknown or not installed, or none can do a recipe.
    """
    named = (names or ",".join(SYSTEMS)).split(",")
    wanted = list(dict.fromkeys(map(str.strip, named)))
    unknown = [name for name in wanted if name not in SYSTEMS]
    if unknown:
        raise ValueError(f"There is no system '{unknown[0]}': choose of {', '.join(SYSTEMS)}.")
    chosen = {}
    for recipe in recipes:
        able = [name for name in wanted if recipe.task in SYSTEMS[name].tasks]
        if not able:
            raise ValueError(f"None of the systems {', '.join(wanted)} learns '{recipe.task}'.")
        for name in able:
            packages = SYSTEMS[name].lacks(recipe.task)
            if packages:
                problem = (
                    f"The system '{name}' needs packages that are missing for {recipe.name}: "
                    f"python -m pip install {' '.join(packages)}"
                )
                if names is not None:
                    raise ValueError(problem)
                msg.warn(f"It is left out. {problem}")
        chosen[recipe] = [name for name in able if not SYSTEMS[name].lacks(recipe.task)]
    return chosen


def plan_runs(
    chosen: Dict[Recipe, List[str]], seeds: int, threads: int, quick: bool, output: Path
) -> Tuple[List[Planned], Dict[Recipe, str]]:
    """chosen (Dict[Recipe, List[str]]): Which systems take part in each recipe.
    seeds (int): How many seeds; systems without chance have one.
    threads (int): Threads of each process.
    quick (bool): Train as little as shows that everything runs.
    output (Path): Folder of the benchmark.
    RETURNS (Tuple[List[Planned], Dict[Recipe, str]]): The trainings, each with its recipe and the
        file of its result; and the size of the data of each recipe.
    RAISES (ValueError): If data or a config cannot be used.
    """
    splits = {recipe: check_data(recipe) for recipe in chosen}
    planned = []
    sizes = {}
    for number, (recipe, systems) in enumerate(chosen.items()):
        docs, source = splits[recipe], recipe
        if quick:
            docs = take_quick(docs)
            source = recipe._replace(data=write_splits(docs, output / "quick" / str(number)))
        sizes[recipe] = "Documents and words: " + "; ".join(
            f"{split} {len(docs[split]):,}, {sum(map(len, docs[split])):,}" for split in docs
        )
        for system in systems:
            for seed in SYSTEMS[system].seeds(recipe.task, seeds):
                run = Run(source, system, seed, threads, quick)
                planned.append(Planned(recipe, run, output / "results" / f"{run.name()}.json"))
    return planned, sizes


def measure_all(planned: List[Planned], page: Page, output: Path) -> int:
    """Train what was not trained before. The tables are written after each training.

    planned (List[Planned]): The trainings.
    page (Page): What is to be written.
    output (Path): Folder of the benchmark.
    RETURNS (int): How many trainings failed.
    """
    failed = 0
    for number, (recipe, run, result) in enumerate(planned, start=1):
        title = SYSTEMS[run.system].title
        what = f"{number} of {len(planned)}: {recipe.name}, {title}, seed {run.seed}"
        if result.is_file():
            msg.good(f"{what} (was done before)")
        else:
            msg.info(what)
            log = output / "logs" / f"{result.stem}.log"
            if not make_result(run, result, log, output / "models" / result.stem):
                failed += 1
                lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
                msg.warn(f"{what} has failed: {last.strip()} (all of it: {log})")
                continue
        page.add(recipe, run.system, srsly.read_json(result))
        page.write(output)
    return failed


def main(
    recipes: List[str] = typer.Argument(..., help=DATA_HELP),
    output: Path = typer.Option(
        ...,
        "--output",
        "-o",
        file_okay=False,
        help="Folder for accuracy.md, .json, all results and all trained models",
    ),
    systems: Optional[str] = typer.Option(None, "--systems", "-s", help=SYSTEMS_HELP),
    seeds: int = typer.Option(3, "--seeds", "-n", min=1, help="How many seeds, from 0"),
    configs: List[str] = typer.Option(
        [], "--config", "-c", help="TASK=CONFIG: our pipeline, if not that of configs/"
    ),
    threads: int = typer.Option(1, "--threads", "-t", min=1, help="Threads of each process"),
    quick: bool = typer.Option(
        False, "--quick", help="Few documents and epochs, one seed: only whether everything runs"
    ),
) -> None:
    """Train our recipes and their rivals on the same data, and compare them on test.

    Tasks: "tag" and "ner" on the words of the data; "words" from raw text; "text" for words, tags
    and entities from raw text. Each training runs in a process of its own, and its result is
    a file: stopped at any time and started again, it goes on where it was. Other data, settings
    or versions of packages are measured anew.

    Example: python -m benchmarks.accuracy tag=corpus/en_pos/full ner=corpus/en_ner/full
    words=corpus/zh_words/full --output figures
    """
    try:
        chosen = choose_systems(systems, parse_recipes(recipes, configs))
        planned, sizes = plan_runs(chosen, 1 if quick else seeds, threads, quick, output)
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
    page = Page(sizes, threads, quick)
    failed = measure_all(planned, page, output)
    if failed < len(planned):
        print(page.render())
    if failed:
        n = len(planned)
        msg.fail(f"{failed} of {n} trainings failed: the same command tries them again.", exits=1)


if __name__ == "__main__":
    typer.run(main)
