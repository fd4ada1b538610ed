"""A pipeline that many people may type texts for."""

from contextlib import contextmanager
from threading import Lock
from typing import Any, Iterator, Optional, Sequence

import spacy
from spacy.tokens import Doc

from ..labelling.dictionary import WordDictionary
from ..pipeline.ner import BiRNNEntityRecognizer
from ..pipeline.segmenter import BiRNNSegmenter
from ..pipeline.tagger import BiRNNTagger

# So many tags of a word are named, unless the pipeline itself has more.
TOP_TAGS = 3


class Analyser:
    """A trained pipeline, with its confidences on, for one text at a time.

    model (str): Folder of the pipeline, or installed package.
    RAISES (OSError): If there is none.
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
        """RETURNS (Optional[BiRNNSegmenter]): The first segmenter of the pipeline, if any."""
        pipes: Any = (pipe for _, pipe in self.nlp.pipeline if isinstance(pipe, BiRNNSegmenter))
        return next(pipes, None)

    def __call__(self, text: str, words: Sequence[str] = ()) -> Doc:
        """text (str): A text.
        words (Sequence[str]): Words for the user dictionary, for this text alone.
        RETURNS (Doc): The document.
        RAISES (ValueError): If a word is bad.
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
