"""The spaCy pipelines of the accuracy benchmark: recipes, spaCy's CNN, core's BiLSTM."""

from functools import partial
from pathlib import Path
from typing import Any, Iterable, Sequence

import spacy
from spacy.cli.init_config import init_config
from spacy.cli.train import train
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.util import load_config
from thinc.api import Config

from spacy_birnn.nn.wrapped_model import get_wrapped_model

from .learning import QUICK_EPOCHS, Given, Job, Learned
from .recipes import split_file
from .systems import CORE_BILSTM

COMPONENTS = {"TAG": "tagger", "ENT_IOB": "ner"}


def our_config(job: Job) -> Config:
    """Load the recipe. Probabilities are off, because the rivals compute none.

    RAISES (ValueError): If the config is incomplete.
    """
    config = _load(job.config)
    for settings in config["components"].values():
        if "confidence" in settings:
            settings["confidence"] = False
    return _shorten(config) if job.quick else config


def cnn_config(job: Job) -> Config:
    """Make the config of `spacy init config` on the CPU, for the language of the recipe.

    It is trained and evaluated on the words of the data.
    """
    lang = _load(job.config)["nlp"]["lang"]
    pipeline = [COMPONENTS[attr] for attr in job.what.annotations]
    config = init_config(lang=lang, pipeline=pipeline, optimize="efficiency", gpu=False)
    for corpus in config["corpora"].values():
        corpus["gold_preproc"] = True
    return _shorten(config) if job.quick else config


def core_config(job: Job) -> Config:
    """Make the same config with core's BiLSTM, of the size in the speed benchmark."""
    config = cnn_config(job)
    core = Config().from_str(CORE_BILSTM)
    config["components"]["tok2vec"]["model"] = core["model"]["tok2vec"]
    return config


def _load(path: Path) -> Config:
    config = load_config(path)
    missing = [section for section in ("nlp", "components", "training") if section not in config]
    if missing:
        raise ValueError(
            f"{path} has no [{missing[0]}]: fill it with `python -m spacy init fill-config`."
        )
    return config


def _shorten(config: Config) -> Config:
    training: Any = config["training"]
    training.update(max_epochs=QUICK_EPOCHS, max_steps=0, eval_frequency=2)
    if "min_words" in training["batcher"]:
        training["batcher"]["min_words"] = 0
    return config


def train_pipeline(job: Job, config: Config) -> Learned:
    """Train a pipeline; use the best one on dev, or the last one if none was evaluated."""
    config.to_disk(job.folder / "config.cfg", interpolate=False)
    overrides = {f"paths.{name}": str(split_file(job.data, name)) for name in ("train", "dev")}
    output = job.folder / "pipeline"
    train(job.folder / "config.cfg", output, overrides={**overrides, "system.seed": job.seed})
    best = output / "model-best"
    nlp = spacy.load(best if best.is_dir() else output / "model-last")
    return Learned(partial(annotate, nlp), count_parameters(nlp))


def annotate(nlp: Language, given: Sequence[Given]) -> Iterable[Doc]:
    """Annotate texts or documents with given words."""
    return nlp.pipe(g if isinstance(g, str) else g.make_doc(nlp.vocab) for g in given)


def count_parameters(nlp: Language) -> int:
    """Count the learned values of all models."""
    models = [pipe.model for _, pipe in nlp.pipeline if isinstance(pipe, TrainablePipe)]
    nodes = {id(node): node for model in models for node in model.walk()}
    n_parameters = 0
    for node in nodes.values():
        arrays = (node.get_param(name) for name in node.param_names if node.has_param(name))
        n_parameters += sum(array.size for array in arrays)
        modules = filter(None, map(get_wrapped_model, node.shims))
        n_parameters += sum(p.numel() for module in modules for p in module.parameters())
    return n_parameters
