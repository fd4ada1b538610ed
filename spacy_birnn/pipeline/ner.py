"""`birnn_ner`: named entities."""

import warnings
from typing import Callable, Iterable, List, Optional, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..labelling.attributes import (
    register_attributes,
    set_attribute,
    set_token_attribute,
    to_probs,
)
from ..labelling.entity_scheme import EntityScheme, EntitySettings, is_blocked
from ..labelling.initialization import GetExamples
from ..labelling.predictions import FloatArray, Prediction
from ..tags.marginals import PathProbs
from ..tags.schemes import Spans
from .defaults import DEFAULT_MODEL
from .factory import make_factory
from .labelling_pipe import LabellingPipe
from .scorers import Outcome, entity_outcomes

# Probabilities of entities or tokens, None if unknown.
Probs = List[Optional[float]]


class BiRNNEntityRecognizer(LabellingPipe):
    """Set `doc.ents`, as spaCy's `ner` does.

    The labels are types of entities. With probabilities, `ent._.confidence` (float) is the
    probability of a span with exactly these borders and this label over all legal sequences (see
    `Marginals`), and `token._.ent_confidence` (float) is the probability of the token's tag. They
    are None where an entity was already set.

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], List[Floats2d]]): The model.
    name (str): Name of the component.
    scorer (Optional[Callable]): The scoring method; None for no scores.
    **settings (Any): See `EntitySettings`.
    RAISES (ConfigValidationError): If a setting is out of its range.
    """

    default_name = "birnn_ner"
    scheme_class = EntityScheme
    scheme: EntityScheme

    def outcomes(self, example: Example) -> List[Outcome]:
        return entity_outcomes(example)

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Iterable[str]] = None,
    ) -> None:
        """Initialize as `LabellingPipe.initialize` does, and warn about entities that cannot be
        learned or are never predicted.
        """
        super().initialize(get_examples, nlp=nlp, labels=labels)
        total, misaligned, forbidden = self.scheme.find_unlearnable(get_examples())
        if misaligned:
            warnings.warn(
                f"The component '{self.name}' cannot learn {len(misaligned)} of {total} entities, "
                f"such as '{misaligned[0]}', because they do not begin and end with tokens of the "
                f"pipeline: change the tokenizer, fix the corpus, or train on the words of the "
                f"corpus (gold_preproc = true).",
                stacklevel=2,
            )
        if forbidden:
            warnings.warn(
                f"The component '{self.name}' never predicts {len(forbidden)} of {total} entities "
                f"of the training data, such as {forbidden[0]!r}, because they begin or end with "
                f"white space or cross the beginning of a sentence: fix the corpus, or set "
                f"cross_sentences = true for the latter.",
                stacklevel=2,
            )

    def annotator(self) -> Callable[[Doc, Prediction], Doc]:
        register_attributes()
        return self._annotate

    def _annotate(self, doc: Doc, prediction: Prediction) -> Doc:
        if not len(doc):
            return doc
        blocked, kept = [], []
        selected = np.ones(len(doc), dtype=bool)
        if doc.has_annotation("ENT_IOB"):
            selected = ~self.scheme.is_taken(doc)
            blocked = [doc[i : i + 1] for i in np.flatnonzero(is_blocked(doc)).tolist()]
            kept = [] if self.scheme.settings.overwrite else list(doc.ents)
            if not kept:
                for ent in doc.ents:
                    set_attribute(ent, "confidence", None)
        found = self.scheme.tag_set.decode(prediction.ids)
        probs = to_probs(np.full(len(found.starts), np.nan))
        of_tokens = None
        if prediction.log_probs is not None and prediction.log_steps is not None:
            found, probs, of_tokens = self._apply_threshold(
                found, prediction.log_probs, prediction.log_steps
            )
        entities = self.scheme.make_spans(doc, found)
        doc.set_ents([*kept, *entities], blocked=blocked, default="outside")
        for ent, prob in zip(entities, probs):
            set_attribute(ent, "confidence", prob)
        set_token_attribute(doc, "ent_confidence", of_tokens, selected)
        return doc

    def _apply_threshold(
        self, found: Spans, log_probs: FloatArray, log_steps: FloatArray
    ) -> Tuple[Spans, Probs, Probs]:
        """Find the spans that are probable enough, with probabilities of spans and tokens."""
        of_spans = PathProbs(log_probs, log_steps).of_spans(found)
        dropped = np.exp(of_spans) < self.scheme.settings.threshold
        of_tokens = log_probs.copy()
        # Tokens of a dropped entity get other tags than the predicted ones.
        for start, end in zip(found.starts[dropped].tolist(), found.ends[dropped].tolist()):
            of_tokens[start:end] = np.nan
        kept = Spans(*(column[~dropped] for column in found))
        return kept, to_probs(of_spans[~dropped]), to_probs(of_tokens)


make_birnn_ner = Language.factory(
    "birnn_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": DEFAULT_MODEL,
        "scorer": {"@scorers": "spacy_birnn.ner_scorer.v1", "bins": 10},
        **EntitySettings().as_dict(),
    },
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
    func=make_factory(BiRNNEntityRecognizer),
)
