"""The base of label schemes, which say what the outputs of a model stand for."""

import warnings
from collections import Counter
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple, Type, Union

import numpy as np
from numpy.typing import NDArray
from spacy.errors import Errors
from spacy.tokens import Doc
from spacy.training import Example

from ..tags.labels import MISSING, LabelIds, negative
from ..tags.masks import join_masks
from ..tags.schemes import PlainTags, TagSet, Transitions
from .settings import Settings
from .units import Unit


class LabelScheme:
    """Translate between labels, outputs of a model and gold annotations.

    A task is a subclass with `find_labels` and `gold_ids`, and with `mask` where a document forbids
    some outputs. Tasks with labels of spans extend `SpanScheme`.

    name (str): Name of the component, for messages.
    settings (Settings): The settings of the component.
    """

    settings_class: Type[Settings] = Settings
    # The kind of soft labels that the scheme learns from; "" for none.
    kind = ""
    # What gets an output, and an embedding for it.
    unit = "token"
    embed = "spacy_birnn.WordCharEmbed.v1"
    # Marks a gold label as wrong; "" for no such mark.
    neg_prefix = ""
    # The scheme of an auxiliary output layer, and the weight of its loss.
    auxiliary: Optional["LabelScheme"] = None
    auxiliary_weight = 0.0

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.labels: List[str] = []
        self._reported: Set[str] = set()

    def find_labels(self, example: Example) -> Iterable[str]:
        """Collect the labels of a reference.

        example (Example): An example.
        RETURNS (Iterable[str]): The labels, in any order.
        """
        raise NotImplementedError

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        """Read the gold labels of a batch.

        examples (Sequence[Example]): The batch.
        RETURNS (LabelIds): Shape (tokens,): the output of each predicted token.
        """
        raise NotImplementedError

    def read(self, docs: Sequence[Doc]) -> Sequence[Unit]:
        """Get what the model reads of each document.

        docs (Sequence[Doc]): The documents.
        RETURNS (Sequence[Unit]): Their tokens; in a segmenter, their texts.
        """
        return docs

    def mask(self, unit: Any) -> Optional[NDArray[np.bool_]]:
        """Find the outputs that each token may have.

        unit (Unit): What the model reads.
        RETURNS (Optional[NDArray[np.bool_]]): Shape (tokens, outputs): whether the output is
            allowed; None if all are.
        """
        return None

    def masks(self, units: Sequence[Any]) -> Optional[NDArray[np.bool_]]:
        """Find the outputs that each token of a batch may have.

        units (Sequence[Unit]): What the model reads.
        RETURNS (Optional[NDArray[np.bool_]]): Shape (all tokens, outputs), see `mask`.
        """
        masks = [self.mask(unit) for unit in units]
        return join_masks(masks, [len(unit) for unit in units], self.n_outputs)

    def training_mask(self, doc: Doc) -> Optional[NDArray[np.bool_]]:
        """Find the outputs that each token may have whenever its document is read.

        Training ignores the others, which decoding never gives. Override it where `mask` depends on
        what may change after the training, such as a user dictionary.

        doc (Doc): The predicted document of an example.
        RETURNS (Optional[NDArray[np.bool_]]): See `mask`.
        """
        (unit,) = self.read([doc])
        return self.mask(unit)

    @property
    def tag_set(self) -> Union[PlainTags, TagSet]:
        """Get the outputs of the model as tags of the labels."""
        return PlainTags(len(self.labels))

    @property
    def n_outputs(self) -> int:
        """Count the outputs of the model for a token."""
        return self.tag_set.n_tags

    @property
    def chance(self) -> float:
        """Compute the accuracy of a guess; 0 for spans."""
        plain = isinstance(self.tag_set, PlainTags)
        return 1 / max(1, self.n_outputs) if plain else 0.0

    @property
    def outputs(self) -> Tuple[str, ...]:
        """Get the names of the outputs."""
        return tuple(self.tag_set.names(self.labels))

    @property
    def transitions(self) -> Transitions:
        """Get the legal transitions between outputs."""
        return self.tag_set.transitions

    def add(self, label: str) -> bool:
        """Add a label.

        label (str): The label.
        RETURNS (bool): Whether it is new.
        RAISES (ValueError): If the label is not a string or does not fit the scheme.
        """
        if not isinstance(label, str):
            raise ValueError(Errors.E187)
        if label in self.labels:
            return False
        self.labels.append(label)
        return True

    def is_negative(self, label: str) -> bool:
        """Check whether a gold label marks a label as wrong.

        label (str): A label of the training data.
        RETURNS (bool): Whether it starts with `neg_prefix`.
        """
        return bool(self.neg_prefix) and label.startswith(self.neg_prefix)

    def label_ids(self, labels: Iterable[str]) -> LabelIds:
        """Convert gold labels to numbers.

        labels (Iterable[str]): The labels; "" if missing, and with `neg_prefix` if wrong.
        RETURNS (LabelIds): Shape (labels,).
        RAISES (ValueError): If a label is unknown.
        """
        numbers = {label: i for i, label in enumerate(self.labels)}
        ids = []
        for label in labels:
            if not label:
                ids.append(MISSING)
            elif label in numbers:
                ids.append(numbers[label])
            elif self.is_negative(label) and label[len(self.neg_prefix) :] in numbers:
                ids.append(negative(numbers[label[len(self.neg_prefix) :]]))
            else:
                raise ValueError(
                    f"The component '{self.name}' does not know the label '{label}': call "
                    f"add_label() before training, or initialize it with all training data."
                )
        return np.array(ids, dtype=np.int64)

    def collect_labels(self, examples: Iterable[Example]) -> List[str]:
        """Collect the labels of the training data.

        examples (Iterable[Example]): The training data.
        RETURNS (List[str]): The labels, sorted; marks of wrong labels only where the label itself
            does not occur.
        """
        found = {label for example in examples for label in self.find_labels(example)}
        return sorted(found - {self.neg_prefix + label for label in found if self.neg_prefix})

    def warn_of_unknown_labels(self, examples: Iterable[Example]) -> None:
        """Warn about gold labels that the component cannot predict, once for each label.

        examples (Iterable[Example]): The examples.
        """
        known = {*self.labels, *(self.neg_prefix + label for label in self.labels)}
        counts = Counter(label for eg in examples for label in self.find_labels(eg))
        unknown = sorted(counts.keys() - known - self._reported)
        if unknown and self.labels:
            self._reported.update(unknown)
            shown = ", ".join(f"'{label}' ({counts[label]:,})" for label in unknown[:10])
            warnings.warn(
                f"The component '{self.name}' cannot predict {len(unknown)} of the labels that it "
                f"is scored on, because they are not in its training data: {shown}"
                f"{', …' if len(unknown) > 10 else ''}; in brackets, their documents.",
                stacklevel=3,
            )

    def state(self) -> Dict[str, Any]:
        """Get what the scheme learned from the training data, as JSON."""
        return {"labels": self.labels}

    def load_state(self, state: Dict[str, Any]) -> None:
        """Restore what the scheme learned.

        state (Dict[str, Any]): What `state` returned; older versions may lack some entries.
        """
        self.labels = list(state.get("labels", []))
