"""A corpus reader for configs: spaCy's reader, with errors that name the fix."""

import warnings
import zlib
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example
from spacy.vocab import Vocab

from ..errors import InputError
from .soft_labels import cut_soft_labels
from .text_files import MAKE, MAKE_AGAIN, require_file


def make_corpus(
    path: Union[str, Path, None],
    gold_preproc: bool = False,
    max_length: int = 0,
    limit: int = 0,
    augmenter: Optional[Callable] = None,
) -> "CheckedCorpus":
    """Read `.spacy` files as `spacy.Corpus.v1` does.

    path (Union[str, Path, None]): A file, or a folder of such files. None for a corpus in the
        config that is not read.
    gold_preproc (bool): Use the gold words, sentence by sentence.
    max_length (int): Documents of this many words are split into sentences; 0 for no limit.
        Sentences that are still too long are left out, and a warning counts them.
    limit (int): Most documents to read; 0 for all.
    augmenter (Optional[Callable]): Data augmentation.
    RETURNS (CheckedCorpus): The reader.
    """
    return CheckedCorpus(
        path,  # type: ignore[arg-type]  # spaCy takes None as well.
        gold_preproc=gold_preproc,
        max_length=max_length,
        limit=limit,
        augmenter=augmenter,
    )


class CheckedCorpus(Corpus):
    """spaCy's corpus reader, with one-sentence errors for bad files."""

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the examples.

        nlp (Language): The pipeline.
        YIELDS (Example): The examples.
        RAISES (InputError): If there is no path, if a file is missing, empty, damaged or not a
            .spacy file, if it has no documents, or if all documents are too long.
        """
        if self.path is None:
            raise InputError(
                "A corpus has no path: set [paths] train and dev in the config, or give "
                "--paths.train and --paths.dev (for pretraining, --paths.raw_text)."
            )
        if self.path.is_dir():
            if not any(self.path.rglob("*.spacy")):
                raise InputError(f"The folder {self.path} has no .spacy files: {MAKE}.")
        else:
            require_file(self.path, built=True)
            if self.path.suffix != ".spacy":
                raise InputError(f"{self.path} is not a .spacy file: {MAKE}.")
        empty = True
        self._left_out = 0
        for example in super().__call__(nlp):
            empty = False
            yield example
        if empty and not self._left_out:
            raise InputError(f"{self.path} has no documents: {MAKE_AGAIN}.")
        if self._left_out:
            message = (
                f"{self.path} has {self._left_out} documents or sentences of {self.max_length} "
                f"words or more, which are left out: raise max_length of the corpus, set it to 0 "
                f"for no limit, or annotate sentences in the documents."
            )
            if empty:
                raise InputError(f"There are no examples, because {message}")
            warnings.warn(message, stacklevel=2)

    def make_examples(self, nlp: Language, reference_docs: Iterable[Doc]) -> Iterator[Example]:
        """Make examples of documents, or of the sentences of documents that are too long.

        nlp (Language): The pipeline.
        reference_docs (Iterable[Doc]): The documents.
        YIELDS (Example): The examples that are short enough.
        """
        for doc in reference_docs:
            is_long = 0 < self.max_length <= len(doc)
            for part in _cut_sentences(doc) if is_long else [doc]:
                if 0 < self.max_length <= len(part):
                    # spaCy leaves them out without a warning.
                    self._left_out += 1
                else:
                    yield from super().make_examples(nlp, [part])

    def make_examples_gold_preproc(
        self, nlp: Language, reference_docs: Iterable[Doc]
    ) -> Iterator[Example]:
        """Make examples of the sentences of documents, with the gold words.

        nlp (Language): The pipeline.
        reference_docs (Iterable[Doc]): The documents.
        YIELDS (Example): The examples.
        """
        for doc in reference_docs:
            for part in _cut_sentences(doc):
                # spaCy cuts sentences again, without their soft labels.
                if len(part):
                    yield Example(copy_words(part, nlp.vocab), part)

    def read_docbin(self, vocab: Vocab, locs: Iterable[Union[str, Path]]) -> Iterator[Doc]:
        """Read the documents of files, up to the limit.

        vocab (Vocab): Vocabulary of the documents.
        locs (Iterable[Union[str, Path]]): The files.
        YIELDS (Doc): The documents.
        RAISES (InputError): If a file is missing, empty or damaged.
        """
        # spaCy applies the limit to each file.
        yield from islice(self._read_files(vocab, map(Path, locs)), self.limit or None)

    def _read_files(self, vocab: Vocab, paths: Iterable[Path]) -> Iterator[Doc]:
        for path in paths:
            require_file(path, built=True)
            try:
                yield from super().read_docbin(vocab, [path])
            except (zlib.error, ValueError, KeyError, EOFError) as err:
                raise InputError(f"{path} is damaged ({err}): {MAKE_AGAIN}.") from err


def copy_words(doc: Doc, vocab: Vocab) -> Doc:
    """Make a document of the words and spaces of another one, without its annotations.

    doc (Doc): The other document.
    vocab (Vocab): Vocabulary of the new one.
    RETURNS (Doc): The new document.
    """
    words, spaces = [token.text for token in doc], [bool(token.whitespace_) for token in doc]
    return Doc(vocab, words=words, spaces=spaces)


def _cut_sentences(doc: Doc) -> List[Doc]:
    """The sentences of a document, if it has any, with their soft labels, which spaCy drops."""
    if not doc.has_annotation("SENT_START"):
        return [doc]
    sentences = []
    for span in doc.sents:
        sentences.append(span.as_doc())
        cut_soft_labels(span, sentences[-1])
    return sentences
