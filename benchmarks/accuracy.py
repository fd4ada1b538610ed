"""Our recipes beside their rivals, all trained on the same data: accuracy, speed and size."""

from importlib.metadata import version
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import srsly
import typer
from wasabi import msg

from spacy_birnn.corpora.write import SPLITS, replacing

from .learners import BASE_PACKAGES, SYSTEMS
from .recipes import TASKS, Recipe, check_data, parse_recipes, write_quick
from .runs import Run, find_result, make_result
from .summary import Results, summarize

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
    wanted = list(SYSTEMS) if names is None else list(dict.fromkeys(names.split(",")))
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


def describe(recipes: Sequence[Recipe], threads: int, quick: bool) -> str:
    """recipes (Sequence[Recipe]): The recipes.
    threads (int): Threads of each process.
    quick (bool): Whether systems are trained too little to be compared.
    RETURNS (str): What was measured, and how.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in BASE_PACKAGES)
    text = (
        "Scores are those of spaCy's scorer on test: the mean, and the sample standard deviation "
        "over seeds, with their number. Systems without chance have one. Words/s is from words "
        "(with the tasks words and text: raw text) to documents; with several seeds the median, "
        "with the least and the most. Training includes the evaluation on dev. Of a CRF the "
        "parameters are the weights that are not zero, of an HMM the probabilities. For the task "
        f"text, rivals get their words from pkuseg.\n\nThreads: {threads}; {versions}.\n"
    )
    if quick:
        text = f"**A quick check that everything runs: nothing below can be compared.**\n\n{text}"
    return text


def write_figures(
    results: Dict[Recipe, Results], counts: Dict[Recipe, str], about: str, output: Path
) -> str:
    """results (Dict[Recipe, Results]): What was measured so far.
    counts (Dict[Recipe, str]): The size of the data.
    about (str): What was measured, and how.
    output (Path): Folder for accuracy.md and accuracy.json.
    RETURNS (str): The tables.
    """
    parts = [about]
    for recipe, systems in results.items():
        if systems:
            part = summarize(systems, TASKS[recipe.task].scores)
            parts.append(f"**{recipe.name}**\n\n{counts[recipe]}\n\n{part}")
    text = "\n".join(parts)
    figures = {recipe.name: systems for recipe, systems in results.items()}
    with replacing(output / "accuracy.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    with replacing(output / "accuracy.json") as temporary:
        srsly.write_json(temporary, figures)
    return text


def main(
    recipes: List[str] = typer.Argument(
        ...,
        help=DATA_HELP,
    ),
    output: Path = typer.Option(
        ..., "--output", "-o", file_okay=False, help="Folder for accuracy.md, .json and all results"
    ),
    systems: Optional[str] = typer.Option(
        None,
        "--systems",
        "-s",
        help=SYSTEMS_HELP,
    ),
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
        parsed = parse_recipes(recipes, configs)
        chosen = choose_systems(systems, parsed)
        splits = {recipe: check_data(recipe) for recipe in parsed}
    except (ValueError, OSError) as err:
        msg.fail(str(err), exits=1)
    runs = []
    counts: Dict[Recipe, str] = {}
    for number, recipe in enumerate(parsed):
        data = splits[recipe]
        if quick:
            folder = write_quick(data, output / "quick" / str(number))
            data = check_data(recipe._replace(data=folder))
        counts[recipe] = "Documents and words: " + "; ".join(
            f"{split} {len(data[split]):,}, {sum(map(len, data[split])):,}" for split in SPLITS
        )
        for name in chosen[recipe]:
            for seed in range(1 if quick or not SYSTEMS[name].is_random else seeds):
                source = recipe._replace(data=folder) if quick else recipe
                runs.append((recipe, Run(source, name, seed, threads, quick)))
    results: Dict[Recipe, Results] = {recipe: {} for recipe in parsed}
    about = describe(parsed, threads, quick)
    failed = 0
    text = about
    for number, (recipe, run) in enumerate(runs, start=1):
        what = f"{recipe.name}: {SYSTEMS[run.system].title}, seed {run.seed}"
        result = find_result(run, output)
        if result is None:
            msg.info(f"{number} of {len(runs)}: {what}")
            log = make_result(run, output)
            result = find_result(run, output)
            if result is None:
                failed += 1
                msg.warn(f"{what} has failed: see the end of {log}.")
                continue
        else:
            msg.good(f"{number} of {len(runs)}: {what} was done before")
        results[recipe].setdefault(run.system, []).append(result)
        text = write_figures(results, counts, about, output)
    print(text)
    if failed:
        msg.fail(
            f"{failed} of {len(runs)} trainings failed; the same command tries them again.", exits=1
        )


if __name__ == "__main__":
    typer.run(main)
