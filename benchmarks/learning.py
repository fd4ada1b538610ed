"""What a system gets to learn from, and what it gives back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, List, NamedTuple, Optional, Sequence, Union

from spacy.tokens import Doc
from spacy.vocab import Vocab

from .recipes import TASKS, Task, split_file
from .texts import read_docs

QUICK_EPOCHS = 2


@dataclass
class Job:
    """
    task (str): One of `TASKS`.
    data (Path): Folder with train.spacy and dev.spacy.
    config (Path): Config of our pipeline.
    seed (int): Seed of the training.
    quick (bool): Train as little as shows that everything runs.
    folder (Path): An empty folder for what the training writes, in one that all trainings share.
    """

    task: str
    data: Path
    config: Path
    seed: int
    quick: bool
    folder: Path

    @property
    def what(self) -> Task:
        """RETURNS (Task): The task."""
        return TASKS[self.task]

    @property
    def shared(self) -> Path:
        """RETURNS (Path): The folder for what several trainings use."""
        return self.folder.parent

    def read(self, split: str) -> List[Doc]:
        """split (str): "train" or "dev".
        RETURNS (List[Doc]): Its documents, without empty ones.
        """
        return read_docs(split_file(self.data, split))


class Words(NamedTuple):
    """
    words (List[str]): The words of a document.
    spaces (List[bool]): Whether a space follows each.
    """

    words: List[str]
    spaces: List[bool]

    def make_doc(self, vocab: Vocab) -> Doc:
        """vocab (Vocab): Vocabulary of the document.
        RETURNS (Doc): A document without annotations.
        """
        return Doc(vocab, words=self.words, spaces=self.spaces)


# What a system reads: raw text, or words.
Given = Union[str, Words]


def words_given(doc: Doc) -> Words:
    """doc (Doc): A document.
    RETURNS (Words): Its words, without what is known of them.
    """
    return Words([token.text for token in doc], [bool(token.whitespace_) for token in doc])


@dataclass
class Learned:
    """
    annotate (Callable[[Sequence[Given]], Iterable[Doc]]): Makes annotated documents.
    parameters (Optional[int]): Numbers that were learned; None if that has no meaning.
    spared_seconds (float): What a part took that an earlier training has left, in seconds.
    """

    annotate: Callable[[Sequence[Given]], Iterable[Doc]]
    parameters: Optional[int] = None
    spared_seconds: float = 0.0
