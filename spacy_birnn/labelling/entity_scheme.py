"""Labels of spans of tokens: named entities."""

from dataclasses import dataclass
from typing import Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, SENT_START
from spacy.tokens import Doc, Span
from spacy.training import Example

from .alignment import same_tokens
from .settings import Problem, Settings
from .span_scheme import SpanScheme
from .units import Part

# Values of `token.ent_iob`.
UNKNOWN, INSIDE, OUTSIDE, BEGINNING = range(4)
# Some tokens, shape (tokens,), and the letters of the tags that they cannot have.
Rule = Tuple[NDArray[np.bool_], str]


@dataclass(frozen=True)
class EntitySettings(Settings):
    """Settings of `birnn_ner`.

    overwrite (bool): Replace entities that are already set; otherwise they are kept, and new ones
        do not overlap with them. Blocked tokens are never in an entity.
    confidence (bool): Compute the probability of each entity.
    threshold (float): Drop entities with a lower probability. 0 keeps all.
    cross_sentences (bool): Allow entities that cross the beginning of a sentence, where sentences
        are set.
    """

    overwrite: bool = False
    confidence: bool = False
    threshold: float = 0.0
    cross_sentences: bool = False

    @property
    def wants_probabilities(self) -> bool:
        return self.confidence or self.threshold > 0

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if not 0.0 <= self.threshold <= 1.0:
            yield "threshold", f"{self.threshold} must be between 0 and 1"


class Unlearnable(NamedTuple):
    """Gold entities that a component cannot learn or never predicts.

    total (int): Number of gold entities.
    misaligned (List[str]): Texts of entities that do not begin and end with tokens.
    forbidden (List[str]): Texts of entities that a mask of the decoder forbids.
    """

    total: int
    misaligned: List[str]
    forbidden: List[str]


class EntityScheme(SpanScheme):
    """Mark entities by the tag scheme BILUO (Ratinov & Roth 2009).

    No entity begins or ends with white space or, by default, crosses the beginning of a sentence.

    name (str): Name of the component, for messages.
    settings (EntitySettings): The settings of the component.
    """

    kind = "entities"

    settings_class = EntitySettings
    settings: EntitySettings

    def gold_spans(self, doc: Doc) -> Sequence[Span]:
        """Get the entities of a reference."""
        return doc.ents

    def find_missing(self, example: Example) -> NDArray[np.bool_]:
        """Find the tokens whose entity annotation is missing."""
        if same_tokens(example):
            return example.reference.to_array([ENT_IOB]) == UNKNOWN
        tags = example.get_aligned_ner()
        return np.array([tag is None or tag == "-" for tag in tags], dtype=bool)

    def find_unlearnable(self, examples: Iterable[Example]) -> Unlearnable:
        """Find gold entities that the component cannot learn or never predicts.

        examples (Iterable[Example]): The training data.
        RETURNS (Unlearnable): Their texts.
        """
        total, misaligned, forbidden = 0, [], []
        for example in examples:
            entities = example.reference.ents
            total += len(entities)
            forbidden += [ent.text for ent in entities if self._is_forbidden(ent)]
            if not same_tokens(example):
                aligned = example.get_aligned_spans_y2x
                misaligned += [ent.text for ent in entities if not aligned([ent])]
        return Unlearnable(total, misaligned, forbidden)

    def mask(self, unit: Union[Doc, Part]) -> Optional[NDArray[np.bool_]]:
        return self._apply([(self.is_taken(unit), "BILU"), *self._find_rules(unit)])

    def training_mask(self, doc: Doc) -> Optional[NDArray[np.bool_]]:
        # Another pipeline may set other entities.
        return self._apply(self._find_rules(doc))

    def _find_rules(self, unit: Union[Doc, Part]) -> List[Rule]:
        space, sentence_start = unit.to_array([IS_SPACE, SENT_START]).T
        continues = np.zeros(len(unit), dtype=bool)
        continues[1:] = (sentence_start[1:] == 1) & (not self.settings.cross_sentences)
        return [(space == 1, "BLU"), (continues, "IL")]

    def _apply(self, rules: Sequence[Rule]) -> Optional[NDArray[np.bool_]]:
        if not any(tokens.any() for tokens, _ in rules):
            return None
        letters = np.array(["O", *self.tag_set.letters * len(self.labels)])
        allowed = np.ones((len(rules[0][0]), self.n_outputs), dtype=bool)
        for tokens, forbidden in rules:
            allowed[np.ix_(tokens, np.isin(letters, list(forbidden)))] = False
        return allowed

    def is_taken(self, tokens: Union[Doc, Part]) -> NDArray[np.bool_]:
        """Find tokens that cannot be in a new entity.

        tokens (Union[Doc, Part]): The tokens.
        RETURNS (NDArray[np.bool_]): Shape (tokens,): True for blocked tokens and, without
            `overwrite`, for tokens of entities that are already set.
        """
        kept = np.isin(tokens.to_array([ENT_IOB]), (BEGINNING, INSIDE))
        return is_blocked(tokens) | (kept & (not self.settings.overwrite))

    def _is_forbidden(self, ent: Span) -> bool:
        crosses = any(token.is_sent_start for token in ent[1:])
        may_cross = self.settings.cross_sentences
        return ent[0].is_space or ent[-1].is_space or (crosses and not may_cross)


def is_blocked(tokens: Union[Doc, Part]) -> NDArray[np.bool_]:
    """Find tokens that must not be in an entity.

    tokens (Union[Doc, Part]): The tokens.
    RETURNS (NDArray[np.bool_]): Shape (tokens,): True for blocked tokens.
    """
    iob, types = tokens.to_array([ENT_IOB, ENT_TYPE]).T
    return (iob == BEGINNING) & (types == 0)
