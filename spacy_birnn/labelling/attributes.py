"""Probabilities as attributes of tokens and spans.

They are spaCy's own extension attributes, so `Doc.user_data` holds them: `DocBin` (with
`store_user_data`), `nlp.pipe` with several processes and `Span.as_doc(copy_user_data=True)` keep
them.
"""

from typing import Any, Dict, List, Optional, Tuple, Union

import numpy as np
from spacy.tokens import Doc, Span, Token

# The names of all of them, of entities and of tokens.
ATTRIBUTES: Dict[Any, Tuple[str, ...]] = {
    Span: ("confidence",),
    Token: ("ent_confidence", "tag_confidence", "tag_probs"),
}
CONFIDENCES = {name for names in ATTRIBUTES.values() for name in names}


def register_attributes() -> None:
    """Make the extension attributes known to spaCy, None where they are not set.

    spaCy keeps them for a process, not for a pipeline or a document. Importing the package
    registers them, and unpickling a component imports it. Each batch registers them again, in case
    something has replaced spaCy's registry.
    """
    for kind, names in ATTRIBUTES.items():
        for name in names:
            if not kind.has_extension(name):
                kind.set_extension(name, default=None)


def get_attribute(item: Union[Span, Token], name: str) -> Any:
    """item (Union[Span, Token]): A span or a token.
    name (str): Name of the attribute.
    RETURNS (Any): Its value; None if it is not set or not even known.
    """
    return item._.get(name) if item.has_extension(name) else None


def set_attribute(item: Union[Span, Token], name: str, value: Any) -> None:
    """item (Union[Span, Token]): A span or a token.
    name (str): Name of the attribute.
    value (Any): Its value; None takes the old one away.
    """
    if value is not None or (item.doc.user_data and item._.get(name) is not None):
        item._.set(name, value)


def set_token_attribute(doc: Doc, name: str, values: Any, ours: Any) -> None:
    """doc (Doc): A document.
    name (str): Name of the attribute.
    values (Optional[Sequence[Any]]): A value for each token. None takes old ones away.
    ours (Any): Shape (tokens,): whether each token is meant; others keep what they have.
    """
    if values is None:
        if not doc.user_data:
            return
        values = [None] * len(doc)
    for token, value, is_ours in zip(doc, values, ours.tolist()):
        if is_ours:
            set_attribute(token, name, value)


def to_probs(log_probs: Any) -> List[Optional[float]]:
    """log_probs (Any): Shape (n,): log-probabilities, nan if unknown.
    RETURNS (List[Optional[float]]): The probabilities, None if unknown.
    """
    probs = np.minimum(np.exp(log_probs), 1.0).astype(object)
    probs[np.isnan(log_probs)] = None
    return probs.tolist()
