"""`birnn_tagger`: fine-grained part-of-speech tags."""

from typing import Any, Callable, Iterable, List, Optional, Sequence

import numpy as np
from spacy.attrs import ORTH, TAG
from spacy.language import Language
from spacy.pipeline.tagger import tagger_score
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..tags.labels import LabelIds
from .labeller import DEFAULT_MODEL, SequenceLabeller


@Language.factory(
    "birnn_tagger",
    assigns=["token.tag"],
    default_config={
        "model": DEFAULT_MODEL,
        "overwrite": False,
        "scorer": {"@scorers": "spacy.tagger_scorer.v1"},
        "neg_prefix": "!",
        "label_smoothing": 0.0,
        "max_words": 30000,
        "overlap": 32,
    },
    default_score_weights={"tag_acc": 1.0},
)
def make_birnn_tagger(
    nlp: Language,
    name: str,
    model: Model[List[Doc], List[Floats2d]],
    overwrite: bool,
    scorer: Optional[Callable],
    neg_prefix: str,
    label_smoothing: float,
    max_words: int,
    overlap: int,
) -> "BiRNNTagger":
    """Make the component."""
    return BiRNNTagger(
        nlp.vocab,
        model,
        name,
        overwrite=overwrite,
        scorer=scorer,
        neg_prefix=neg_prefix,
        label_smoothing=label_smoothing,
        max_words=max_words,
        overlap=overlap,
    )


class BiRNNTagger(SequenceLabeller):
    """Set `token.tag`, as spaCy's `tagger` does."""

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str = "birnn_tagger",
        *,
        overwrite: bool = False,
        scorer: Optional[Callable] = tagger_score,
        neg_prefix: str = "!",
        label_smoothing: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(
            vocab,
            model,
            name,
            scorer=scorer,
            overwrite=overwrite,
            neg_prefix=neg_prefix,
            label_smoothing=label_smoothing,
            **settings,
        )

    def example_labels(self, example: Example) -> Iterable[str]:
        return {token.tag_ for token in example.reference if token.tag_}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        tags = np.concatenate([_aligned_tags(eg) for eg in examples])
        distinct, index = np.unique(tags, return_inverse=True)
        strings = examples[0].reference.vocab.strings
        return self.label_ids(strings[tag] for tag in distinct.tolist())[index]

    def set_annotations(self, docs: Iterable[Doc], label_ids: Sequence[LabelIds]) -> None:
        tags = np.array([self.vocab.strings.add(label) for label in self.labels], dtype=np.uint64)
        for doc, ids in zip(docs, label_ids):
            values = tags[ids]
            if not self.cfg["overwrite"] and doc.has_annotation("TAG"):
                present = doc.to_array([TAG])
                values = np.where(present == 0, values, present)
            if len(doc):
                doc.from_array([TAG], values)  # type: ignore[arg-type]


def _aligned_tags(example: Example):
    """Hashes of the gold tags of the predicted tokens, 0 where there is none."""
    predicted, reference = example.predicted, example.reference
    if np.array_equal(predicted.to_array([ORTH]), reference.to_array([ORTH])):
        return reference.to_array([TAG])
    return np.array([tag or 0 for tag in example.get_aligned("TAG")], dtype=np.uint64)
