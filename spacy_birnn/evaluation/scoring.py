"""spaCy's evaluation, with the predictions that it scores."""

from typing import Any, Dict, Iterable, List, NamedTuple

from spacy.language import Language
from spacy.scorer import Scorer
from spacy.training import Example


class Evaluation(NamedTuple):
    """The result of an evaluation.

    scores (Dict[str, Any]): The scores of `nlp.evaluate`.
    examples (List[Example]): The examples with the predictions.
    """

    scores: Dict[str, Any]
    examples: List[Example]


class KeepingScorer(Scorer):
    """A scorer that keeps the examples, which `nlp.evaluate` does not return."""

    def score(self, examples: Iterable[Example], *, per_component: bool = False) -> Dict[str, Any]:
        """Score examples and keep them.

        examples (Iterable[Example]): The examples.
        per_component (bool): Whether to return scores by name of the component.
        RETURNS (Dict[str, Any]): The scores.
        """
        self.examples = list(examples)
        return super().score(self.examples, per_component=per_component)


def evaluate(nlp: Language, examples: Iterable[Example]) -> Evaluation:
    """Evaluate a pipeline.

    nlp (Language): The pipeline.
    examples (Iterable[Example]): Annotated documents.
    RETURNS (Evaluation): The scores, with the speed, and the predictions.
    """
    scorer = KeepingScorer(nlp)
    scores = nlp.evaluate(examples, scorer=scorer)
    return Evaluation(scores, scorer.examples)
