"""A frequency of evaluations that fits the length of a training."""

from typing import Iterable

from spacy.language import Language
from spacy.training import Example
from spacy.util import registry, resolve_dot_names
from wasabi import msg

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


def fit_to_train_corpus(nlp: Language) -> None:
    """Lower [training] eval_frequency if the training is short, and print a message.

    nlp (Language): The pipeline with the full config, which names the corpus.
    """
    config = nlp.config.interpolate()
    before = config["training"]["eval_frequency"]
    (corpus,) = resolve_dot_names(config, [config["training"]["train_corpus"]])
    fit_eval_frequency(nlp, corpus(nlp))
    every = nlp.config["training"]["eval_frequency"]
    if every != before:
        msg.info(f"The training is short: evaluation every {every} updates instead of {before}")
