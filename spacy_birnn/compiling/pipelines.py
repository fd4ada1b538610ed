"""Compiled pipelines, which run without PyTorch."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Optional, Tuple

from spacy.language import Language
from thinc.api import Config, Model

from ..errors import InputError
from ..nn.birnn import BiRNN
from ..nn.shim import TorchShim
from ..pipeline.requirements import find_requirements
from ..runtime.compiled_models import COMPILED
from ..runtime.compiled_shim import CompiledShim
from .calibration_ranges import recorded_ranges
from .layers import COMPILERS, Types
from .loss import count_batch_changes, largest_loss, score
from .slimming import drop_strings, slim

ARCHITECTURE = "spacy_birnn.Compiled.v1"
PRECISIONS = ("float32", "int8")
TABLES = ("float32", "float16", "int8")


@dataclass(frozen=True)
class Compilation:
    """How to compile a pipeline.

    precision (str): Type of the recurrent layers, one of `PRECISIONS`.
    tables (str): Type of the tables of embeddings, one of `TABLES`.
    dev (Optional[Path]): Annotated documents, on which the loss is measured and layers of 8 bits
        are calibrated.
    gold_preproc (bool): Use the words of these.
    max_loss (float): Greatest loss of a score, in points of 100.
    slim (bool): Drop what only training and scoring use, see `slimming`.
    """

    precision: str = "float32"
    tables: str = "float32"
    dev: Optional[Path] = None
    gold_preproc: bool = False
    max_loss: float = 0.1
    slim: bool = False

    def run(self, nlp: Language, output: Path, *, force: bool = False) -> Dict[str, Any]:
        """Compile a pipeline and save it.

        nlp (Language): The trained pipeline. Its models are compiled in place.
        output (Path): The folder to write.
        force (bool): Replace the folder, if there is one.
        RETURNS (Dict[str, Any]): The facts that are written to its meta.json.
        RAISES (InputError): If a part of the pipeline cannot be compiled, if the loss is too great,
            or if the folder exists.
        """
        if output.exists() and not force:
            raise InputError(f"{output} exists: give another folder, or --force to replace it.")
        if self.precision == "int8" and self.dev is None:
            raise InputError(
                "Layers of 8 bits are calibrated and measured on annotated documents: give the "
                "dev data of the training to --dev."
            )
        names = find_components(nlp, self.precision)
        config = nlp.config.interpolate()
        for name in names:
            model = config["components"][name]["model"]
            wrapped = {"@architectures": ARCHITECTURE, "threads": 0, "model": model}
            config["components"][name]["model"] = wrapped
        facts = self._compile(nlp, names)
        nlp.meta[COMPILED] = facts
        nlp.meta["requirements"] = find_requirements(nlp)
        if self.slim:
            slim(nlp)
        save(nlp, Config(config), output, with_strings=not self.slim)
        return facts

    def _compile(self, nlp: Language, names: List[str]) -> Dict[str, Any]:
        components = dict(nlp.components)
        models = [components[name].model for name in names]  # type: ignore[attr-defined]
        stacks = [stack for model in models for stack in find_stacks(model)]
        for stack in stacks:
            # What the compiled networks compute in, or are compared with.
            stack.precision = "float32"
        facts: Dict[str, Any] = {"precision": self.precision, "tables": self.tables}
        options = {"gold_preproc": self.gold_preproc}
        if self.dev is None:
            compile_models(models, Types(self.precision, self.tables, {}))
            return facts
        with recorded_ranges(stacks) as ranges:
            before = score(nlp, self.dev, **options)
        compile_models(models, Types(self.precision, self.tables, ranges))
        after = score(nlp, self.dev, **options)
        loss = largest_loss(before.scores, after.scores)
        if loss > self.max_loss:
            raise InputError(
                f"The compiled pipeline loses {loss:.2f} points on {self.dev}, and --max-loss is "
                f"{self.max_loss}: use --precision float32 and --tables float32, or allow it."
            )
        return {
            **facts,
            "scored_on": self.dev.name,
            "scores_before": before.scores,
            "scores": after.scores,
            "loss": loss,
            "changed_by_batch": count_batch_changes(nlp, before.docs, **options),
            "tokens": sum(map(len, after.docs)),
        }


def save(nlp: Language, config: Config, output: Path, *, with_strings: bool = True) -> None:
    """Save a pipeline with another config, completely or not at all.

    nlp (Language): The pipeline.
    config (Config): The config.
    output (Path): The folder to write, which is replaced if it exists.
    with_strings (bool): Save the strings of the vocabulary.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output.parent, prefix=f"{output.name}.") as temporary:
        folder = Path(temporary) / "pipeline"
        nlp.to_disk(folder)
        config.to_disk(folder / "config.cfg")
        if not with_strings:
            drop_strings(folder)
        if output.exists():
            shutil.move(output, Path(temporary) / "old")
        shutil.move(folder, output)


