"""A frequency of evaluations that fits the length of a training."""

from typing import Iterable

from spacy.language import Language
from spacy.training import Example
from spacy.util import registry

from .batches import PlanningBatcher


def fit_eval_frequency(nlp: Language, examples: Iterable[Example]) -> None:
    """Lower [training] eval_frequency for a short training.

    The setting `min_evaluations` of the batcher `spacy_birnn.batch_by_words.v2` says how far.
    Another batcher changes nothing.

    nlp (Language): The pipeline with the full config.
    examples (Iterable[Example]): The training corpus, of which only the beginning may be read.
    """
    config = nlp.config.interpolate()["training"]["batcher"]
    batcher = registry.resolve({"batcher": config})["batcher"]
    if isinstance(batcher, PlanningBatcher):
        nlp.config["training"]["eval_frequency"] = batcher.fit_eval_frequency(examples)
