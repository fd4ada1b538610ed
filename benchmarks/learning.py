"""The input and output of every system of the accuracy benchmark."""

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
    """Describe a training: a task, its data, and an empty folder for what the training writes.

    config (Path): Config of the spacy_birnn pipeline.
    quick (bool): Train only enough to show that everything runs.
    folder (Path): An empty folder inside of the one that all trainings share.
    """

    task: str
    data: Path
    config: Path
    seed: int
    quick: bool
    folder: Path

    @property
    def what(self) -> Task:
        """Look up the task."""
        return TASKS[self.task]

    @property
    def shared(self) -> Path:
        """Give the folder for files that several trainings use."""
        return self.folder.parent

    def read(self, split: str) -> List[Doc]:
        """Read the documents of "train" or "dev", without empty ones."""
        return read_docs(split_file(self.data, split))


class Words(NamedTuple):
    """Hold the words of a document, and whether a space follows each."""

    words: List[str]
    spaces: List[bool]

    def make_doc(self, vocab: Vocab) -> Doc:
        """Make a document without annotations."""
        return Doc(vocab, words=self.words, spaces=self.spaces)


# The input of a system: raw text, or words.
Given = Union[str, Words]


def words_given(doc: Doc) -> Words:
    """Take the words of a document, without its annotations."""
    return Words([token.text for token in doc], [bool(token.whitespace_) for token in doc])


@dataclass
class Learned:
    """Hold the result of a training: a function that makes annotated documents.

    parameters (Optional[int]): Number of learned values; None if that has no meaning.
    spared_seconds (float): Training time of a part that an earlier training left on disk.
    """

    annotate: Callable[[Sequence[Given]], Iterable[Doc]]
    parameters: Optional[int] = None
    spared_seconds: float = 0.0
