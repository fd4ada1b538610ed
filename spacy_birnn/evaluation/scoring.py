"""spaCy's evaluation, and the predictions that it scored."""

from typing import Any, Dict, Iterable, List, NamedTuple

from spacy.language import Language
from spacy.scorer import Scorer
from spacy.training import Example


class Evaluation(NamedTuple):
    """
    scores (Dict[str, Any]): What `nlp.evaluate` returns.
    examples (List[Example]): What it scored, with the predictions.
    """

    scores: Dict[str, Any]
    examples: List[Example]


class KeepingScorer(Scorer):
    """Keeps what it scores, which `nlp.evaluate` throws away."""

    def score(self, examples: Iterable[Example], *, per_component: bool = False) -> Dict[str, Any]:
        """examples (Iterable[Example]): The examples.
        per_component (bool): Whether to return scores by name of the component.
        RETURNS (Dict[str, Any]): The scores.
        """
        self.examples = list(examples)
        return super().score(self.examples, per_component=per_component)


def evaluate(nlp: Language, examples: Iterable[Example]) -> Evaluation:
    """nlp (Language): A pipeline.
    examples (Iterable[Example]): Annotated documents.
    RETURNS (Evaluation): The scores, with the speed, and the predictions.
    """
    scorer = KeepingScorer(nlp)
    scores = nlp.evaluate(examples, scorer=scorer)
    return Evaluation(scores, scorer.examples)
