"""What a compiled pipeline does not need, because only training and scoring use it."""

from pathlib import Path

import srsly
from spacy.language import Language

from ..errors import InputError
from ..pipeline.labelling_pipe import LabellingPipe
from ..pipeline.segmenter import BiRNNSegmenter

# The components of which it is known what they need. A shared tok2vec has no words.
SHARED = "tok2vec"


def slim(nlp: Language) -> None:
    """Drop the words of the training data that segmenters keep to score out-of-vocabulary words.

    nlp (Language): The pipeline.
    RAISES (InputError): If it has components that may need the words of its vocabulary.
    """
    for name, component in nlp.pipeline:
        factory = nlp.get_pipe_meta(name).factory
        if not isinstance(component, LabellingPipe) and factory != SHARED:
            raise InputError(
                f"The component '{name}' may need words of the vocabulary, which --slim drops: "
                f"compile the pipeline without --slim."
            )
        if isinstance(component, BiRNNSegmenter):
            component.scheme.forget_words()


def drop_strings(folder: Path) -> None:
    """Drop the strings of the vocabulary: components add their labels, and texts their words.

    folder (Path): A saved pipeline.
    """
    srsly.write_json(folder / "vocab" / "strings.json", [])
