"""A tokenizer for pipelines whose segmenter finds the words."""

from typing import Callable

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import DummyTokenizer
from spacy.vocab import Vocab


def make_char_tokenizer() -> Callable[[Language], "CharTokenizer"]:
    """Make the function that creates the tokenizer of a pipeline."""
    return create_tokenizer


def create_tokenizer(nlp: Language) -> "CharTokenizer":
    """Create the tokenizer of a pipeline.

    nlp (Language): The pipeline.
    RETURNS (CharTokenizer): The tokenizer.
    """
    return CharTokenizer(nlp.vocab)


class CharTokenizer(DummyTokenizer):
    """Make each character a token.

    The time is linear in the text; that of spaCy's tokenizer of Chinese is quadratic.

    vocab (Vocab): The shared vocabulary.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Tokenize a text.

        text (str): The text.
        RETURNS (Doc): Its characters as tokens.
        """
        return Doc(self.vocab, words=list(text), spaces=[False] * len(text))
