"""Whole models of a sequence labeller."""

from typing import List

from spacy.ml.models.tok2vec import build_Tok2Vec_model
from spacy.tokens import Doc
from thinc.api import Model, chain
from thinc.types import Floats2d

from .embeddings import WordCharEmbed
from .encoder import BiRNNEncoder
from .heads import Softmax

LabellerT = Model[List[Doc], List[Floats2d]]


def SequenceLabeller(
    tok2vec: Model[List[Doc], List[Floats2d]],
    head: Model[List[Floats2d], List[Floats2d]],
) -> LabellerT:
    """Put an output layer on top of any token-to-vector model.

    tok2vec (Model[List[Doc], List[Floats2d]]): The subnetwork that makes token vectors: a
        `spacy.Tok2Vec.v2`, a listener to a shared one, or a transformer.
    head (Model[List[Floats2d], List[Floats2d]]): The output layer, e.g. `Softmax.v1`.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, labels).
    """
    model: LabellerT = chain(tok2vec, head)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("head", head)
    model.set_ref("output_layer", head.get_ref("output_layer"))
    model.attrs["resize_output"] = resize_labeller
    return model


def resize_labeller(model: LabellerT, nO: int) -> None:
    """Grow the output layer.

    model (Model[List[Doc], List[Floats2d]]): A `SequenceLabeller`.
    nO (int): The new number of labels.
    """
    head = model.get_ref("head")
    head.attrs["resize_output"](head, nO)
    model.set_ref("output_layer", head.get_ref("output_layer"))
    if model.has_dim("nO"):
        model.set_dim("nO", nO, force=True)


def BiLSTMTagger(
    width: int = 256,
    depth: int = 2,
    dropout: float = 0.0,
) -> LabellerT:
    """A stacked bidirectional LSTM tagger in one flat block.

    It builds the same model as the nested blocks `SequenceLabeller.v1`, `Tok2Vec.v2`,
    `WordCharEmbed.v1`, `BiRNNEncoder.v1` and `Softmax.v1`.
    """
    embed = WordCharEmbed(dropout=dropout)
    encode = BiRNNEncoder(width=width, depth=depth, dropout=dropout)
    return SequenceLabeller(build_Tok2Vec_model(embed, encode), Softmax())
