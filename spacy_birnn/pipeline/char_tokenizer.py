"""A tokenizer for pipelines whose segmenter finds the words."""

from typing import Callable

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import DummyTokenizer
from spacy.vocab import Vocab


def make_char_tokenizer() -> Callable[[Language], "CharTokenizer"]:
    """RETURNS (Callable[[Language], CharTokenizer]): Makes the tokenizer of a pipeline."""
    return create_tokenizer


def create_tokenizer(nlp: Language) -> "CharTokenizer":
    """nlp (Language): The pipeline.
    RETURNS (CharTokenizer): Its tokenizer.
    """
    return CharTokenizer(nlp.vocab)


class CharTokenizer(DummyTokenizer):
    """Each character is a token, in time linear in the text. (That of spaCy's tokenizer of Chinese
    grows with the square.)

    vocab (Vocab): The shared vocabulary.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """text (str): A text.
        RETURNS (Doc): Its characters.
        """
        return Doc(self.vocab, words=list(text), spaces=[False] * len(text))
