"""Probabilities as extension attributes of tokens and spans.

`Doc.user_data` holds them, so they survive `DocBin` (with `store_user_data`), `nlp.pipe` with
several processes and `Span.as_doc(copy_user_data=True)`.
"""

from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span, Token

# Names of the attributes by what has them.
ATTRIBUTES: Dict[Any, Tuple[str, ...]] = {
    Span: ("confidence",),
    Token: ("ent_confidence", "pos_confidence", "pos_probs", "tag_confidence", "tag_probs"),
}
CONFIDENCES = {name for names in ATTRIBUTES.values() for name in names}


def register_attributes() -> None:
    """Register the extension attributes, with None as default.

    spaCy registers them for the process. Importing the package does so, and each batch does so
    again, in case the registry of spaCy was replaced.
    """
    for kind, names in ATTRIBUTES.items():
        for name in names:
            if not kind.has_extension(name):
                kind.set_extension(name, default=None)


def get_attribute(item: Union[Span, Token], name: str) -> Any:
    """Get the value of an extension attribute.

    item (Union[Span, Token]): A span or a token.
    name (str): Name of the attribute.
    RETURNS (Any): The value; None if it is not set or not registered.
    """
    return item._.get(name) if item.has_extension(name) else None


def set_attribute(item: Union[Span, Token], name: str, value: Any) -> None:
    """Set the value of an extension attribute.

    item (Union[Span, Token]): A span or a token.
    name (str): Name of the attribute.
    value (Any): The value; None removes the old one.
    """
    if value is not None or (item.doc.user_data and item._.get(name) is not None):
        item._.set(name, value)


def set_token_attribute(
    doc: Doc, name: str, values: Optional[Sequence[Any]], selected: NDArray[np.bool_]
) -> None:
    """Set an extension attribute of some tokens of a document.

    doc (Doc): The document.
    name (str): Name of the attribute.
    values (Optional[Sequence[Any]]): A value for each token; None removes the old values.
    selected (NDArray[np.bool_]): Shape (tokens,): the tokens; the others keep their values.
    """
    if values is None:
        if not doc.user_data:
            return
        values = [None] * len(doc)
    for token, value, is_selected in zip(doc, values, selected.tolist()):
        if is_selected:
            set_attribute(token, name, value)


def to_probs(log_probs: NDArray[np.float64]) -> List[Optional[float]]:
    """Convert log-probabilities to probabilities.

    log_probs (NDArray[np.float64]): Shape (n,): log-probabilities, nan if unknown.
    RETURNS (List[Optional[float]]): The probabilities, None if unknown.
    """
    probs = np.minimum(np.exp(log_probs), 1.0).astype(object)
    probs[np.isnan(log_probs)] = None
    return probs.tolist()
