"""What is compared on what: tasks, and the data that a user names."""

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
# Documents of the mode that only checks that everything runs. pkuseg needs ten.
QUICK_DOCS = {"train": 200, "dev": 50, "test": 50}
WHAT_LACKS = {"TAG": "tags", "ENT_IOB": "entities"}


class Task(NamedTuple):
    """
    config (str): Our recipe, a file of configs/.
    finds_words (bool): Whether systems read raw text; otherwise the words of the data.
    annotations (Tuple[str, ...]): What they put on the words, attributes of spaCy.
    scores (Dict[str, str]): spaCy's names of the scores in the table, and their titles.
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
    """
    name (str): What the user wrote.
    task (str): One of `TASKS`.
    data (Path): Folder with train.spacy, dev.spacy and test.spacy.
    config (Path): Config of our pipeline.
    """

    name: str
    task: str
    data: Path
    config: Path


def parse_pair(text: str, what: str) -> Tuple[str, Path]:
    """text (str): A task and a path, such as tag=corpus/en_pos/full.
    what (str): What the path is, for the error.
    RETURNS (Tuple[str, Path]): Both.
    RAISES (ValueError): If it is written in another way.
    """
    task, equals, path = text.partition("=")
    if not equals or not path or task not in TASKS:
        raise ValueError(
            f"'{text}' is not TASK={what}: write it as tag=…, with one of the tasks "
            f"{', '.join(TASKS)}."
        )
    return task, Path(path)


def parse_recipes(recipes: Sequence[str], configs: Sequence[str]) -> List[Recipe]:
    """recipes (Sequence[str]): Tasks and folders of data.
    configs (Sequence[str]): Tasks and configs of ours that replace those of configs/.
    RETURNS (List[Recipe]): The recipes, none of them twice.
    RAISES (ValueError): If one is written in another way, or a config is no file.
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
    """data (Path): Folder of the data.
    split (str): "train", "dev" or "test".
    RETURNS (Path): The file of the split.
    """
    return data / f"{split}.spacy"


def check_data(recipe: Recipe) -> Dict[str, List[Doc]]:
    """recipe (Recipe): A recipe.
    RETURNS (Dict[str, List[Doc]]): Its documents by split.
    RAISES (InputError): If a file cannot be read, or lacks what the task needs.
    """
    task = TASKS[recipe.task]
    splits = {}
    for split in SPLITS:
        path = split_file(recipe.data, split)
        docs = list(make_corpus(path).read_docbin(spacy.blank("xx").vocab, [path]))
        if not any(doc.text.strip() for doc in docs):
            raise InputError(f"{path} holds no words: build the corpus again.")
        for attr in task.annotations:
            if not any(doc.has_annotation(attr) for doc in docs):
                raise InputError(
                    f"{path} has no {WHAT_LACKS[attr]}, which the task '{recipe.task}' needs: "
                    f"choose another task, or convert a corpus that has them."
                )
        if task.finds_words and any(doc.has_unknown_spaces for doc in docs):
            raise InputError(
                f"{path} does not say where its texts have spaces, so it has no raw text for the "
                f"task '{recipe.task}': build it with `spacy birnn convert`."
            )
        splits[split] = docs
    return splits


def take_quick(splits: Dict[str, List[Doc]]) -> Dict[str, List[Doc]]:
    """splits (Dict[str, List[Doc]]): Documents by split.
    RETURNS (Dict[str, List[Doc]]): A few of each that are not empty.
    """
    return {
        split: take_evenly([doc for doc in docs if doc.text.strip()], QUICK_DOCS[split])
        for split, docs in splits.items()
    }


def write_splits(splits: Dict[str, List[Doc]], folder: Path) -> Path:
    """splits (Dict[str, List[Doc]]): Documents by split.
    folder (Path): Folder for their files.
    RETURNS (Path): The folder.
    """
    for split, docs in splits.items():
        write_docs(split_file(folder, split), docs)
    return folder


def score(
    task: Task, docs: Sequence[Doc], golds: Sequence[Doc], lexicon: Sequence[str]
) -> Dict[str, Any]:
    """Score any system by spaCy's means alone.

    task (Task): The task.
    docs (Sequence[Doc]): What the system made.
    golds (Sequence[Doc]): What is right.
    lexicon (Sequence[str]): The words of the training data.
    RETURNS (Dict[str, Any]): spaCy's scores.
    """
    examples = [Example(doc, gold) for doc, gold in zip(docs, golds, strict=True)]
    scores: Dict[str, Any] = {}
    if task.finds_words:
        scores.update(score_words(examples, lexicon))
    if "TAG" in task.annotations:
        scores.update(tagger_score(examples))
    if "ENT_IOB" in task.annotations:
        scores.update(ner_score(examples))
    return scores
