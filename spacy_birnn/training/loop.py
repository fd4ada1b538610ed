"""Training from Python: spaCy's own loop, with examples in memory and the settings of a recipe."""

import io
import sys
from typing import IO, Any, Dict, Iterable, Optional, Sequence

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training import Example
from spacy.training.loop import (
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
    update_meta,
)
from spacy.util import registry
from thinc.api import Model, fix_random_seed

from ..errors import InputError
from .best_weights import BestWeights
from .eval_frequency import fit_eval_frequency
from .recipes import TASKS, find_recipe, load_recipe
from .small_corpora import fit_to_words

# Settings of [training] that spaCy's loop takes under the same name.
LOOP_SETTINGS = (
    "dropout",
    "eval_frequency",
    "accumulate_gradient",
    "patience",
    "max_steps",
    "before_update",
)


def train(
    nlp: Language,
    examples: Iterable[Example],
    dev: Optional[Iterable[Example]] = None,
    *,
    max_epochs: Optional[int] = None,
    learn_rate: Optional[float] = None,
    seed: int = 0,
    config: Optional[Dict[str, Any]] = None,
    silent: bool = False,
) -> Language:
    """Train a pipeline, and keep the weights that score best on the development data.

    New components are initialized; trained ones learn on. The settings come from the recipe for
    the components, and are part of `nlp.config` afterwards.

    nlp (Language): The pipeline, such as `spacy.blank("en")` with a component.
    examples (Iterable[Example]): The training data.
    dev (Optional[Iterable[Example]]): The development data; None to keep the last weights.
    max_epochs (Optional[int]): Passes over the training data; None to choose by its size.
    learn_rate (Optional[float]): The highest learning rate; None to choose by the size.
    seed (int): Seed of the weights, of dropout and of the order of the examples.
    config (Optional[Dict[str, Any]]): Further settings of [training], such as
        `{"dropout": 0.5, "batcher": {"size": 200}}`.
    silent (bool): Print nothing.
    RETURNS (Language): The same pipeline, with its scores in `nlp.meta["performance"]`.
    RAISES (InputError): If there are no examples.
    """
    examples = list(examples)
    n_words = sum(map(len, examples))
    if not n_words:
        raise InputError("There are no examples to train on: give at least one with words.")
    dev = None if dev is None else list(dev)
    if dev is not None and not any(map(len, dev)):
        raise InputError("The development data are empty: give examples, or dev=None for none.")
    _configure(nlp, n_words, max_epochs, learn_rate, seed, config or {})
    fix_random_seed(seed)
    fit_eval_frequency(nlp, examples)
    _initialize(nlp, examples)
    _run(nlp, examples, dev, io.StringIO() if silent else sys.stdout)
    return nlp


def _configure(
    nlp: Language,
    n_words: int,
    max_epochs: Optional[int],
    learn_rate: Optional[float],
    seed: int,
    changes: Dict[str, Any],
) -> None:
    """Write the settings of the training to the config of the pipeline."""
    factories = {*nlp.pipe_factories.values()}
    tasks = [task for task, component in TASKS.items() if component in factories]
    training = load_recipe(find_recipe(tasks))["training"]
    # The weights of the components are in the config of the pipeline.
    del training["score_weights"]
    chosen: Dict[str, Any] = {}
    if max_epochs is not None:
        chosen["max_epochs"] = max_epochs
    if learn_rate is not None:
        chosen["optimizer"] = {"learn_rate": {"initial_rate": learn_rate}}
    config = nlp.config.merge({"training": training, "system": {"seed": seed}})
    for settings in (fit_to_words(training, n_words), chosen, changes):
        config = config.merge({"training": settings})
    nlp.config = config


def _initialize(nlp: Language, examples: Sequence[Example]) -> None:
    """Initialize new components, and let trained ones learn on, as `spacy train` does."""
    frozen = nlp.config["training"]["frozen_components"]
    trained = [name for name, pipe in nlp.pipeline if name not in frozen and _is_trained(pipe)]
    if trained:
        with nlp.select_pipes(enable=trained):
            nlp.resume_training()
    with nlp.select_pipes(disable=[*frozen, *trained]):
        nlp.initialize(lambda: examples)


def _is_trained(pipe: Any) -> bool:
    """Tell whether a component has weights."""
    model = getattr(pipe, "model", None)
    return isinstance(model, Model) and any(
        node.has_param(name) for node in model.walk() for name in node.param_names
    )


def _run(
    nlp: Language,
    examples: Sequence[Example],
    dev: Optional[Sequence[Example]],
    stdout: IO,
) -> None:
    """Run spaCy's loop, and keep the best weights even if it is interrupted."""
    settings = nlp.config.interpolate()["training"]
    training = registry.resolve(settings, schema=ConfigSchemaTraining)
    optimizer, frozen = training["optimizer"], training["frozen_components"]
    weights = nlp.config["training"]["score_weights"]
    evaluate = create_evaluation_callback(nlp, lambda _: dev or (), weights)
    best = BestWeights(nlp, frozen)
    with nlp.select_pipes(disable=frozen):
        log_step, finalize = training["logger"](nlp, stdout, sys.stderr)
    loop = train_while_improving(
        nlp,
        optimizer,
        create_train_batches(nlp, lambda _: examples, training["batcher"], training["max_epochs"]),
        evaluate if dev else lambda: (0.0, {}),
        exclude=frozen,
        annotating_components=training["annotating_components"],
        **{name: training[name] for name in LOOP_SETTINGS},
    )
    try:
        for _, info, is_best in loop:
            if dev and is_best:
                update_meta(training, nlp, info)
                best.keep(optimizer)
            log_step(info if is_best is not None else None)
    finally:
        finalize()
        if not dev:
            best.keep(optimizer)
        best.restore()
