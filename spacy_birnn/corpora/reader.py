"""A corpus reader for configs: spaCy's own, with errors that name the fix."""

import zlib
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example
from spacy.vocab import Vocab

from .files import CorpusError, require_file


def make_corpus(
    path: Union[str, Path, None],
    gold_preproc: bool = False,
    max_length: int = 0,
    limit: int = 0,
    augmenter: Optional[Callable] = None,
) -> "CheckedCorpus":
    """Read `.spacy` files as `spacy.Corpus.v1` does.

    path (Union[str, Path, None]): A file, or a folder of such files. None for a corpus of the
        config that is not read.
    gold_preproc (bool): Give the components the gold words.
    max_length (int): Split longer documents into sentences; 0 for no limit.
    limit (int): Read only that many documents; 0 for all.
    augmenter (Optional[Callable]): Data augmentation.
    RETURNS (CheckedCorpus): The reader.
    """
    return CheckedCorpus(
        path,  # type: ignore[arg-type]  # spaCy takes None, too.
        gold_preproc=gold_preproc,
        max_length=max_length,
        limit=limit,
        augmenter=augmenter,
    )


class CheckedCorpus(Corpus):
    """spaCy's corpus, which says in one sentence what is wrong with a file."""

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """nlp (Language): The pipeline.
        YIELDS (Example): The examples.
        RAISES (CorpusError): If there is no path, or a file is missing, empty, damaged or
            without documents.
        """
        if self.path is None:
            raise CorpusError(
                "A corpus has no path: set [paths] train and dev in the config, or give "
                "--paths.train and --paths.dev (for pretraining, --paths.raw_text)."
            )
        empty = True
        for example in super().__call__(nlp):
            empty = False
            yield example
        if empty:
            raise CorpusError(f"{self.path} holds no documents: build the corpus again.")

    def read_docbin(self, vocab: Vocab, locs: Iterable[Union[str, Path]]) -> Iterator[Doc]:
        """vocab (Vocab): Vocabulary of the documents.
        locs (Iterable[Union[str, Path]]): The files.
        YIELDS (Doc): The documents.
        RAISES (CorpusError): If a file is missing, empty or damaged.
        """
        # spaCy would apply the limit to each file.
        yield from islice(self._read_files(vocab, map(Path, locs)), self.limit or None)

    def _read_files(self, vocab: Vocab, paths: Iterable[Path]) -> Iterator[Doc]:
        for path in paths:
            require_file(path)
            try:
                yield from super().read_docbin(vocab, [path])
            except (zlib.error, ValueError, KeyError, EOFError) as err:
                raise CorpusError(f"{path} is damaged ({err}): build the corpus again.") from err
