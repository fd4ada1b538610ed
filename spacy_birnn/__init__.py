"""Recurrent sequence labelling for spaCy."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .labelling.attributes import register_attributes

if TYPE_CHECKING:
    from .pipeline.morphologizer import BiRNNMorphologizer
    from .pipeline.ner import BiRNNEntityRecognizer
    from .pipeline.segmenter import BiRNNSegmenter
    from .pipeline.tagger import BiRNNTagger
    from .starters import load
    from .training.loop import train

__all__ = [
    "BiRNNEntityRecognizer",
    "BiRNNMorphologizer",
    "BiRNNSegmenter",
    "BiRNNTagger",
    "__version__",
    "load",
    "train",
]
_MODULES = {
    "BiRNNEntityRecognizer": ".pipeline.ner",
    "BiRNNMorphologizer": ".pipeline.morphologizer",
    "BiRNNSegmenter": ".pipeline.segmenter",
    "BiRNNTagger": ".pipeline.tagger",
    "load": ".starters",
    "train": ".training.loop",
}
__version__: str = version("spacy-birnn")

# Documents that are loaded without a pipeline have confidences as well.
register_attributes()


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, so that the package stays quick to import."""
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(_MODULES[name], __name__), name)
