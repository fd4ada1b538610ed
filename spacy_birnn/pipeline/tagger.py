"""`birnn_tagger`: fine-grained part-of-speech tags."""

from functools import partial
from typing import Any, Callable, List

import numpy as np
from spacy.attrs import TAG
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..labelling.attributes import register_attributes, set_token_attribute, to_probs
from ..labelling.predictions import Prediction
from ..labelling.tag_scheme import TaggerSettings, TagScheme
from .defaults import DEFAULT_MODEL
from .factory import make_factory
from .labelling_pipe import LabellingPipe
from .scorers import Outcome, tag_outcomes


class BiRNNTagger(LabellingPipe):
    """Set `token.tag`, as spaCy's `tagger` does.

    With `confidence`, `token._.tag_confidence` (float) is the probability of the tag, and with
    `top_k`, `token._.tag_probs` (Dict[str, float]) has the most probable tags, best first. They are
    None where a tag was already set.

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], List[Floats2d]]): The model.
    name (str): Name of the component.
    scorer (Optional[Callable]): The scoring method; None for no scores.
    **settings (Any): See `TaggerSettings`.
    RAISES (ConfigValidationError): If a setting is out of its range.
    """

    default_name = "birnn_tagger"
    scheme_class = TagScheme
    scheme: TagScheme

    def outcomes(self, example: Example) -> List[Outcome]:
        return tag_outcomes(example)

    def annotator(self) -> Callable[[Doc, Prediction], Doc]:
        register_attributes()
        tags = np.array([self.vocab.strings.add(label) for label in self.labels], dtype=np.uint64)
        return partial(self._annotate, tags)

    def _annotate(self, tags: Any, doc: Doc, prediction: Prediction) -> Doc:
        if not len(doc):
            return doc
        values, selected = tags[prediction.ids], np.ones(len(doc), dtype=bool)
        if not self.scheme.settings.overwrite and doc.has_annotation("TAG"):
            present = doc.to_array([TAG])
            selected = present == 0
            values = np.where(selected, values, present)
        doc.from_array([TAG], values)
        probs = tops = None
        if prediction.log_probs is not None:
            probs = to_probs(prediction.log_probs)
        if prediction.top_ids is not None and prediction.top_probs is not None:
            rows = zip(prediction.top_ids.tolist(), prediction.top_probs.tolist())
            tops = [{self.labels[i]: p for i, p in zip(*row)} for row in rows]
        set_token_attribute(doc, "tag_confidence", probs, selected)
        set_token_attribute(doc, "tag_probs", tops, selected)
        return doc


make_birnn_tagger = Language.factory(
    "birnn_tagger",
    assigns=["token.tag"],
    default_config={
        "model": DEFAULT_MODEL,
        "scorer": {"@scorers": "spacy_birnn.tagger_scorer.v1", "bins": 10},
        **TaggerSettings().as_dict(),
    },
    default_score_weights={"tag_acc": 1.0},
    func=make_factory(BiRNNTagger),
)
