"""The word vectors of the vocabulary beside the ones that an embedding block learns."""

from typing import Callable, List, Tuple

from spacy.ml.staticvectors import StaticVectors
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain, concatenate, list2ragged, ragged2list
from thinc.types import Floats2d, Ragged

from .torch_layer import no_backprop

InT = List[Doc]
OutT = List[Floats2d]


def with_static_vectors(
    embed: Model[InT, OutT], width: int, dropout: float = 0.0
) -> Model[InT, OutT]:
    """Concatenate static word vectors, projected by a matrix, to an embedding. The matrix is
    learned, the vectors are not. Words without a vector get zeros.

    embed (Model[List[Doc], List[Floats2d]]): The embedding, of known width.
    width (int): Width of the projection.
    dropout (float): Rate of the dropout on the projection.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, width of the
        embedding + width). It raises a ValueError for a vocabulary without vectors.
    """
    project = StaticVectors(width)
    # Its own dropout drops a dimension from all tokens of a batch, and `[training] dropout` sets
    # its rate; the rest of the embedding drops single values.
    del project.attrs["dropout_rate"]
    static: Model[InT, Ragged] = chain(project, Dropout(dropout))
    both: Model[InT, Ragged] = concatenate(chain(embed, list2ragged()), static)
    model: Model[InT, OutT] = chain(require_vectors(), both, ragged2list())
    model.set_dim("nO", embed.get_dim("nO") + width)
    return model


def require_vectors() -> Model[InT, InT]:
    """Check that the vocabulary has vectors.

    RETURNS (Model[List[Doc], List[Doc]]): A layer that returns its input, and raises a ValueError
        if the vocabulary has no vectors.
    """
    return Model("require_vectors", forward)


def forward(model: Model[InT, InT], docs: InT, is_train: bool) -> Tuple[InT, Callable]:
    if docs and 0 in docs[0].vocab.vectors.shape:
        raise ValueError(
            "The vocabulary has no word vectors, which include_static_vectors = true in "
            "spacy_birnn.WordCharEmbed.v1 needs: set [initialize] vectors to a pipeline that "
            "has them, or set include_static_vectors to false."
        )
    return docs, no_backprop
