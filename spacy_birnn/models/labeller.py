"""Complete models of a sequence labeller: token vectors and output layers."""

from typing import List, Optional, Sequence

from spacy.ml.models.tok2vec import build_Tok2Vec_model
from spacy.tokens import Doc
from thinc.api import Model, chain
from thinc.types import Floats2d

from .auxiliary_head import with_auxiliary
from .checks import check
from .encoder import BiRNNEncoder
from .heads import get_methods
from .softmax_head import Softmax
from .word_char_embed import WordCharEmbed

LabellerT = Model[List[Doc], List[Floats2d]]


def SequenceLabeller(
    tok2vec: Model[List[Doc], List[Floats2d]],
    head: Model[List[Floats2d], List[Floats2d]],
    auxiliary: Optional[Model[List[Floats2d], List[Floats2d]]] = None,
) -> LabellerT:
    """Add an output layer to any token-to-vector model.

    tok2vec (Model[List[Doc], List[Floats2d]]): The token-to-vector model: a `spacy.Tok2Vec.v2` or
        a listener to a shared one.
    head (Model[List[Floats2d], List[Floats2d]]): The output layer, e.g. `Softmax.v1`.
    auxiliary (Optional[Model[List[Floats2d], List[Floats2d]]]): A second output layer for related
        labels, see `with_auxiliary`.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, labels).
    RAISES (ConfigValidationError): If an output layer is not one of this package.
    """
    for setting, layer in {"head": head, "auxiliary": auxiliary}.items():
        check(
            layer is None or "methods" in layer.attrs,
            "SequenceLabeller",
            setting,
            "this layer is for other models, it must be spacy_birnn.Softmax.v1 or "
            "spacy_birnn.CRF.v1",
        )
    output = head if auxiliary is None else with_auxiliary(head, auxiliary)
    model: LabellerT = chain(tok2vec, output)
    model.set_ref("auxiliary", auxiliary)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("head", head)
    model.set_ref("output_layer", head.get_ref("output_layer"))
    model.attrs["resize_output"] = resize_labeller
    return model


def resize_labeller(model: LabellerT, nO: int) -> None:
    """Add labels to the output layer.

    model (Model[List[Doc], List[Floats2d]]): A `SequenceLabeller`.
    nO (int): The new number of labels.
    """
    head = model.get_ref("head")
    get_methods(head).resize(head, nO)
    model.set_ref("output_layer", head.get_ref("output_layer"))
    for node in (model, model.layers[-1]):
        if node.has_dim("nO"):
            node.set_dim("nO", nO, force=True)


def BiLSTMTagger(
    width: int = 256,
    depth: int = 2,
    dropout: float = 0.0,
    word_width: int = 100,
    word_rows: int = 10000,
    affix_width: int = 32,
    affix_rows: int = 2000,
    prefixes: Sequence[int] = (1, 3),
    suffixes: Sequence[int] = (2, 3, 4),
    char_encoder: str = "cnn",
    char_width: int = 64,
    word_dropout: float = 4.0,
) -> LabellerT:
    """Build an embedding, a stacked bidirectional LSTM and a softmax from one flat block.

    It builds the same model as `SequenceLabeller.v1` with `spacy.Tok2Vec.v2`,
    `WordCharEmbed.v1`, `BiRNNEncoder.v1` and `Softmax.v1`, whose other settings keep their
    defaults.

    width (int): Output width of a layer, both directions together.
    depth (int): Number of layers.
    dropout (float): Dropout rate. `[training] dropout` replaces it while a pipeline is trained.
    word_width (int): See `WordCharEmbed`, as for all other settings.
    word_rows (int): Rows of the words' hash table.
    affix_width (int): Width of the vectors of affixes and shape.
    affix_rows (int): Rows of the hash table of each.
    prefixes (Sequence[int]): Lengths of the prefixes.
    suffixes (Sequence[int]): Lengths of the suffixes.
    char_encoder (str): "cnn" or "birnn", a bidirectional LSTM over the characters.
    char_width (int): Width of the character encoder's output; 0 for none.
    word_dropout (float): Rate at which rare words are treated as unknown in training.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Output shape (tokens, labels).
    RAISES (ConfigValidationError): If a setting is out of its range.
    """
    embed = WordCharEmbed(
        word_width=word_width,
        word_rows=word_rows,
        affix_width=affix_width,
        affix_rows=affix_rows,
        prefixes=prefixes,
        suffixes=suffixes,
        char_encoder=char_encoder,
        char_width=char_width,
        word_dropout=word_dropout,
        dropout=dropout,
    )
    encode = BiRNNEncoder(width=width, depth=depth, dropout=dropout)
    return SequenceLabeller(build_Tok2Vec_model(embed, encode), Softmax())
