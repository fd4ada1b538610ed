"""Analysis of single texts by a pipeline that several users share."""

from contextlib import contextmanager
from threading import Lock
from typing import Iterator, Optional, Sequence

import spacy
from spacy.tokens import Doc

from ..labelling.dictionary import WordDictionary
from ..pipeline.ner import BiRNNEntityRecognizer
from ..pipeline.segmenter import BiRNNSegmenter
from ..pipeline.tagger import BiRNNTagger

# Minimum number of the most probable tags to show.
TOP_TAGS = 3


class Analyser:
    """Analyses one text at a time with a trained pipeline, and computes its confidences.

    model (str): Folder of the pipeline, or installed package.
    RAISES (OSError): If it does not exist.
    RAISES (ValueError): If it is damaged.
    """

    def __init__(self, model: str) -> None:
        self.nlp = spacy.load(model)
        for _, pipe in self.nlp.pipeline:
            if isinstance(pipe, BiRNNTagger):
                pipe.configure(confidence=True, top_k=max(TOP_TAGS, pipe.scheme.settings.top_k))
            elif isinstance(pipe, BiRNNEntityRecognizer):
                pipe.configure(confidence=True)
        self._lock = Lock()

    @property
    def segmenter(self) -> Optional[BiRNNSegmenter]:
        """The first segmenter of the pipeline.

        RETURNS (Optional[BiRNNSegmenter]): The segmenter, or None if there is none.
        """
        for _, pipe in self.nlp.pipeline:
            if isinstance(pipe, BiRNNSegmenter):
                return pipe
        return None

    def __call__(self, text: str, words: Sequence[str] = ()) -> Doc:
        """Analyse a text.

        text (str): The text.
        words (Sequence[str]): Entries of the user dictionary for this text alone.
        RETURNS (Doc): The document.
        RAISES (ValueError): If an entry is not valid.
        RAISES (ImportError): If words are given and the extra "dictionary" is not installed.
        """
        with self._lock, self._dictionary(words):
            return self.nlp(text)

    @contextmanager
    def _dictionary(self, words: Sequence[str]) -> Iterator[None]:
        segmenter = self.segmenter
        if segmenter is None or not words:
            yield
            return
        stored = segmenter.dictionary
        segmenter.dictionary = WordDictionary().from_bytes(stored.to_bytes())
        try:
            segmenter.add_words(words)
            yield
        finally:
            segmenter.dictionary = stored
