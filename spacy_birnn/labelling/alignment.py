"""Comparison of the tokens of a prediction and of its reference."""

import numpy as np
from spacy.attrs import ORTH
from spacy.training import Example


def same_tokens(example: Example) -> bool:
    """Check whether the two documents of an example have the same tokens.

    example (Example): An example.
    RETURNS (bool): Whether they do.
    """
    predicted, reference = example.predicted, example.reference
    return np.array_equal(predicted.to_array([ORTH]), reference.to_array([ORTH]))
