"""The recurrent encoder, for `spacy.Tok2Vec.v2` and every component that takes a tok2vec."""

from functools import partial
from typing import Any, Callable, List, Optional, Tuple, Union

from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import get_width

from ..nn.choices import CELL_NAMES, PRECISIONS
from ..nn.shim import TorchShim
from .checks import check, check_at_least, check_choice, check_rate
from .parts import join_parts
from .torch_layer import get_shim, run_module

SeqT = List[Floats2d]


def BiRNNEncoder(
    width: Union[int, List[int]],
    depth: int = 2,
    cell: str = "lstm",
    bidirectional: bool = True,
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
    residual: bool = False,
    layer_norm: bool = False,
    forget_bias: float = 1.0,
    learn_initial_state: bool = False,
    bptt: int = 0,
    window: int = 1000,
    overlap: int = 32,
    precision: str = "auto",
) -> Model[SeqT, SeqT]:
    """Encode context with a stack of recurrent layers (Graves & Schmidhuber 2005).

    A sequence gets the same vectors in every batch; in bfloat16 they may differ by rounding.

    width (Union[int, List[int]]): Output width of a layer, both directions together: 256 is
        128 per direction. A list has one width per layer.
    depth (int): Number of layers.
    cell (str): "lstm", "gru", "rnn_tanh" or "rnn_relu".
    bidirectional (bool): Read the sequence in both directions.
    dropout (float): Rate of the variational dropout on the output of every layer.
        `[training] dropout` replaces it while a pipeline is trained.
    recurrent_dropout (float): Rate of the dropout on the hidden-to-hidden weights, the
        same at every step (Merity et al. 2018).
    residual (bool): Add the input of every layer to its output (He et al. 2016), through a
        matrix where their widths differ.
    layer_norm (bool): Normalize the result of every layer (Ba et al. 2016).
    forget_bias (float): Initial bias of the LSTM's forget gate (Jozefowicz et al. 2015).
    learn_initial_state (bool): Learn the state before the first step, in each direction;
        otherwise it is zero.
    bptt (int): Steps after which the gradient is cut in training (truncated backpropagation
        through time, Williams & Peng 1990); 0 for never. The output is the same.
    window (int): Greatest length of a sequence that is read as a whole. A longer one is cut into
        windows of about equal length, which are read in parallel; 0 for no limit.
    overlap (int): Items of context on either side of a window's own items.
    precision (str): Type that the layers compute in: "auto" for bfloat16 in prediction on CPUs with
        instructions for it, and float32 otherwise; "fast" for the same in training as well;
        "float32"; "bfloat16"; or "float16", for GPUs. Weights are stored in float32.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The model. Output shape (items, width).
    RAISES (ConfigValidationError): If a setting is out of its range.
    """
    block = "BiRNNEncoder"
    check_at_least(block, 1, depth=depth)
    widths = [width] * depth if isinstance(width, int) else list(width)
    check(len(widths) == depth, block, "width", f"{widths} must have one width per layer: {depth}")
    for layer_width in widths:
        check_at_least(block, 2 if bidirectional else 1, width=layer_width)
    check_choice(block, "cell", cell, CELL_NAMES)
    check_rate(block, "dropout", dropout)
    check_rate(block, "recurrent_dropout", recurrent_dropout)
    check_at_least(block, 0, bptt=bptt, overlap=overlap)
    fits = window == 0 or window > 2 * overlap
    check(fits, block, "window", f"{window} must be 0, or more than twice the overlap ({overlap})")
    check_choice(block, "precision", precision, PRECISIONS)
    build = partial(
        build_module,
        widths=widths,
        cell=cell,
        bidirectional=bidirectional,
        recurrent_dropout=recurrent_dropout,
        residual=residual,
        layer_norm=layer_norm,
        forget_bias=forget_bias,
        learn_initial_state=learn_initial_state,
        bptt=bptt,
        window=window,
        overlap=overlap,
        precision=precision,
    )
    # In some releases of PyTorch, cuDNN computes in float16 instead of bfloat16.
    is_half = precision in ("float16", "bfloat16")
    return Model(
        "birnn_encoder",
        forward,
        init=init,
        dims={"nI": None, "nO": widths[-1]},
        attrs={"dropout_rate": dropout},
        shims=[TorchShim(build, scale_gradients=is_half)],
    )


def build_module(**settings: Any) -> Any:
    """Build the module of `BiRNNEncoder`.

    **settings (Any): See `BiRNN`.
    RETURNS (BiRNN): The module.
    """
    # Imported here: a compiled model runs without PyTorch.
    from ..nn.birnn import BiRNN

    return BiRNN(**settings)


def init(model: Model[SeqT, SeqT], X: Optional[SeqT] = None, Y: Optional[SeqT] = None) -> None:
    if X is not None and model.has_dim("nI") is None:
        model.set_dim("nI", get_width(X))
    get_shim(model).initialize(input_size=model.get_dim("nI"))


def forward(
    model: Model[SeqT, SeqT], Xs: SeqT, is_train: bool
) -> Tuple[SeqT, Callable[[SeqT], SeqT]]:
    lengths = [len(x) for x in Xs]
    if not is_train:
        X = join_parts(model.ops, Xs)
        return run_module(model, [X], lengths, is_train, memo=get_shim(model).memo)
    X = model.ops.flatten(Xs)
    dropout = model.attrs["dropout_rate"]
    return run_module(model, [X], lengths, is_train, dropout=dropout, learn=True)
