"""An embedding of the characters of a text, for word segmentation."""

from functools import partial
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Protocol, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray
from thinc.api import Model
from thinc.types import Floats2d

from ..nn.shim import TorchShim
from ..tags.codepoints import BOUNDARY, CLASSES, classify, code_points, fold
from .bigram_embed import find_bigrams, insert_boundaries
from .checks import check, check_at_least, check_rate
from .hashing import assign_rows
from .lexicon import Lexicon, make_lexicon
from .torch_layer import get_shim, run_module, training_settings


class HasText(Protocol):
    """Anything with a text, such as a document."""

    @property
    def text(self) -> str: ...


InT = List[HasText]
OutT = List[Floats2d]


def CharNgramEmbed(
    char_width: int = 128,
    char_rows: int = 8000,
    bigram_width: int = 64,
    bigram_rows: int = 131072,
    class_width: int = 16,
    hashes: int = 2,
    ngram_dropout: float = 4.0,
    seen_slots: int = 2**22,
    lexicon_length: int = 5,
    lexicon_dropout: float = 1.0,
    dropout: float = 0.0,
) -> Model[InT, OutT]:
    """Embed the characters of a text. The vectors of the character, of the two bigrams that it is
    part of (Ma, Ganchev & Weiss 2018) and of its class are concatenated with matches of the words
    of a lexicon that begin and end with it (Zhang et al. 2018).

    It reads the text and not the tokens. Characters are normalized (NFKC, lower case, digits folded
    to 0) inside the features only. There is no vocabulary: characters and bigrams that do not occur
    in the training data get a vector for "unknown". The lexicon has the words of the training data
    (see `set_lexicon`).

    char_width (int): Width of a character's vector.
    char_rows (int): Rows of the hash table of characters.
    bigram_width (int): Width of a bigram's vector.
    bigram_rows (int): Rows of the hash table of bigrams.
    class_width (int): Width of the vector of the class: Han, kana, Hangul, other letters,
        digits, punctuation, white space or other.
    hashes (int): Rows of a hash table that are summed into one vector (Svenstrup et al. 2017).
    ngram_dropout (float): In training, a character or bigram that has occurred n times so far is
        treated as unknown with probability ngram_dropout / (ngram_dropout + n), independently of
        `[training] dropout`. 0 switches it off: "unknown" then learns nothing.
    seen_slots (int): Slots of the tables of counts of characters and of bigrams, 4 bytes each:
        many times more than characters and bigrams.
    lexicon_length (int): Greatest length of the words of the lexicon; 0 for no lexicon.
    lexicon_dropout (float): A word that occurs n times in the training data is left out of the
        lexicon of a training batch with probability lexicon_dropout / (lexicon_dropout + n),
        independently of `[training] dropout`: 1 makes about as many words unknown as in new text
        of the same kind. 0 switches it off.
    dropout (float): Rate of the dropout on the output. `[training] dropout` replaces it while
        a pipeline is trained.
    RETURNS (Model[List[HasText], List[Floats2d]]): The model, for documents or anything else
        with a `text`. Output shape (characters, width).
    RAISES (ConfigValidationError): If a setting is out of its range.
    """
    block = "CharNgramEmbed"
    sizes = {
        "char_width": char_width,
        "char_rows": char_rows,
        "bigram_width": bigram_width,
        "bigram_rows": bigram_rows,
        "class_width": class_width,
        "hashes": hashes,
        "seen_slots": seen_slots,
    }
    check_at_least(block, 1, **sizes)
    check_at_least(block, 0, lexicon_length=lexicon_length)
    for name, rate in {"ngram_dropout": ngram_dropout, "lexicon_dropout": lexicon_dropout}.items():
        check(rate >= 0, block, name, f"{rate} must not be negative")
    check_rate(block, "dropout", dropout)
    n_matches = 2 * lexicon_length
    build = partial(build_module, classes=len(CLASSES), n_matches=n_matches, **sizes)
    features = CharFeatures(char_rows, bigram_rows, hashes, seen_slots, lexicon_length)
    return Model(
        "char_ngram_embed",
        partial(forward, features, ngram_dropout, lexicon_dropout),
        init=init,
        dims={"nO": char_width + 2 * bigram_width + class_width + n_matches},
        attrs={
            "dropout_rate": dropout,
            "lexicon_length": lexicon_length,
            "lexicon": None,
        },
        shims=[TorchShim(build)],
    )