def find_components(nlp: Language, precision: str) -> List[str]:
    """Find the components to compile.

    nlp (Language): The pipeline.
    precision (str): Type of the recurrent layers.
    RETURNS (List[str]): The names of the components with networks of this package.
    RAISES (InputError): If there are none, or if a component cannot be compiled.
    """
    names = []
    for name, component in nlp.components:
        model = getattr(component, "model", None)
        if not isinstance(model, Model):
            continue
        layers = list(walk_shims(model))
        _check_layers(name, model)
        if precision == "int8":
            _check_cells(name, model)
        names += [name] * bool(layers)
    if not names:
        raise InputError(
            "The pipeline has no network of spacy_birnn to compile: give the folder of a trained "
            "pipeline with birnn_tagger, birnn_morphologizer, birnn_ner or birnn_segmenter."
        )
    return names


def _check_layers(name: str, model: Model) -> None:
    for node in model.walk():
        for shim in node.shims:
            if isinstance(shim, CompiledShim):
                raise InputError(
                    f"The component '{name}' is compiled already: give the pipeline that it was "
                    f"compiled from."
                )
            if not isinstance(shim, TorchShim):
                raise InputError(
                    f"The layer '{node.name}' of the component '{name}' cannot be compiled, "
                    f"because it is not of spacy_birnn: train the component with "
                    f"spacy_birnn.BiRNNEncoder.v1, or leave it out of the pipeline."
                )
            if not shim.is_built:
                raise InputError(
                    f"The component '{name}' is not trained: give the folder of a trained "
                    f"pipeline, such as training/model-best."
                )


def _check_cells(name: str, model: Model) -> None:
    for stack in find_stacks(model):
        for rnn in stack.modules():
            cell, size = getattr(rnn, "cell", "lstm"), getattr(rnn, "hidden_size", 2)
            if cell != "lstm" or size < 2:
                raise InputError(
                    f"The encoder of the component '{name}' cannot be compiled with --precision "
                    f"int8, which needs LSTM layers of at least two units in each direction: use "
                    f"--precision float32."
                )


def walk_shims(model: Model) -> Iterator[Tuple[Model, TorchShim]]:
    """Iterate over the layers with a PyTorch module of this package.

    model (Model): The model.
    YIELDS (Tuple[Model, TorchShim]): Each layer and its shim.
    """
    for node in model.walk():
        for shim in node.shims:
            if isinstance(shim, TorchShim):
                yield node, shim


def find_stacks(model: Model) -> List[BiRNN]:
    """Find the recurrent stacks of a model.

    model (Model): The model.
    RETURNS (List[BiRNN]): The modules of its encoders.
    """
    modules = (shim.module for _, shim in walk_shims(model))
    return [module for module in modules if isinstance(module, BiRNN)]


def compile_models(models: List[Model], types: Types) -> None:
    """Compile the networks of models in place.

    models (List[Model]): The models.
    types (Types): The types of their numbers.
    """
    for node, shim in [pair for model in models for pair in walk_shims(model)]:
        compiled = CompiledShim(node.name)
        compiled.load(*COMPILERS[type(shim.module)](shim.module, types))
        node.shims[node.shims.index(shim)] = compiled
