"""The best weights of a training, kept in memory."""

from typing import Any, Dict, Iterable

from spacy.language import Language
from thinc.api import Optimizer

# Stored once, with the pipeline.
EXCLUDE = ["vocab"]


class BestWeights:
    """Keeps the trained components of a pipeline as they were at the best evaluation.

    nlp (Language): The pipeline.
    frozen (Iterable[str]): Components that are not trained.
    """

    def __init__(self, nlp: Language, frozen: Iterable[str]) -> None:
        self.nlp = nlp
        self.trained: Dict[str, Any] = {
            name: pipe
            for name, pipe in nlp.pipeline
            if getattr(pipe, "is_trainable", False) and name not in frozen
        }
        self.kept: Dict[str, bytes] = {}

    def keep(self, optimizer: Optimizer) -> None:
        """Keep the components as they are now, with the averages of their weights if there are any.

        optimizer (Optimizer): The optimizer of the training.
        """
        with self.nlp.use_params(optimizer.averages or {}):
            self.kept = {
                name: pipe.to_bytes(exclude=EXCLUDE) for name, pipe in self.trained.items()
            }

    def restore(self) -> None:
        """Load what was kept last; if there is nothing, change nothing."""
        for name, data in self.kept.items():
            self.trained[name].from_bytes(data, exclude=EXCLUDE)
