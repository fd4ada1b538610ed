"""`birnn_ner`: named entities."""

import warnings
from typing import Any, Callable, Iterable, List, Optional, Sequence, Union

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, SENT_START
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..labelling.attributes import register_attributes, set_attribute, set_token_attribute, to_probs
from ..labelling.predictions import Prediction
from ..labelling.units import Part
from ..tags.labels import MISSING, LabelIds
from ..tags.marginals import PathProbs
from ..tags.schemes import Spans, TagSet
from .defaults import DEFAULT_MODEL
from .labeller import same_tokens
from .scorers import Outcome, entity_outcomes
from .span_labeller import SpanLabeller

# Values of `token.ent_iob`.
UNKNOWN, INSIDE, OUTSIDE_OF_ENTITIES, BEGINNING = range(4)


@Language.factory(
    "birnn_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": DEFAULT_MODEL,
        "overwrite": False,
        "scorer": {"@scorers": "spacy_birnn.ner_scorer.v1", "bins": 10},
        "label_smoothing": 0.0,
        "max_length": 30000,
        "overlap": 32,
        "max_grad_norm": 0.0,
        "soft_labels": 0.0,
        "confidence": False,
        "threshold": 0.0,
        "cross_sentences": False,
    },
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_birnn_ner(
    nlp: Language,
    name: str,
    model: Model[List[Doc], List[Floats2d]],
    overwrite: bool,
    scorer: Optional[Callable],
    label_smoothing: float,
    max_length: int,
    overlap: int,
    max_grad_norm: float,
    soft_labels: float,
    confidence: bool,
    threshold: float,
    cross_sentences: bool,
) -> "BiRNNEntityRecognizer":
    """Make the component."""
    return BiRNNEntityRecognizer(
        nlp.vocab,
        model,
        name,
        overwrite=overwrite,
        scorer=scorer,
        label_smoothing=label_smoothing,
        max_length=max_length,
        overlap=overlap,
        max_grad_norm=max_grad_norm,
        soft_labels=soft_labels,
        confidence=confidence,
        threshold=threshold,
        cross_sentences=cross_sentences,
    )


