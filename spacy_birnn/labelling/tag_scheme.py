"""Labels of single tokens: tags or coarse parts of speech."""

from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IDS
from spacy.parts_of_speech import IDS as POS_IDS
from spacy.strings import StringStore
from spacy.training import Example

from ..tags.labels import LabelIds
from .alignment import same_tokens
from .scheme import LabelScheme
from .settings import Problem, Settings

# The attributes of tokens that can be labelled.
ANNOTATES = ("tag", "pos")


@dataclass(frozen=True)
class TaggerSettings(Settings):
    """Settings of `birnn_tagger`.

    annotates (str): The attribute of tokens that is learned and set: "tag" or "pos".
    overwrite (bool): Replace tags that are already set.
    neg_prefix (str): Marks a tag of the training data as wrong; "" for no such mark.
    confidence (bool): Compute the probability of each tag.
    top_k (int): Number of tags in `token._.tag_probs`, or `token._.pos_probs`; 0 for none.
    """

    annotates: str = "tag"
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
        if self.annotates not in ANNOTATES:
            yield "annotates", f"'{self.annotates}' must be 'tag' or 'pos'"
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

    @property
    def attr(self) -> int:
        """Get spaCy's number of the attribute."""
        return IDS[self.settings.annotates.upper()]

    def add(self, label: str) -> bool:
        if isinstance(label, str):
            self._check(label)
        return super().add(label)

    def find_labels(self, example: Example) -> Iterable[str]:
        strings, tags = example.reference.vocab.strings, example.reference.to_array([self.attr])
        return {strings[tag] for tag in set(tags.tolist()) if tag}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        tags = np.concatenate([self._aligned_tags(example) for example in examples])
        distinct, index = np.unique(tags, return_inverse=True)
        strings = examples[0].reference.vocab.strings
        return self.label_ids(strings[tag] for tag in distinct.tolist())[index]

    def encode(self, strings: StringStore) -> NDArray[np.uint64]:
        """Convert the labels to values of the attribute.

        strings (StringStore): The strings of the vocabulary.
        RETURNS (NDArray[np.uint64]): Shape (labels,).
        RAISES (ValueError): If the attribute cannot have a label.
        """
        for label in self.labels:
            self._check(label)
        return np.array([strings.add(label) for label in self.labels], dtype=np.uint64)

    def _check(self, label: str) -> None:
        if self.settings.annotates == "pos" and label not in POS_IDS:
            raise ValueError(
                f"The component '{self.name}' cannot set token.pos to '{label}', which is not "
                f"UPOS: use UPOS, or set annotates of the component to 'tag'."
            )

    def _aligned_tags(self, example: Example) -> Any:
        """Get the values of the attribute of the predicted tokens, 0 if missing."""
        if same_tokens(example):
            return example.reference.to_array([self.attr])
        aligned = example.get_aligned(self.settings.annotates.upper())
        return np.array([tag or 0 for tag in aligned], dtype=np.uint64)
