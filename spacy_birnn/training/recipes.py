"""Configs for other pipelines and languages, composed of parts of the recipes in `configs/`.

All settings are in the recipes; this module only chooses among their parts.
"""

from pathlib import Path
from typing import Any, Dict, List, Sequence

from spacy.util import combine_score_weights, load_config, load_model_from_config
from thinc.api import Config

from .languages import find_language

# The recipes are in the installed package, or beside it in a checkout of the repository.
_PACKAGE = Path(__file__).parents[1]
FOLDERS = (_PACKAGE / "configs", _PACKAGE.parent / "configs")
# The tasks in the order of a pipeline, with their components.
TASKS = {
    "segmenter": "birnn_segmenter",
    "tagger": "birnn_tagger",
    "morphologizer": "birnn_morphologizer",
    "ner": "birnn_ner",
}
# The recipes for one task alone.
RECIPES = {
    "segmenter": "zh_words",
    "tagger": "en_pos",
    "morphologizer": "en_ud",
    "ner": "en_ner",
}
# The component that all others but the segmenter share.
SHARED = "tok2vec"


def load_recipe(name: str) -> Config:
    """Load a recipe.

    name (str): Name of the recipe.
    RETURNS (Config): The recipe, with its references.
    """
    folder = next(folder for folder in FOLDERS if folder.is_dir())
    return load_config(folder / f"{name}.cfg")


def find_recipe(tasks: Sequence[str]) -> str:
    """Find the recipe whose training settings fit some tasks.

    tasks (Sequence[str]): The tasks, as `parse_tasks` returns them.
    RETURNS (str): Name of the recipe for the task; for several tasks `zh` if they include word
        segmentation, and `en_ud` otherwise.
    """
    if len(tasks) == 1:
        return RECIPES[tasks[0]]
    return "zh" if "segmenter" in tasks else "en_ud"


def parse_tasks(names: Sequence[str]) -> List[str]:
    """Parse the tasks of a pipeline.

    names (Sequence[str]): Tasks or components, in any order. "tok2vec" is ignored, as in
        `spacy init config`, because it is added where it is needed.
    RETURNS (List[str]): The distinct tasks, in the order of a pipeline.
    RAISES (ValueError): If one is unknown, or if there is none.
    """
    tasks = {component: task for task, component in TASKS.items()}
    chosen = {tasks.get(name, name) for name in names} - {SHARED, ""}
    unknown = sorted(chosen - {*TASKS})
    if unknown or not chosen:
        problem = f"cannot have '{unknown[0]}'" if unknown else "has no components"
        raise ValueError(
            f"The pipeline {problem}: choose from {', '.join(TASKS)}, separated by commas."
        )
    return [task for task in TASKS if task in chosen]


def make_config(lang: str, tasks: Sequence[str], *, efficient: bool, gpu: bool) -> Config:
    """Make a complete config for training.

    [training] and [corpora] come from the recipe that `find_recipe` names. The network that reads
    words comes from `zh` for a script without letters; for other scripts from the recipe for the
    task, or from `en_ud` for several tasks.

    lang (str): Code of the language.
    tasks (Sequence[str]): The tasks, as `parse_tasks` returns them.
    efficient (bool): Halve the widths of the encoders, and use no CRF; otherwise the models of the
        recipes are unchanged.
    gpu (bool): Let CuPy and PyTorch share the memory of a GPU.
    RETURNS (Config): The config, with its references.
    RAISES (ValueError): If spaCy does not have the language.
    RAISES (ImportError): If a dependency of its tokenizer is missing.
    """
    defaults = find_language(lang).Defaults
    joint, english = load_recipe("zh"), load_recipe("en_ud")
    config = load_recipe(find_recipe(tasks))
    if len(tasks) == 1:
        weights = config["training"]["score_weights"]
    else:
        weights = joint["training"]["score_weights"]
        if "morphologizer" in tasks:
            weights = _join_weights(weights, english["training"]["score_weights"])
    names, readers = [TASKS[task] for task in tasks], [t for t in tasks if t != "segmenter"]
    source = {**joint["components"], **english["components"], **config["components"]}
    if not defaults.writing_system.get("has_letters", True):
        words = joint["components"][SHARED]["model"]
    elif SHARED not in config["components"]:
        words = source[names[0]]["model"]["tok2vec"]
    else:
        words = english["components"][SHARED]["model"]
    if len(readers) > 1:
        names.insert(names.index(TASKS[readers[0]]), SHARED)
        source[SHARED]["model"] = words
        words = joint["components"]["birnn_tagger"]["model"]["tok2vec"]
    elif readers:
        config["pretraining"].update(component=TASKS[readers[0]], layer="tok2vec")
    for task in readers:
        source[TASKS[task]]["model"]["tok2vec"] = words
    config["components"] = {name: source[name] for name in names}
    if efficient:
        _make_efficient(config["components"])

    config["nlp"].update(lang=lang, pipeline=names)
    # Filled with the defaults of the language.
    del config["initialize"]["tokenizer"]
    if "segmenter" not in tasks:
        del config["nlp"]["tokenizer"]
    config["system"]["gpu_allocator"] = "pytorch" if gpu else None
    config["training"]["score_weights"] = {}
    filled = load_model_from_config(config, auto_fill=True).config
    scores = filled["training"]["score_weights"]
    rounded = combine_score_weights([{name: weights[name] for name in scores}])
    # As spaCy does again when it loads the config, because rounded weights may not sum to 1.
    filled["training"]["score_weights"] = combine_score_weights([rounded])
    return filled


def splits_characters(config: Dict[str, Any]) -> bool:
    """Tell whether the tokenizer of a pipeline splits texts into single characters.

    config (Dict[str, Any]): The config of the pipeline.
    RETURNS (bool): True for spaCy's Chinese tokenizer with its default segmenter.
    """
    return config.get("nlp", {}).get("tokenizer", {}).get("segmenter") == "char"


def _join_weights(weights: Dict[str, Any], others: Dict[str, Any]) -> Dict[str, Any]:
    """Add the weights of other scores, in proportion to the weight of the tags."""
    scale = weights["tag_acc"] / others["tag_acc"]
    return {**weights, **{name: weight and weight * scale for name, weight in others.items()}}


def _make_efficient(block: Dict[str, Any]) -> None:
    for key, value in block.items():
        if key == "head":
            value["@architectures"] = "spacy_birnn.Softmax.v1"
        elif key == "encode":
            value["width"] //= 2
        elif isinstance(value, dict):
            _make_efficient(value)
