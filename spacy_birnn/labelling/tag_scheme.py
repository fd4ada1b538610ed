"""Labels of single tokens: part-of-speech tags."""

from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Sequence

import numpy as np
from spacy.attrs import TAG
from spacy.training import Example

from ..tags.labels import LabelIds
from .alignment import same_tokens
from .scheme import LabelScheme
from .settings import Problem, Settings


@dataclass(frozen=True)
class TaggerSettings(Settings):
    """Settings of `birnn_tagger`.

    overwrite (bool): Replace tags that are already set.
    neg_prefix (str): Marks a tag of the training data as wrong; "" for no such mark.
    confidence (bool): Compute the probability of each tag.
    top_k (int): Number of tags in `token._.tag_probs`; 0 for none.
    """

    overwrite: bool = False
    neg_prefix: str = "!"
    confidence: bool = False
    top_k: int = 0

    @property
    def wants_probabilities(self) -> bool:
        return self.confidence or self.top_k > 0

    @property
    def n_top(self) -> int:
        return self.top_k

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.top_k < 0:
            yield "top_k", f"{self.top_k} must be a number of tags, or 0"


class TagScheme(LabelScheme):
    """Label each token with its tag, with one output for each tag.

    name (str): Name of the component, for messages.
    settings (TaggerSettings): The settings of the component.
    """

    kind = "tags"

    settings_class = TaggerSettings
    settings: TaggerSettings

    @property
    def neg_prefix(self) -> str:  # type: ignore[override]
        return self.settings.neg_prefix

    def find_labels(self, example: Example) -> Iterable[str]:
        return {token.tag_ for token in example.reference if token.tag_}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        tags = np.concatenate([_aligned_tags(example) for example in examples])
        distinct, index = np.unique(tags, return_inverse=True)
        strings = examples[0].reference.vocab.strings
        return self.label_ids(strings[tag] for tag in distinct.tolist())[index]


def _aligned_tags(example: Example) -> Any:
    """Get the hashes of the gold tags of the predicted tokens, 0 if missing."""
    if same_tokens(example):
        return example.reference.to_array([TAG])
    return np.array([tag or 0 for tag in example.get_aligned("TAG")], dtype=np.uint64)
