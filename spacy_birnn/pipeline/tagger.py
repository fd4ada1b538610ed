"""`birnn_tagger`: part-of-speech tags, fine-grained or coarse."""

from functools import partial
from typing import Any, Callable, Iterable, List, Optional, Tuple

import numpy as np
from spacy.language import Language
from spacy.pipeline.tagger import Tagger
from spacy.tokens import Doc
from spacy.training import Example

from ..labelling.attributes import register_attributes, set_token_attribute, to_probs
from ..labelling.initialization import GetExamples
from ..labelling.predictions import Prediction
from ..labelling.tag_scheme import TaggerSettings, TagScheme
from .defaults import DEFAULT_MODEL
from .factory import make_factory
from .labelling_pipe import LabellingPipe
from .scorers import Outcome, tag_outcomes


class BiRNNTagger(LabellingPipe):
    """Set `token.tag`, as spaCy's `tagger` does, or `token.pos`.

    With `confidence`, `token._.tag_confidence` (float) is the probability of the tag, and with
    `top_k`, `token._.tag_probs` (Dict[str, float]) has the most probable tags, best first. They are
    None where a tag was already set. For `token.pos` they are `token._.pos_confidence` and
    `token._.pos_probs`.

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
        return tag_outcomes(example, self.scheme.settings.annotates)

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Iterable[str]] = None,
    ) -> None:
        """Initialize the component, see `LabellingPipe.initialize`.

        A component that annotates `token.pos` moves the weight of "tag_acc" in
        [training.score_weights] to "pos_acc" if that has none and no component sets `token.tag`:
        a factory has one default for all settings.
        """
        super().initialize(get_examples, nlp=nlp, labels=labels)
        if nlp is not None and self.scheme.settings.annotates == "pos":
            weights = nlp.config["training"]["score_weights"]
            if not weights.get("pos_acc") and not any(map(_sets_tags, nlp.components)):
                weights.update(pos_acc=weights.get("tag_acc"), tag_acc=None)

    def annotator(self) -> Callable[[Doc, Prediction], Doc]:
        register_attributes()
        return partial(self._annotate, self.scheme.encode(self.vocab.strings))

    def _annotate(self, tags: Any, doc: Doc, prediction: Prediction) -> Doc:
        if not len(doc):
            return doc
        attr, name = self.scheme.attr, self.scheme.settings.annotates
        values, selected = tags[prediction.ids], np.ones(len(doc), dtype=bool)
        if not self.scheme.settings.overwrite and doc.has_annotation(attr):
            present = doc.to_array([attr])
            selected = present == 0
            values = np.where(selected, values, present)
        doc.from_array([attr], values)
        probs = tops = None
        if prediction.log_probs is not None:
            probs = to_probs(prediction.log_probs)
        if prediction.top_ids is not None and prediction.top_probs is not None:
            labels = self.scheme.labels
            rows = zip(prediction.top_ids.tolist(), prediction.top_probs.tolist())
            tops = [{labels[i]: p for i, p in zip(*row)} for row in rows]
        set_token_attribute(doc, f"{name}_confidence", probs, selected)
        set_token_attribute(doc, f"{name}_probs", tops, selected)
        return doc


def _sets_tags(component: Tuple[str, Any]) -> bool:
    _, pipe = component
    if isinstance(pipe, BiRNNTagger):
        return pipe.scheme.settings.annotates == "tag"
    return type(pipe) is Tagger


make_birnn_tagger = Language.factory(
    "birnn_tagger",
    assigns=["token.tag"],
    default_config={
        "model": DEFAULT_MODEL,
        "scorer": {"@scorers": "spacy_birnn.tagger_scorer.v1", "bins": 10},
        **TaggerSettings().as_dict(),
    },
    # `initialize` gives the weight to the score of the attribute that is annotated.
    default_score_weights={"tag_acc": 1.0, "pos_acc": None},
    func=make_factory(BiRNNTagger),
)
