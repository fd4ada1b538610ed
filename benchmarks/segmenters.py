"""The segmenters of the benchmark, and documents of their words."""

import logging
import sys
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterable, List, Optional

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import dict_to_dot, load_config
from spacy.vocab import Vocab

from spacy_birnn.labelling.resegment import split_text
from spacy_birnn.nn.precision import is_supported

from .pkuseg import load_pkuseg

OURS = "birnn_segmenter"
PKUSEG, PKUSEG_DICTIONARY, JIEBA = "pkuseg", "pkuseg + dictionary", "jieba"


@dataclass
class Segmenter:
    """Describe a segmenter.

    make_doc (Optional[Callable[[str], Doc]]): Makes a document that `segment` takes for a text;
        None if it takes texts only.
    """

    name: str
    segment: Callable[[Iterable[Any]], Iterable[Iterable[Any]]]
    make_doc: Optional[Callable[[str], Doc]] = None


def segmenter_names() -> List[str]:
    """List spacy_birnn in each precision that the CPU supports, and the rivals."""
    precisions = [name for name in ("float32", "bfloat16") if is_supported(name, "cpu")]
    return [*(f"{OURS} {name}" for name in precisions), PKUSEG, PKUSEG_DICTIONARY, JIEBA]


def load_segmenter(name: str, pipeline: Path, pkuseg: Path) -> Segmenter:
    """Load one of `segmenter_names`."""
    if name == JIEBA:
        return Segmenter(name, load_jieba())
    if name in (PKUSEG, PKUSEG_DICTIONARY):
        return Segmenter(name, load_pkuseg(pkuseg, name == PKUSEG_DICTIONARY))
    nlp = load_ours(pipeline, name.split()[-1])
    return Segmenter(name, nlp.pipe, nlp.make_doc)


def load_ours(pipeline: Path, precision: str) -> Language:
    """Load a trained pipeline up to its segmenter, for texts of any length.

    RAISES (ValueError): If it has no segmenter.
    """
    settings = dict_to_dot({"components": load_config(pipeline / "config.cfg")["components"]})
    config = {name: precision for name in settings if name.endswith(".precision")}
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