def build_module(**settings: Any) -> Any:
    """Build the module of `CharNgramEmbed`.

    **settings (Any): See `CharNgramEmbedding`.
    RETURNS (CharNgramEmbedding): The module.
    """
    # Imported here: a compiled model runs without PyTorch.
    from ..nn.char_ngram_embedding import CharNgramEmbedding

    return CharNgramEmbedding(**settings)


def set_lexicon(model: Model, counts: Mapping[str, int]) -> None:
    """Set the lexicon of the embeddings of a model, before it is initialized.

    model (Model): A model with any number of `CharNgramEmbed` inside.
    counts (Mapping[str, int]): Count of each word in the training data.
    """
    for node in model.walk():
        if "lexicon_length" in node.attrs:
            node.attrs["lexicon"] = make_lexicon(counts, node.attrs["lexicon_length"])


def init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Optional[OutT] = None) -> None:
    hashes, counts = model.attrs["lexicon"] or make_lexicon({}, model.attrs["lexicon_length"])
    shim = get_shim(model)
    shim.initialize(lexicon_size=len(hashes))
    shim.set_buffer("lexicon", hashes.view(np.int64))
    shim.set_buffer("lexicon_counts", counts)
    model.attrs["lexicon"] = None


def forward(
    features: "CharFeatures",
    ngram_dropout: float,
    lexicon_dropout: float,
    model: Model[InT, OutT],
    items: InT,
    is_train: bool,
) -> Tuple[OutT, Callable]:
    texts = [item.text for item in items]
    lexicon = get_lexicon(model, is_train, lexicon_dropout)
    settings = training_settings(model, "ngram_dropout", ngram_dropout) if is_train else {}
    arrays = features(texts, lexicon)
    return run_module(model, arrays, [len(text) for text in texts], is_train, **settings)


def get_lexicon(model: Model[InT, OutT], is_train: bool, dropout: float) -> Lexicon:
    """Get the lexicon for a batch, which is a random part of it in training."""
    shim = get_shim(model)
    if not is_train and Lexicon in shim.memo:
        return shim.memo[Lexicon]
    hashes = shim.get_array("lexicon").view(np.uint64)
    if is_train and dropout:
        probs = dropout / (dropout + shim.get_array("lexicon_counts"))
        hashes = hashes[np.random.random(len(hashes)) >= probs]
    lexicon = Lexicon(hashes)
    if not is_train:
        shim.memo[Lexicon] = lexicon
    return lexicon


class CharFeatures(NamedTuple):
    """Turns texts into arguments of `CharNgramEmbedding`. See `CharNgramEmbed` for the sizes."""

    char_rows: int
    bigram_rows: int
    hashes: int
    seen_slots: int
    lexicon_length: int

    def __call__(self, texts: Sequence[str], lexicon: Lexicon) -> List[NDArray[Any]]:
        """Compute the features of texts.

        texts (Sequence[str]): The texts.
        lexicon (Lexicon): The words.
        RETURNS (List[NDArray]): The arguments from `char_ids` to `matches`.
        """
        codes, _, sizes = code_points(texts)
        bounded, positions = insert_boundaries(codes, sizes, BOUNDARY)
        folded = fold(bounded)
        keys, chars = np.unique(folded[positions], return_inverse=True)
        tables = self.seen_slots, self.hashes
        return [
            *assign_rows(keys, self.char_rows, *tables),
            chars,
            *find_bigrams(folded, folded, positions, self.bigram_rows, *tables),
            classify(codes),
            lexicon.match(folded, self.lexicon_length)[positions],
        ]