class BiRNNEntityRecognizer(SpanLabeller):
    """Set `doc.ents`, as spaCy's `ner` does.

    The labels are types of entities. The model has an output for each tag of the scheme BILUO
    (Ratinov & Roth 2009), and decoding finds the best legal sequence of tags. No entity begins or
    ends with white space.

    With probabilities, `ent._.confidence` (float) is that of the entity: of a span with exactly
    these borders and this label, among all legal sequences (see `Marginals`). And
    `token._.ent_confidence` (float) is that of the token's tag. They are None where an entity
    was already set.

    overwrite (bool): Replace entities that are already set; otherwise they are kept, and new
        ones are found around them. Blocked tokens are in no entity in either case.
    threshold (float): Drop entities of a lower probability, which are computed if it is not 0.
    cross_sentences (bool): Allow entities that go on in the next sentence, where sentences are set.
    RAISES (ConfigValidationError): If the threshold is not between 0 and 1.
    """

    annotation = "entities"

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str = "birnn_ner",
        *,
        overwrite: bool = False,
        threshold: float = 0.0,
        cross_sentences: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(
            vocab,
            model,
            name,
            overwrite=overwrite,
            threshold=threshold,
            cross_sentences=cross_sentences,
            **settings,
        )
        is_probability = 0.0 <= threshold <= 1.0
        self.check_setting(is_probability, "threshold", f"{threshold} must be between 0 and 1")

    @property
    def tag_set(self) -> TagSet:
        return TagSet("BILUO", len(self.labels))

    def outcomes(self, example: Example) -> List[Outcome]:
        return entity_outcomes(example)

    @property
    def wants_probabilities(self) -> bool:
        return self.cfg["confidence"] or self.cfg["threshold"] > 0

    def example_labels(self, example: Example) -> Iterable[str]:
        return {ent.label_ for ent in example.reference.ents}

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Iterable[str]] = None,
    ) -> None:
        """Initialize as `SequenceLabeller.initialize` does. A warning counts the entities that
        cannot be learnt, because they do not begin and end with tokens of the pipeline, and those
        that are never predicted, because a mask forbids them.
        """
        super().initialize(get_examples, nlp=nlp, labels=labels)
        total, misaligned, forbidden = 0, [], []
        for example in get_examples():
            entities = example.reference.ents
            total += len(entities)
            forbidden += [ent.text for ent in entities if self._is_forbidden(ent)]
            if not same_tokens(example):
                aligned = example.get_aligned_spans_y2x
                misaligned += [ent.text for ent in entities if not aligned([ent])]
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

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        return np.concatenate([self._gold_tags(example) for example in examples])

    def _gold_tags(self, example: Example) -> LabelIds:
        predicted, reference = example.predicted, example.reference
        if same_tokens(example):
            missing = reference.to_array([ENT_IOB]) == UNKNOWN
            entities = reference.ents
        else:
            aligned = example.get_aligned_ner()
            missing = np.array([tag is None or tag == "-" for tag in aligned], dtype=bool)
            entities = example.get_aligned_spans_y2x(reference.ents, allow_overlap=False)
        tags = self.tag_set.encode(self._to_numbers(entities), len(predicted))
        tags[missing] = MISSING
        return tags

    def _to_numbers(self, entities: Sequence[Span]) -> Spans:
        columns = (
            [ent.start for ent in entities],
            [ent.end for ent in entities],
            self.label_ids(ent.label_ for ent in entities),
        )
        return Spans(*(np.array(column, dtype=np.int64) for column in columns))

    def _is_forbidden(self, ent: Span) -> bool:
        crosses = any(token.is_sent_start for token in ent[1:]) and not self.cfg["cross_sentences"]
        return ent[0].is_space or ent[-1].is_space or crosses

    def mask(self, unit: Union[Doc, Part]) -> Optional[NDArray[np.bool_]]:
        space, sentence_start = unit.to_array([IS_SPACE, SENT_START]).T
        continues = np.zeros(len(unit), dtype=bool)
        continues[1:] = (sentence_start[1:] == 1) & (not self.cfg["cross_sentences"])
        rules = (
            (self._is_taken(unit), "BILU"),
            (space == 1, "BLU"),
            (continues, "IL"),
        )
        if not any(tokens.any() for tokens, _ in rules):
            return None
        letters = np.array(["O", *self.tag_set.letters * len(self.labels)])
        allowed = np.ones((len(unit), self.n_outputs), dtype=bool)
        for tokens, forbidden in rules:
            allowed[np.ix_(tokens, np.isin(letters, list(forbidden)))] = False
        return allowed

    def _is_taken(self, tokens: Union[Doc, Part]) -> Any:
        """Whether each token cannot be in a new entity. Shape (tokens,)."""
        kept = np.isin(tokens.to_array([ENT_IOB]), (BEGINNING, INSIDE))
        return _is_blocked(tokens) | (kept & (not self.cfg["overwrite"]))

    def annotator(self) -> Callable[[Doc, Prediction], Doc]:
        register_attributes()
        return self._annotate

    def _annotate(self, doc: Doc, prediction: Prediction) -> Doc:
        if not len(doc):
            return doc
        blocked, kept = [], []
        ours = np.ones(len(doc), dtype=bool)
        if doc.has_annotation("ENT_IOB"):
            ours = ~self._is_taken(doc)
            blocked = [doc[i : i + 1] for i in np.flatnonzero(_is_blocked(doc)).tolist()]
            kept = [] if self.cfg["overwrite"] else list(doc.ents)
            if not kept:
                for ent in doc.ents:
                    set_attribute(ent, "confidence", None)
        found = self.tag_set.decode(prediction.ids)
        probs = to_probs(np.full(len(found.starts), np.nan))
        of_tokens = None
        if prediction.log_probs is not None:
            found, probs, of_tokens = self._rate(found, prediction)
        entities = [
            Span(doc, start, end, label=self.labels[number])
            for start, end, number in zip(*(column.tolist() for column in found))
        ]
        doc.set_ents([*kept, *entities], blocked=blocked, default="outside")
        for ent, prob in zip(entities, probs):
            set_attribute(ent, "confidence", prob)
        set_token_attribute(doc, "ent_confidence", of_tokens, ours)
        return doc

    def _rate(self, found: Spans, prediction: Prediction) -> Any:
        """The spans that are probable enough, their probabilities, and those of the tokens."""
        log_probs = PathProbs(prediction.log_probs, prediction.log_steps).of_spans(found)
        dropped = np.exp(log_probs) < self.cfg["threshold"]
        of_tokens = prediction.log_probs.copy()
        # The tags of what is dropped are not those that the tokens get.
        for start, end in zip(found.starts[dropped].tolist(), found.ends[dropped].tolist()):
            of_tokens[start:end] = np.nan
        kept = Spans(*(column[~dropped] for column in found))
        return kept, to_probs(log_probs[~dropped]), to_probs(of_tokens)


def _is_blocked(tokens: Union[Doc, Part]) -> Any:
    """Whether each token must not be in an entity. Shape (tokens,)."""
    iob, types = tokens.to_array([ENT_IOB, ENT_TYPE]).T
    return (iob == BEGINNING) & (types == 0)
