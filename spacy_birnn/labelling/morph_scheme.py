"""Labels of single tokens: parts of speech and morphological features."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterable, Sequence, Set, Tuple

import numpy as np
from spacy.attrs import MORPH, POS
from spacy.morphology import Morphology
from spacy.parts_of_speech import IDS
from spacy.training import Example
from spacy.vocab import Vocab

from ..tags.labels import LabelIds
from .alignment import same_tokens
from .scheme import LabelScheme
from .settings import Settings

POS_FEAT = "POS"


@dataclass(frozen=True)
class MorphologizerSettings(Settings):
    """Settings of `birnn_morphologizer`.

    overwrite (bool): Replace parts of speech and features that are already set.
    extend (bool): Add features to those that are already set. With `overwrite`, new values of a
        feature replace old ones.
    """

    overwrite: bool = True
    extend: bool = False


class MorphScheme(LabelScheme):
    """Label each token with its features and its part of speech, as in "Case=Nom|POS=NOUN".

    A token has no label if it has neither. The label of a token that is annotated to have no
    features, and that has no part of speech, is "_".

    name (str): Name of the component, for messages.
    settings (MorphologizerSettings): The settings of the component.
    """

    kind = "morphs"
    settings_class = MorphologizerSettings
    settings: MorphologizerSettings

    def find_labels(self, example: Example) -> Set[str]:
        doc = example.reference
        pairs = set(map(tuple, doc.to_array([MORPH, POS]).tolist()))
        return set(_labels(doc.vocab, pairs)) - {""}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        pairs = np.concatenate([_aligned_pairs(example) for example in examples])
        distinct, index = np.unique(pairs, axis=0, return_inverse=True)
        labels = _labels(examples[0].reference.vocab, map(tuple, distinct.tolist()))
        # Treebanks have rare combinations of features: like spaCy, learn nothing from new ones.
        known = set(self.labels)
        ids = self.label_ids(label if label in known else "" for label in labels)
        return ids[index.reshape(-1)]


@lru_cache(maxsize=2**14)
def split_label(label: str) -> Tuple[str, str]:
    """Split a label into its features and its part of speech.

    label (str): The label.
    RETURNS (Tuple[str, str]): The features as in UD, "_" for none, and UPOS, "" for none.
    RAISES (ValueError): If the label is malformed.
    """
    try:
        feats = Morphology.feats_to_dict(label)
    except ValueError:
        feats = {POS_FEAT: "?"}
    pos = feats.pop(POS_FEAT, "")
    if pos not in IDS:
        raise ValueError(
            f"'{label}' is not a label of features: write Name=Value|…, with UPOS as the value of "
            f"POS, as in Case=Nom|POS=NOUN."
        )
    return Morphology.dict_to_feats(feats) or Morphology.EMPTY_MORPH, pos


def join_label(feats: str, pos: str) -> str:
    """Join features and a part of speech in a label with sorted features.

    feats (str): The features in the format of UD.
    pos (str): UPOS, "" for none.
    RETURNS (str): The label.
    """
    of_pos = {POS_FEAT: pos} if pos else {}
    label = Morphology.dict_to_feats({**Morphology.feats_to_dict(feats), **of_pos})
    return label or Morphology.EMPTY_MORPH


def _labels(vocab: Vocab, pairs: Iterable[Any]) -> Iterable[str]:
    """Get the labels of values of the attributes MORPH and POS; "" where both are missing."""
    strings = vocab.strings
    for morph, pos in pairs:
        yield join_label(strings[morph], strings[pos]) if morph or pos else ""


def _aligned_pairs(example: Example) -> Any:
    """Get MORPH and POS of the predicted tokens, zeros where one of them does not align."""
    if same_tokens(example):
        return example.reference.to_array([MORPH, POS])
    pairs = zip(example.get_aligned("MORPH"), example.get_aligned("POS"))
    aligned = [(0, 0) if None in pair else pair for pair in pairs]
    return np.array(aligned, dtype=np.uint64).reshape(-1, 2)
