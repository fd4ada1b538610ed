"""A tokenizer for pipelines whose segmenter finds the words."""

from typing import Any, Callable, Dict

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
        # The hash of each character.
        self._orths: Dict[str, int] = {}

    def __call__(self, text: str) -> Doc:
        """Tokenize a text.

        text (str): The text.
        RETURNS (Doc): Its characters as tokens.
        """
        spaces = [False] * len(text)
        try:
            # From hashes, a document is made in half the time.
            orths: Any = [self._orths[char] for char in text]
            return Doc(self.vocab, words=orths, spaces=spaces)
        except KeyError:
            # Some characters are new, or were stored in a memory zone that has ended.
            self._orths.update((char, self.vocab.strings.add(char)) for char in set(text))
            return Doc(self.vocab, words=list(text), spaces=spaces)
