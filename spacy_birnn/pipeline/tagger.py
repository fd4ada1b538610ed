"""`birnn_tagger`: fine-grained part-of-speech tags."""

from functools import partial
from typing import Any, Callable, Iterable, List, Optional, Sequence

import numpy as np
from spacy.attrs import TAG
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..labelling.attributes import register_attributes, set_token_attribute, to_probs
from ..labelling.predictions import Prediction
from ..tags.labels import LabelIds
from ..tags.marginals import Marginals
from .defaults import DEFAULT_MODEL
from .labeller import SequenceLabeller, same_tokens
from .scorers import Outcome, tag_outcomes


@Language.factory(
    "birnn_tagger",
    assigns=["token.tag"],
    default_config={
        "model": DEFAULT_MODEL,
        "overwrite": False,
        "scorer": {"@scorers": "spacy_birnn.tagger_scorer.v1", "bins": 10},
        "neg_prefix": "!",
        "label_smoothing": 0.0,
        "max_length": 30000,
        "overlap": 32,
        "max_grad_norm": 0.0,
        "soft_labels": 0.0,
        "confidence": False,
        "top_k": 0,
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
    max_length: int,
    overlap: int,
    max_grad_norm: float,
    soft_labels: float,
    confidence: bool,
    top_k: int,
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
        max_length=max_length,
        overlap=overlap,
        max_grad_norm=max_grad_norm,
        soft_labels=soft_labels,
        confidence=confidence,
        top_k=top_k,
    )


class BiRNNTagger(SequenceLabeller):
    """Set `token.tag`, as spaCy's `tagger` does.

    With probabilities, `token._.tag_confidence` (float) is that of the tag, and `token._.tag_probs`
    (Dict[str, float]) has the most probable tags, best first. They are None where a tag was
    already set.

    top_k (int): Number of tags in `token._.tag_probs`, which are computed if it is not 0.
    RAISES (ConfigValidationError): If `top_k` is negative.
    """

    annotation = "tags"

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str = "birnn_tagger",
        *,
        overwrite: bool = False,
        neg_prefix: str = "!",
        top_k: int = 0,
        **settings: Any,
    ) -> None:
        super().__init__(
            vocab, model, name, overwrite=overwrite, neg_prefix=neg_prefix, top_k=top_k, **settings
        )
        self.check_setting(top_k >= 0, "top_k", f"{top_k} must be a number of tags, or 0")

    def example_labels(self, example: Example) -> Iterable[str]:
        return {token.tag_ for token in example.reference if token.tag_}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        tags = np.concatenate([_aligned_tags(eg) for eg in examples])
        distinct, index = np.unique(tags, return_inverse=True)
        strings = examples[0].reference.vocab.strings
        return self.label_ids(strings[tag] for tag in distinct.tolist())[index]

    def outcomes(self, example: Example) -> List[Outcome]:
        return tag_outcomes(example)

    @property
    def wants_probabilities(self) -> bool:
        return self.cfg["confidence"] or self.cfg["top_k"] > 0

    def rate(self, ids: LabelIds, marginals: Marginals) -> Prediction:
        log_probs = marginals.of_tags()
        top_ids = np.argsort(-log_probs, axis=1, kind="stable")[:, : self.cfg["top_k"]]
        top_probs = np.exp(np.take_along_axis(log_probs, top_ids, axis=1))
        rated = super().rate(ids, marginals)
        return rated._replace(top_ids=top_ids, top_probs=top_probs)

    def annotator(self) -> Callable[[Doc, Prediction], Doc]:
        register_attributes()
        tags = np.array([self.vocab.strings.add(label) for label in self.labels], dtype=np.uint64)
        return partial(self._annotate, tags)

    def _annotate(self, tags: Any, doc: Doc, prediction: Prediction) -> Doc:
        if not len(doc):
            return doc
        values, ours = tags[prediction.ids], np.ones(len(doc), dtype=bool)
        if not self.cfg["overwrite"] and doc.has_annotation("TAG"):
            present = doc.to_array([TAG])
            ours = present == 0
            values = np.where(ours, values, present)
        doc.from_array([TAG], values)
        probs = tops = None
        if prediction.log_probs is not None:
            probs = to_probs(prediction.log_probs)
        if self.cfg["top_k"]:
            rows = zip(prediction.top_ids.tolist(), prediction.top_probs.tolist())
            tops = [{self.labels[i]: p for i, p in zip(*row)} for row in rows]
        set_token_attribute(doc, "tag_confidence", probs, ours)
        set_token_attribute(doc, "tag_probs", tops, ours)
        return doc


def _aligned_tags(example: Example):
    """Hashes of the gold tags of the predicted tokens, 0 where there is none."""
    if same_tokens(example):
        return example.reference.to_array([TAG])
    return np.array([tag or 0 for tag in example.get_aligned("TAG")], dtype=np.uint64)
