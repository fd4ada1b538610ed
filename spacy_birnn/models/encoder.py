"""The recurrent encoder, for `spacy.Tok2Vec.v2` and every component that takes a tok2vec."""

from functools import partial
from typing import Callable, List, Optional, Sequence, Tuple, Union

from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import get_width

from ..nn.birnn import CELLS, BiRNN
from ..nn.shim import TorchShim
from .checks import check_at_least, check_rate

SeqT = List[Floats2d]


def BiRNNEncoder(
    width: Union[int, List[int]],
    depth: int = 2,
    cell: str = "lstm",
    bidirectional: bool = True,
    dropout: float = 0.0,
    forget_bias: float = 1.0,
) -> Model[SeqT, SeqT]:
    """Encode context with a stack of recurrent layers.

    width (Union[int, List[int]]): Output width of a layer, both directions together; a list
        has one width a layer.
    depth (int): Number of layers.
    cell (str): "lstm".
    bidirectional (bool): Read the text in both directions.
    dropout (float): Variational dropout on the output of every layer. `[training] dropout`
        replaces it.
    forget_bias (float): Initial bias of the forget gate of an LSTM.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (tokens, width).
    RAISES (ValueError): If a setting is out of its range.
    """
    check_at_least("BiRNNEncoder", "depth", depth, 1)
    widths = [width] * depth if isinstance(width, int) else list(width)
    for value in widths:
        check_at_least("BiRNNEncoder", "width", value, 2 if bidirectional else 1)
    check_rate("BiRNNEncoder", "dropout", dropout)
    build = partial(
        BiRNN, widths=widths, cell=cell, bidirectional=bidirectional, forget_bias=forget_bias
    )
    return Model(
        "birnn_encoder",
        forward,
        init=init,
        dims={"nI": None, "nO": widths[-1]},
        attrs={"dropout_rate": dropout},
        shims=[TorchShim(build)],
    )


def init(model: Model[SeqT, SeqT], X: Optional[SeqT] = None, Y: Optional[SeqT] = None) -> None:
    if X is not None and model.has_dim("nI") is None:
        model.set_dim("nI", get_width(X))
    model.shims[0].initialize(input_size=model.get_dim("nI"))


def forward(model: Model[SeqT, SeqT], Xs: SeqT, is_train: bool) -> Tuple[SeqT, Callable]:
    lengths = [len(X) for X in Xs]
    shim = model.shims[0]
    X = model.ops.flatten(Xs)
    if not is_train:
        return model.ops.unflatten(shim.predict(X, lengths=lengths), lengths), _no_gradient
    Y, backprop_torch = shim.begin_update(X, lengths=lengths, dropout=model.attrs["dropout_rate"])

    def backprop(dYs: SeqT) -> SeqT:
        (dX,) = backprop_torch(model.ops.flatten(dYs))
        return model.ops.unflatten(dX, lengths)

    return model.ops.unflatten(Y, lengths), backprop


def _no_gradient(dYs: SeqT) -> SeqT:
    return []
