"""Probabilities as attributes of tokens and spans.

They are spaCy's own extension attributes, so `Doc.user_data` holds them: `DocBin` (with
`store_user_data`), `nlp.pipe` with several processes and `Span.as_doc` keep them.
"""

from typing import Any, List, Optional, Sequence, Type, Union

import numpy as np
from spacy.tokens import Doc, Span, Token


def register_attribute(kind: Union[Type[Span], Type[Token]], name: str) -> None:
    """Make an extension attribute known, None where it is not set.

    kind (Union[Type[Span], Type[Token]]): What has the attribute.
    name (str): Its name.
    """
    if not kind.has_extension(name):
        kind.set_extension(name, default=None)


def get_attribute(item: Union[Span, Token], name: str) -> Any:
    """item (Union[Span, Token]): A span or a token.
    name (str): Name of the attribute.
    RETURNS (Any): Its value; None if it is not set or not even known.
    """
    return item._.get(name) if item.has_extension(name) else None


def set_token_attribute(doc: Doc, name: str, values: Sequence[Any]) -> None:
    """doc (Doc): A document.
    name (str): Name of the attribute.
    values (Sequence[Any]): A value for each token.
    """
    for token, value in zip(doc, values):
        if value is not None or token._.get(name) is not None:
            token._.set(name, value)


def to_probs(log_probs: Any, known: Any = True) -> List[Optional[float]]:
    """log_probs (Any): Shape (n,): log-probabilities, nan if unknown.
    known (Any): Shape (n,), or one for all: whether each is known at all.
    RETURNS (List[Optional[float]]): The probabilities, None if unknown.
    """
    probs = np.minimum(np.exp(log_probs), 1.0).astype(object)
    probs[~(known & ~np.isnan(log_probs))] = None
    return probs.tolist()
