"""`birnn_segmenter`: words of a text, predicted character by character."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..labelling.dictionary import WordDictionary, join_words
from ..labelling.initialization import GetExamples
from ..labelling.resegment import resegment
from ..labelling.units import Text
from ..labelling.word_scheme import COMBINE, SegmenterSettings, WordScheme
from ..runtime.compiled_models import refuse_training
from ..tags.schemes import IntArray
from .defaults import CHAR_MODEL
from .factory import make_factory
from .labelling_pipe import LabellingPipe

# File of the user dictionary in the folder of the component.
DICTIONARY = "dictionary.txt"


class Words(NamedTuple):
    """The words of a text.

    text (Text): The text.
    starts (IntArray): Shape (words,): first characters of the words.
    ends (IntArray): Shape (words,): ends of the words, exclusive.
    """

    text: Text
    starts: IntArray
    ends: IntArray


class BiRNNSegmenter(LabellingPipe):
    """Replace the tokens of a document by words.

    It reads `doc.text`, so it works after any tokenizer. It makes a new `Doc` with the same text;
    `resegment` says what else it keeps.

    An auxiliary output layer learns the tag of the word that a character is in. The words of the
    training data are stored as a lexicon, for the scores of out-of-vocabulary words. The user
    dictionary is saved with the component; a word that has a tag in it gets this tag.

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], List[Floats2d]]): The model.
    name (str): Name of the component.
    scorer (Optional[Callable]): The scoring method; None for no scores.
    **settings (Any): See `SegmenterSettings`.
    RAISES (ConfigValidationError): If a setting is out of its range.
    """

    default_name = "birnn_segmenter"
    scheme_class = WordScheme
    scheme: WordScheme

    @property
    def dictionary(self) -> WordDictionary:
        """Get the user dictionary."""
        return self.scheme.dictionary

    @dictionary.setter
    def dictionary(self, dictionary: WordDictionary) -> None:
        self.scheme.dictionary = dictionary

    def add_words(self, words: Iterable[str]) -> None:
        """Add words to the user dictionary.

        words (Iterable[str]): The words, each with a tab and its tag if it has one, or the lines
            of a jieba dictionary with frequencies and tags.
        RAISES (ValueError): If a word is invalid; then none is added.
        RAISES (ImportError): If the extra "dictionary" is not installed.
        """
        self.dictionary.add(words)

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Iterable[str]] = None,
        dictionary: Optional[Path] = None,
    ) -> None:
        """Initialize as `LabellingPipe.initialize` does, and learn the lexicon.

        dictionary (Optional[Path]): A file for the user dictionary with one word per line, each
            with a tab and its tag if it has one, or a jieba dictionary. In a config it is set in
            [initialize.components.birnn_segmenter].
        """
        refuse_training(self.name, self.model)
        if dictionary is not None:
            self.dictionary.read(dictionary)
        # Imported here: blank pipelines load no models.
        from ..models.char_ngram_embed import set_lexicon

        set_lexicon(self.model, self.scheme.learn_words(get_examples()))
        super().initialize(get_examples, nlp=nlp, labels=labels)

    def predict(self, docs: Sequence[Doc]) -> List[Words]:
        """Find the words of documents.

        docs (Sequence[Doc]): The documents.
        RETURNS (List[Words]): The words of each.
        """
        texts = self.scheme.read(docs)
        ids = [prediction.ids for prediction in self.decoder.predict(texts)]
        found = []
        for text, (starts, ends, _) in zip(texts, self.scheme.tag_set.decode_all(ids)):
            if self.scheme.settings.dictionary_mode == COMBINE:
                starts, ends = join_words(starts, ends, *text.matches)
            found.append(Words(text, starts, ends))
        return found

    def annotator(self) -> Callable[[Doc, Words], Doc]:
        return self._annotate

    def _annotate(self, doc: Doc, words: Words) -> Doc:
        new = resegment(doc, words.text.text, words.starts, words.ends)
        if len(words.text.matches.starts):
            self._set_tags(new, words.text)
        return new

    def set_annotations(self, docs: Iterable[Doc], predictions: Iterable[Any]) -> None:
        """Refuse to annotate in place, because the words of a document cannot change.

        RAISES (NotImplementedError): Always.
        """
        raise NotImplementedError(
            f"The component '{self.name}' makes new documents: call it, or use its pipe()."
        )

    def _set_tags(self, doc: Doc, text: Text) -> None:
        for start, end in zip(*(places.tolist() for places in text.matches)):
            tag = self.dictionary.tag(text.text[start:end])
            span = doc.char_span(start, end) if tag else None
            if span is not None and len(span) == 1 and not span[0].tag:
                span[0].tag_ = tag

    def writers(self) -> Dict[str, Callable[[], bytes]]:
        return {**super().writers(), DICTIONARY: self.dictionary.to_bytes}

    def readers(self) -> Dict[str, Callable[[bytes], Any]]:
        return {**super().readers(), DICTIONARY: self.dictionary.from_bytes}


make_birnn_segmenter = Language.factory(
    "birnn_segmenter",
    default_config={
        "model": CHAR_MODEL,
        "scorer": {"@scorers": "spacy_birnn.segmenter_scorer.v1"},
        **SegmenterSettings().as_dict(),
    },
    default_score_weights={
        "token_f": 1.0,
        "token_p": 0.0,
        "token_r": 0.0,
        "oov_recall": 0.0,
        "iv_recall": 0.0,
        "oov_rate": None,
        "token_acc": None,
    },
    retokenizes=True,
    func=make_factory(BiRNNSegmenter),
)
