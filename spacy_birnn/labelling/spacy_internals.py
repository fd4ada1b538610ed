"""Private attributes of spaCy, which the package can do without."""

from typing import Any, List

from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc
from thinc.api import Model


def copy_context(source: Doc, target: Doc) -> None:
    """Copy the context that `nlp.pipe(as_tuples=True)` stores in a document.

    source (Doc): The document that has it.
    target (Doc): The document that gets it.
    """
    if hasattr(source, "_context"):
        target._context = source._context


def release_listeners(model: Model) -> None:
    """Release the backpropagation that listeners keep of the last batch.

    It takes memory, and it cannot be pickled.

    model (Model): The model.
    """
    for node in model.walk():
        batch_id = getattr(node, "_batch_id", None)
        if isinstance(node, Tok2VecListener) and batch_id is not None:
            node.receive(batch_id, getattr(node, "_outputs", None), _learn_nothing)


def _learn_nothing(d_outputs: Any) -> List[Any]:
    return []
