"""Compare the recipes with other systems trained on the same data: accuracy, speed and size."""

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
    """Pair what the user named with a training for it and the file of its result."""

    recipe: Recipe
    run: Run
    result: Path


DATA_HELP = (
    "TASK=FOLDER, where the folder has train.spacy, dev.spacy and test.spacy, as made by "
    f"`spacy birnn convert`; tasks: {', '.join(TASKS)}"
)
SYSTEMS_HELP = (
    f"Systems, separated by commas: {', '.join(SYSTEMS)}; default: all that are installed"
)


def choose_systems(names: Optional[str], recipes: Sequence[Recipe]) -> Dict[Recipe, List[str]]:
    """Choose the systems for each recipe; without `names`, all that are installed.

    RAISES (ValueError): If a system is unknown or not installed, or if none fits a recipe.
    """
    named = (names or ",".join(SYSTEMS)).split(",")
    wanted = list(dict.fromkeys(map(str.strip, named)))
    unknown = [name for name in wanted if name not in SYSTEMS]
    if unknown:
        raise ValueError(f"There is no system '{unknown[0]}': choose from {', '.join(SYSTEMS)}.")
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
                msg.warn(f"Skipped. {problem}")
        chosen[recipe] = [name for name in able if not SYSTEMS[name].lacks(recipe.task)]
    return chosen


def plan_runs(
    chosen: Dict[Recipe, List[str]], seeds: int, threads: int, quick: bool, output: Path
) -> Tuple[List[Planned], Dict[Recipe, str]]:
    """Plan the trainings, and describe the size of each recipe's data.

    Systems that do not depend on the seed are trained once.
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
    """Run each training that has no result yet, and count the failures.

    The tables are written after each training.
    """
    failed = 0
    for number, (recipe, run, result) in enumerate(planned, start=1):
        title = SYSTEMS[run.system].title
        what = f"{number} of {len(planned)}: {recipe.name}, {title}, seed {run.seed}"
        if result.is_file():
            msg.good(f"{what} (already done)")
        else:
            msg.info(what)
            log = output / "logs" / f"{result.stem}.log"
            if not make_result(run, result, log, output / "models" / result.stem):
                failed += 1
                lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), "no output")
                msg.warn(f"{what} failed: {last.strip()} (full log: {log})")
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
    seeds: int = typer.Option(3, "--seeds", "-n", min=1, help="Number of seeds, from 0"),
    configs: List[str] = typer.Option(
        [], "--config", "-c", help="TASK=CONFIG: a config other than the recipe in configs/"
    ),
    threads: int = typer.Option(1, "--threads", "-t", min=1, help="Threads of each process"),
    quick: bool = typer.Option(
        False,
        "--quick",
        help="Use few documents, few epochs and one seed, to check that everything runs",
    ),
) -> None:
    """Train the recipes and other systems on the same data, and compare them on test.

    Tasks: "tag" and "ner" on the words of the data; "words" from raw text; "text" for words, tags
    and entities from raw text. Each training runs in a process of its own and writes its result to
    a file, so the same command resumes an interrupted run. A change of the data, the settings
    or the versions of packages starts a new training.

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
        msg.fail(f"{failed} of {n} trainings failed: run the same command to retry them.", exits=1)


if __name__ == "__main__":
    typer.run(main)
