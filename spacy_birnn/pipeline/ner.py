"""`birnn_ner`: named entities."""

from typing import Any, Callable, Iterable, List, Optional, Sequence, Union

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE, ORTH
from spacy.language import Language
from spacy.pipeline.ner import ner_score
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..tags.labels import MISSING, LabelIds
from ..tags.schemes import OUTSIDE, Spans, TagSet, Transitions
from .labeller import DEFAULT_MODEL, SequenceLabeller
from .pieces import Part

# Values of `token.ent_iob`.
UNKNOWN, INSIDE, OUTSIDE_OF_ENTITIES, BEGINNING = range(4)


@Language.factory(
    "birnn_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": DEFAULT_MODEL,
        "overwrite": False,
        "scorer": {"@scorers": "spacy.ner_scorer.v1"},
        "label_smoothing": 0.0,
        "max_words": 30000,
        "overlap": 32,
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
    max_words: int,
    overlap: int,
) -> "BiRNNEntityRecognizer":
    """Make the component."""
    return BiRNNEntityRecognizer(
        nlp.vocab,
        model,
        name,
        overwrite=overwrite,
        scorer=scorer,
        label_smoothing=label_smoothing,
        max_words=max_words,
        overlap=overlap,
    )


class BiRNNEntityRecognizer(SequenceLabeller):
    """Set `doc.ents`, as spaCy's `ner` does.

    The labels are types of entities. The model has an output for each tag of the scheme BILUO
    (Ratinov & Roth 2009), and decoding finds the best legal sequence of tags.

    overwrite (bool): Replace entities that are already set; otherwise they are kept, and new
        ones are found around them. Blocked tokens are in no entity in either case.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str = "birnn_ner",
        *,
        overwrite: bool = False,
        scorer: Optional[Callable] = ner_score,
        label_smoothing: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(
            vocab,
            model,
            name,
            scorer=scorer,
            overwrite=overwrite,
            neg_prefix="",
            label_smoothing=label_smoothing,
            **settings,
        )

    @property
    def tag_set(self) -> TagSet:
        """RETURNS (TagSet): The tags that the model scores."""
        return TagSet("BILUO", len(self.labels))

    @property
    def n_outputs(self) -> int:
        return self.tag_set.n_tags

    @property
    def transitions(self) -> Transitions:
        return self.tag_set.transitions

    def join(self, parts: Sequence[LabelIds]) -> LabelIds:
        return self.tag_set.join(parts)

    def example_labels(self, example: Example) -> Iterable[str]:
        return {ent.label_ for ent in example.reference.ents}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        return np.concatenate([self._gold_tags(example) for example in examples])

    def _gold_tags(self, example: Example) -> LabelIds:
        predicted, reference = example.predicted, example.reference
        if np.array_equal(predicted.to_array([ORTH]), reference.to_array([ORTH])):
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

    def rule_out(self, tokens: Union[Doc, Part], scores: Floats2d) -> Floats2d:
        if not tokens.doc.has_annotation("ENT_IOB"):
            return scores
        taken = _is_blocked(tokens)
        if not self.cfg["overwrite"]:
            taken |= np.isin(tokens.to_array([ENT_IOB]), (BEGINNING, INSIDE))
        ruled: Any = scores.copy()
        ruled[np.flatnonzero(taken), OUTSIDE + 1 :] = -np.inf
        return ruled

    def set_annotations(self, docs: Iterable[Doc], label_ids: Sequence[LabelIds]) -> None:
        for doc, tags in zip(docs, label_ids):
            if not len(doc):
                continue
            blocked, kept = [], []
            if doc.has_annotation("ENT_IOB"):
                blocked = [doc[i : i + 1] for i in np.flatnonzero(_is_blocked(doc)).tolist()]
                kept = [] if self.cfg["overwrite"] else list(doc.ents)
            found = self.tag_set.decode(tags)
            entities = [
                Span(doc, start, end, label=self.labels[number])
                for start, end, number in zip(*(column.tolist() for column in found))
            ]
            doc.set_ents([*kept, *entities], blocked=blocked, default="outside")


def _is_blocked(tokens: Union[Doc, Part]) -> Any:
    """Whether each token must not be in an entity. Shape (tokens,)."""
    iob, types = tokens.to_array([ENT_IOB, ENT_TYPE]).T
    return (iob == BEGINNING) & (types == 0)
