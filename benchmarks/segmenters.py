"""The segmenters of the benchmark, and documents of their words."""

import logging
import sys
import warnings
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Callable, Iterable, List, Optional

import numpy as np
import spacy
import srsly
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import dict_to_dot, load_config
from spacy.vocab import Vocab

from spacy_birnn.labelling.resegment import split_text
from spacy_birnn.nn.precision import is_supported
from spacy_birnn.runtime.compiled_models import COMPILED

from .ltp import load_ltp
from .pkuseg import load_pkuseg

OURS = "birnn_segmenter"
OURS_COMPILED = f"{OURS} compiled"
PKUSEG, PKUSEG_DICTIONARY = "pkuseg", "pkuseg + dictionary"
LTP, JIEBA = "ltp", "jieba"
RIVALS = (PKUSEG, PKUSEG_DICTIONARY, LTP, JIEBA)


@dataclass
class Segmenter:
    """Describe a segmenter.

    make_doc (Optional[Callable[[str], Doc]]): Makes a document that `segment` takes for a text;
        None if it takes texts only.
    use_threads (Callable[[int], None]): Sets its number of threads.
    """

    name: str
    segment: Callable[[Iterable[Any]], Iterable[Iterable[Any]]]
    make_doc: Optional[Callable[[str], Doc]] = None
    use_threads: Callable[[int], None] = torch.set_num_threads


class CompiledSegmenter:
    """Segment by a compiled pipeline, which gets its number of threads when it is loaded."""

    def __init__(self, pipeline: Path) -> None:
        self.load = cache(partial(load_ours, pipeline, "threads"))
        self.use_threads(1)

    def use_threads(self, threads: int) -> None:
        self.nlp = self.load(threads)

    def segment(self, texts: Iterable[Any]) -> Iterable[Doc]:
        return self.nlp.pipe(texts)

    def make_doc(self, text: str) -> Doc:
        return self.nlp.make_doc(text)


def segmenter_names(pipeline: Path) -> List[str]:
    """List spacy_birnn in each precision that the CPU supports, or compiled, and the rivals."""
    if COMPILED in srsly.read_json(pipeline / "meta.json"):
        return [OURS_COMPILED, *RIVALS]
    precisions = [name for name in ("float32", "bfloat16") if is_supported(name, "cpu")]
    return [*(f"{OURS} {name}" for name in precisions), *RIVALS]


def load_segmenter(name: str, pipeline: Path, pkuseg: Path, ltp: Path) -> Segmenter:
    """Load one of `segmenter_names`."""
    if name == JIEBA:
        return Segmenter(name, load_jieba())
    if name == LTP:
        return Segmenter(name, load_ltp(ltp))
    if name in (PKUSEG, PKUSEG_DICTIONARY):
        return Segmenter(name, load_pkuseg(pkuseg, name == PKUSEG_DICTIONARY))
    if name == OURS_COMPILED:
        ours = CompiledSegmenter(pipeline)
        return Segmenter(name, ours.segment, ours.make_doc, ours.use_threads)
    nlp = load_ours(pipeline, "precision", name.split()[-1])
    return Segmenter(name, nlp.pipe, nlp.make_doc)


def load_ours(pipeline: Path, setting: str = "", value: Any = None) -> Language:
    """Load a trained pipeline up to its segmenter, for texts of any length.

    setting (str): Last part of the names of settings to change.
    value (Any): Their new value.
    RAISES (ValueError): If it has no segmenter.
    """
    settings = dict_to_dot({"components": load_config(pipeline / "config.cfg")["components"]})
    config = {name: value for name in settings if name.rpartition(".")[2] == setting}
    nlp = spacy.load(pipeline, config=config)
    factories = [nlp.get_pipe_meta(name).factory for name in nlp.pipe_names]
    if OURS not in factories:
        raise ValueError(f"The pipeline {pipeline} has no {OURS}, but {factories}.")
    for name in nlp.pipe_names[factories.index(OURS) + 1 :]:
        nlp.remove_pipe(name)
    nlp.max_length = sys.maxsize
    return nlp


def load_jieba() -> Callable[[Iterable[str]], Iterable[List[str]]]:
    """Load jieba with its own dictionary."""
    with warnings.catch_warnings():
        # Python warns of invalid escapes in its source.
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return partial(map, tokenizer.lcut)


def make_doc(vocab: Vocab, text: str, words: Iterable[Any]) -> Doc:
    """Make a document of the words of a segmenter, with the white space that it dropped.

    RAISES (ValueError): If other characters were dropped or changed.
    """
    starts, ends = [], [0]
    for word in filter(str.strip, map(str, words)):
        end = ends[-1]
        start = text.find(word, end)
        if start < 0 or text[end:start].strip():
            raise ValueError(f"The word '{word}' does not follow in the text: '{text[end:][:30]}'.")
        starts.append(start)
        ends.append(start + len(word))
    if text[ends[-1] :].strip():
        raise ValueError(f"The text continues after its last word: '{text[ends[-1] :][:30]}'.")
    borders = np.array(starts, dtype=np.int64), np.array(ends[1:], dtype=np.int64)
    tokens, spaces = split_text(text, *borders)
    return Doc(vocab, words=tokens, spaces=spaces)
