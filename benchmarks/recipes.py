"""The tasks of the accuracy benchmark, and the data that a user names."""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import spacy
from spacy.pipeline.ner import ner_score
from spacy.pipeline.tagger import tagger_score
from spacy.tokens import Doc
from spacy.training import Example

from spacy_birnn.corpora.reader import make_corpus
from spacy_birnn.corpora.write import SPLITS, take_evenly, write_docs
from spacy_birnn.errors import InputError
from spacy_birnn.pipeline.scorers import score_words

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
# Documents with --quick. pkuseg needs ten.
QUICK_DOCS = {"train": 200, "dev": 50, "test": 50}
WHAT_LACKS = {"TAG": "tags", "ENT_IOB": "entities"}


class Task(NamedTuple):
    """Describe a task: the recipe, the input, the annotations and the scores.

    finds_words (bool): Whether systems read raw text instead of the words of the data.
    scores (Dict[str, str]): spaCy's names of the scores, and their titles.
    """

    config: str
    finds_words: bool
    annotations: Tuple[str, ...]
    scores: Dict[str, str]


WORDS = {"token_f": "words F1, %", "oov_recall": "OOV recall, %"}
TAGS, ENTS = {"tag_acc": "tags, %"}, {"ents_f": "entities F1, %"}
TASKS = {
    "tag": Task("en_pos.cfg", False, ("TAG",), TAGS),
    "ner": Task("en_ner.cfg", False, ("ENT_IOB",), ENTS),
    "words": Task("zh_words.cfg", True, (), WORDS),
    "text": Task("zh.cfg", True, ("TAG", "ENT_IOB"), {**WORDS, **TAGS, **ENTS}),
}


class Recipe(NamedTuple):
    """Pair a task with a folder of data and a config; `name` is what the user wrote."""

    name: str
    task: str
    data: Path
    config: Path


def parse_pair(text: str, what: str) -> Tuple[str, Path]:
    """Split an argument such as tag=corpus/en_pos/full.

    RAISES (ValueError): If it has another form.
    """
    task, equals, path = text.partition("=")
    if not equals or not path or task not in TASKS:
        raise ValueError(
            f"'{text}' is not TASK={what}: write for example tag=…, with one of the tasks "
            f"{', '.join(TASKS)}."
        )
    return task, Path(path)


def parse_recipes(recipes: Sequence[str], configs: Sequence[str]) -> List[Recipe]:
    """Parse the arguments of the command, without duplicates.

    RAISES (ValueError): If one has another form, or if a config does not exist.
    """
    files = {name: CONFIGS / task.config for name, task in TASKS.items()}
    files.update(parse_pair(text, "CONFIG") for text in configs)
    parsed = []
    for text in dict.fromkeys(recipes):
        task, data = parse_pair(text, "FOLDER")
        if not files[task].is_file():
            raise ValueError(f"There is no config {files[task]}: name another with --config.")
        parsed.append(Recipe(text, task, data, files[task]))
    return parsed


def split_file(data: Path, split: str) -> Path:
    """Give the path of "train", "dev" or "test"."""
    return data / f"{split}.spacy"


def check_data(recipe: Recipe) -> Dict[str, List[Doc]]:
    """Read the documents of a recipe by split.

    RAISES (InputError): If a file cannot be read, or lacks what the task needs.
    """
    task = TASKS[recipe.task]
    splits = {}
    for split in SPLITS:
        path = split_file(recipe.data, split)
        docs = list(make_corpus(path).read_docbin(spacy.blank("xx").vocab, [path]))
        if not any(doc.text.strip() for doc in docs):
            raise InputError(f"{path} has no words: make it again with birnn convert.")
        for attr in task.annotations:
            if not any(doc.has_annotation(attr) for doc in docs):
                raise InputError(
                    f"{path} has no {WHAT_LACKS[attr]}, which the task '{recipe.task}' needs: "
                    f"choose another task, or convert a corpus that has them."
                )
        if task.finds_words and any(doc.has_unknown_spaces for doc in docs):
            raise InputError(
                f"{path} does not record spaces between words, so it has no raw text for the "
                f"task '{recipe.task}': build it with `spacy birnn convert`."
            )
        splits[split] = docs
    return splits


def take_quick(splits: Dict[str, List[Doc]]) -> Dict[str, List[Doc]]:
    """Take a few documents of each split that are not empty."""
    return {
        split: take_evenly([doc for doc in docs if doc.text.strip()], QUICK_DOCS[split])
        for split, docs in splits.items()
    }


def write_splits(splits: Dict[str, List[Doc]], folder: Path) -> Path:
    """Write the documents of each split, and return the folder."""
    for split, docs in splits.items():
        write_docs(split_file(folder, split), docs)
    return folder


def score(
    task: Task, docs: Sequence[Doc], golds: Sequence[Doc], lexicon: Sequence[str]
) -> Dict[str, Any]:
    """Score any system with spaCy's scorers; `lexicon` has the words of the training data."""
    examples = [Example(doc, gold) for doc, gold in zip(docs, golds, strict=True)]
    scores: Dict[str, Any] = {}
    if task.finds_words:
        scores.update(score_words(examples, lexicon))
    if "TAG" in task.annotations:
        scores.update(tagger_score(examples))
    if "ENT_IOB" in task.annotations:
        scores.update(ner_score(examples))
    return scores
