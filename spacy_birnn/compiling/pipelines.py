"""Compiled pipelines, which run without PyTorch."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Iterator, List, Tuple

from spacy.language import Language
from thinc.api import Config, Model

from ..errors import InputError
from ..nn.shim import TorchShim
from ..runtime.compiled_shim import CompiledShim
from .layers import COMPILERS

ARCHITECTURE = "spacy_birnn.Compiled.v1"


def compile_pipeline(nlp: Language, output: Path, *, force: bool = False) -> None:
    """Compile a pipeline and save it.

    nlp (Language): The trained pipeline. Its models are compiled in place.
    output (Path): The folder to write.
    force (bool): Replace the folder, if there is one.
    RAISES (InputError): If a part of the pipeline cannot be compiled, or if the folder exists.
    """
    if output.exists() and not force:
        raise InputError(f"{output} exists: give another folder, or --force to replace it.")
    names = find_components(nlp)
    config = nlp.config.interpolate()
    for name in names:
        component: Any = nlp.get_pipe(name)
        compile_model(component.model)
        model = config["components"][name]["model"]
        config["components"][name]["model"] = {"@architectures": ARCHITECTURE, "model": model}
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output.parent, prefix=f"{output.name}.") as temporary:
        folder = Path(temporary) / "pipeline"
        nlp.to_disk(folder)
        Config(config).to_disk(folder / "config.cfg")
        if output.exists():
            shutil.move(output, Path(temporary) / "old")
        shutil.move(folder, output)


def find_components(nlp: Language) -> List[str]:
    """Find the components to compile.

    nlp (Language): The pipeline.
    RETURNS (List[str]): The names of the components with networks of this package.
    RAISES (InputError): If there are none, or if a component cannot be compiled.
    """
    names = []
    for name, component in nlp.pipeline:
        model = getattr(component, "model", None)
        if not isinstance(model, Model):
            continue
        shims = [shim for _, shim in walk_shims(model)]
        names += [name] * bool(shims)
    return names


def walk_shims(model: Model) -> Iterator[Tuple[Model, TorchShim]]:
    """Iterate over the layers with a PyTorch module of this package.

    model (Model): The model.
    YIELDS (Tuple[Model, TorchShim]): Each layer and its shim.
    """
    for node in model.walk():
        for shim in node.shims:
            if isinstance(shim, TorchShim):
                yield node, shim


def compile_model(model: Model) -> None:
    """Compile the networks of a model in place.

    model (Model): The model.
    """
    for node, shim in list(walk_shims(model)):
        compiled = CompiledShim(node.name)
        compiled.load(*COMPILERS[type(shim.module)](shim.module))
        node.shims[node.shims.index(shim)] = compiled
