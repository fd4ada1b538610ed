"""What a package of a pipeline requires beside spaCy."""

from importlib.metadata import version
from typing import List, Set

from spacy.language import Language
from spacy.util import get_minor_version_range, split_requirement
from thinc.api import Model

from ..labelling.dictionary import WordDictionary

PLUGIN = "spacy-birnn"


def find_requirements(nlp: Language) -> List[str]:
    """List the requirements of a package of a pipeline beside spaCy.

    `spacy package` finds plugins by itself, but not their extras.

    nlp (Language): The pipeline.
    RETURNS (List[str]): The requirements in its meta data and this plugin, with the extra "torch"
        if it has networks in PyTorch, "onnx" if it has compiled ones, and "dictionary" if a user
        dictionary has words.
    """
    own = nlp.meta.get("requirements", [])
    others = [needed for needed in own if split_requirement(needed)[0] != PLUGIN]
    extras = sorted(_find_extras(nlp))
    named = f"[{','.join(extras)}]" if extras else ""
    return [*others, f"{PLUGIN}{named}{get_minor_version_range(version(PLUGIN))}"]


def _find_extras(nlp: Language) -> Set[str]:
    # Imported here: blank pipelines load no models.
    from ..nn.shim import TorchShim
    from ..runtime.compiled_shim import CompiledShim

    extras = set()
    for _, pipe in nlp.pipeline:
        dictionary = getattr(pipe, "dictionary", None)
        if isinstance(dictionary, WordDictionary) and len(dictionary):
            extras.add("dictionary")
        model = getattr(pipe, "model", None)
        if not isinstance(model, Model):
            continue
        for shim in (shim for node in model.walk() for shim in node.shims):
            if isinstance(shim, TorchShim):
                extras.add("torch")
            elif isinstance(shim, CompiledShim):
                extras.add("onnx")
    return extras
