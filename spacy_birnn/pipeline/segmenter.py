"""`birnn_segmenter`: words of a text, found character by character."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..tags.codepoints import CLASSES, classify, code_points
from ..tags.inner_spaces import InnerSpaces
from ..tags.labels import MISSING, LabelIds
from ..tags.schemes import IntArray, Spans, TagSet
from .defaults import CHAR_MODEL
from .dictionary import WordDictionary, join_words
from .pieces import NONE, Borders, Text
from .resegment import resegment, words_of
from .runs import KINDS, Run, find_runs, find_split_kinds
from .span_labeller import SpanLabeller

# The one type of span that the tags mark.
WORD = "WORD"
FORCE, COMBINE = "force", "combine"
# File of the user dictionary in the folder of the component.
DICTIONARY = "dictionary.txt"
# The tags O, B, M, E and S that a character of each class may have.
LEGAL = np.array(
    [
        {"space": (1, 0, 1, 0, 0), "break": (1, 0, 0, 0, 0)}.get(name, (0, 1, 1, 1, 1))
        for name in CLASSES
    ],
    dtype=bool,
)
SPACE, INSIDE = CLASSES.index("space"), 2
# The tags of the first character of a run that is not split, those between, and the last one.
OPENS, STAYS, CLOSES = np.array([(0, 1, 1, 0, 0), (0, 0, 1, 0, 0), (0, 0, 1, 1, 0)], dtype=bool)


@Language.factory(
    "birnn_segmenter",
    default_config={
        "model": CHAR_MODEL,
        "scorer": {"@scorers": "spacy_birnn.segmenter_scorer.v1"},
        "label_smoothing": 0.0,
        "auxiliary_weight": 0.3,
        "dictionary_mode": "force",
        "keep": [],
        "keep_max_split": 0.1,
        "max_length": 30000,
        "overlap": 32,
        "max_grad_norm": 0.0,
        "soft_labels": 0.0,
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
)
def make_birnn_segmenter(
    nlp: Language,
    name: str,
    model: Model[List[Doc], List[Floats2d]],
    scorer: Optional[Callable],
    label_smoothing: float,
    auxiliary_weight: float,
    dictionary_mode: str,
    keep: List[str],
    keep_max_split: float,
    max_length: int,
    overlap: int,
    max_grad_norm: float,
    soft_labels: float,
) -> "BiRNNSegmenter":
    """Make the component."""
    return BiRNNSegmenter(
        nlp.vocab,
        model,
        name,
        scorer=scorer,
        label_smoothing=label_smoothing,
        auxiliary_weight=auxiliary_weight,
        dictionary_mode=dictionary_mode,
        keep=keep,
        keep_max_split=keep_max_split,
        max_length=max_length,
        overlap=overlap,
        max_grad_norm=max_grad_norm,
        soft_labels=soft_labels,
    )


class Words(NamedTuple):
    """The words of a text.

    text (Text): The text.
    starts (IntArray): Shape (words,): first characters of the words.
    ends (IntArray): Shape (words,): the characters after their last ones.
    """

    text: Text
    starts: IntArray
    ends: IntArray


class BiRNNSegmenter(SpanLabeller):
    """Replace the tokens of a document by words.

    It reads `doc.text`, so it works behind any tokenizer, and it makes a new `Doc`: see
    `resegment` for what it keeps. Each character has a tag of the scheme BMES (Xue 2003), and
    decoding finds the best legal sequence of tags. White space separates words. It is inside a word
    only where words of the training data or of the user dictionary have it there (see
    `InnerSpaces`), and never at an edge. The text never changes.

    If the model has an auxiliary output layer, it learns the tag of the word that a character is
    in. The words of the training data are kept as a lexicon, for the scores of unknown words.

    A user dictionary has words that the model may not know; it is saved with the component. Where
    one of its entries has a tag, its word gets this tag.

    auxiliary_weight (float): Weight of the gradient of the auxiliary output layer.
    dictionary_mode (str): "force": each longest match of the dictionary is a word. "combine": words
        of the model are joined to words of the dictionary, and none is cut.
    keep (List[str]): Runs of characters that are never split: "url" and "email", which are words of
        their own, "number" (1,299.00) and "latin" (iPhone), which may be part of a longer word.
        The user dictionary takes precedence.
    keep_max_split (float): A kind of run is left to the model where the training data split more
        than this share of its runs.
    RAISES (ConfigValidationError): If the mode or a kind of run is unknown, or if the share is not
        between 0 and 1.
    """

    annotation = "words"
    unit = "character"
    embed = "spacy_birnn.CharNgramEmbed.v1"

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str = "birnn_segmenter",
        *,
        auxiliary_weight: float = 0.3,
        dictionary_mode: str = FORCE,
        keep: Sequence[str] = (),
        keep_max_split: float = 0.1,
        **settings: Any,
    ) -> None:
        super().__init__(
            vocab,
            model,
            name,
            auxiliary_weight=auxiliary_weight,
            dictionary_mode=dictionary_mode,
            keep=list(keep),
            keep_max_split=keep_max_split,
            **settings,
        )
        unknown = sorted(set(keep) - set(KINDS))
        self.check_setting(
            not unknown, "keep", f"{unknown} must be of {', '.join(KINDS)}, or left out"
        )
        self.check_setting(
            0 <= keep_max_split <= 1,
            "keep_max_split",
            f"{keep_max_split} must be between 0 and 1",
        )
        self.check_setting(
            auxiliary_weight >= 0, "auxiliary_weight", f"{auxiliary_weight} must be 0 or greater"
        )
        self.check_setting(
            dictionary_mode in (FORCE, COMBINE),
            "dictionary_mode",
            f"'{dictionary_mode}' is unknown, it must be '{FORCE}' or '{COMBINE}'",
        )
        self.cfg["lexicon"] = []
        # Kinds of runs that the training data split.
        self.cfg["split_kinds"] = []
        self._spaces, self._spaces_of = InnerSpaces(), self.cfg["lexicon"]
        self.dictionary = WordDictionary()

    def add_words(self, words: Iterable[str]) -> None:
        """Add words to the user dictionary.

        words (Iterable[str]): The words, each with a tab and its tag if it has one, or the lines
            of a dictionary of jieba with frequencies and tags.
        RAISES (ValueError): If a word is bad; then none is added.
        RAISES (ImportError): If the extra "dictionary" is not installed.
        """
        self.dictionary.add(words)

    @property
    def tag_set(self) -> TagSet:
        return TagSet("BMES", 1)

    @property
    def wants_probabilities(self) -> bool:
        return False

    def read(self, docs: Sequence[Doc]) -> List[Text]:
        return [self._read(doc.text) for doc in docs]

    def _read(self, text: str) -> Text:
        matches = words = Borders(*self.dictionary.find(text))
        if self.cfg["dictionary_mode"] != FORCE:
            words = NONE
        found = find_runs(text, self.cfg["keep"], self.cfg["split_kinds"])
        addresses = _borders_of(run for run in found if run.is_address)
        runs = _borders_of(run for run in found if not run.is_address)
        words = words.union(addresses.outside(words))
        return Text(text, words, runs.outside(words), matches)

    def add_label(self, label: str) -> int:
        """label (str): The one label.
        RETURNS (int): 0 if it is already there, otherwise 1.
        RAISES (ValueError): If it is another label.
        """
        if label != WORD:
            raise ValueError(
                f"The component '{self.name}' finds words and has no label but '{WORD}': use "
                f"birnn_tagger or birnn_ner for labels."
            )
        return super().add_label(label)

    def example_labels(self, example: Example) -> Iterable[str]:
        return {WORD} if words_of(example.reference) else set()

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        return np.concatenate([self._gold_tags(example) for example in examples])

    def _gold_tags(self, example: Example) -> LabelIds:
        text = example.predicted.text
        if text != example.reference.text:
            raise ValueError(
                f"The component '{self.name}' cannot learn from the text "
                f"'{example.reference.text[:50]}', because it is '{text[:50]}' in the document "
                f"to be segmented: both must be the same, white space included."
            )
        words = np.array(words_of(example.reference), dtype=np.int64).reshape(-1, 2)
        return self._tags_of(words[:, 0], words[:, 1], len(text))

    def auxiliary_labels(self, example: Example) -> Iterable[str]:
        return {token.tag_ for token in example.reference if token.tag_}

    def auxiliary_ids(self, examples: Sequence[Example]) -> LabelIds:
        numbers = {label: i for i, label in enumerate(self.cfg["auxiliary_labels"])}
        ids = []
        for example in examples:
            of_text = np.full(len(example.reference.text), MISSING, dtype=np.int64)
            for token in example.reference:
                number = numbers.get(token.tag_, MISSING)
                of_text[token.idx : token.idx + len(token)] = number
            ids.append(of_text)
        return np.concatenate(ids)

    def mask(self, unit: Text) -> NDArray[np.bool_]:
        codes, _, _ = code_points([unit.text])
        classes = classify(codes)
        allowed: Any = LEGAL[classes]
        allowed[:, INSIDE] &= (classes != SPACE) | self._inner_spaces(codes, classes)
        starts, ends = unit.runs
        for places, tags in zip(_split_runs(starts, ends), (OPENS, STAYS, CLOSES)):
            allowed[places] = tags
        if len(unit.words.starts):
            of_words = self._tags_of(*unit.words, len(unit))
            fixed = np.flatnonzero(of_words)
            allowed[fixed] = np.eye(self.n_outputs, dtype=bool)[of_words[fixed]]
        return allowed

    @property
    def _inner_spaces(self) -> InnerSpaces:
        lexicon = self.cfg["lexicon"]
        if self._spaces_of is not lexicon:
            # Pipelines saved by older versions have the lexicon alone, so it is what is stored.
            self._spaces, self._spaces_of = InnerSpaces(lexicon), lexicon
        return self._spaces

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Iterable[str]] = None,
        dictionary: Optional[Path] = None,
    ) -> None:
        """As `SequenceLabeller.initialize`; the words of the examples become the lexicon, which
        the embedding reads, too.

        dictionary (Optional[Path]): A file of words for the user dictionary, one a line, each
            with a tab and its tag if it has one, or a dictionary of jieba. In a config it stands
            under [initialize.components.birnn_segmenter].
        """
        if dictionary is not None:
            self.dictionary.read(dictionary)
        # Imported here: blank pipelines load no models.
        from ..models.ngrams import set_lexicon

        lexicon: Counter = Counter()
        texts: List[str] = []
        borders: List[Set[int]] = []
        for example in get_examples():
            doc = example.reference
            if doc.has_unknown_spaces:
                raise ValueError(
                    f"The component '{self.name}' cannot learn from the words of "
                    f"'{doc.text[:50]}', because it is not known where spaces are in the text: "
                    f"make the document with Doc(…, spaces=…), or by birnn convert."
                )
            text = doc.text
            words = words_of(doc)
            lexicon.update(text[start:end] for start, end in words)
            if self.cfg["keep"]:
                texts.append(text)
                borders.append({place for word in words for place in word})
        broken = sorted(word for word in lexicon if len(word.splitlines()) > 1)
        if broken:
            warnings.warn(
                f"The component '{self.name}' cannot learn {len(broken)} words, such as "
                f"{broken[0]!r}, because no word goes on after the end of a line: fix the corpus.",
                stacklevel=2,
            )
        set_lexicon(self.model, lexicon)
        super().initialize(get_examples, nlp=nlp, labels=labels)
        self.cfg["lexicon"] = sorted(lexicon)
        keep, most = self.cfg["keep"], self.cfg["keep_max_split"]
        self.cfg["split_kinds"] = find_split_kinds(texts, borders, keep, most)

    def predict(self, docs: Sequence[Doc]) -> List[Words]:
        """docs (Sequence[Doc]): Documents.
        RETURNS (List[Words]): The words that the model finds in each.
        """
        texts = self.read(docs)
        found = []
        for text, prediction in zip(texts, self.predict_units(texts)):
            starts, ends, _ = self.tag_set.decode(prediction.ids)
            if self.cfg["dictionary_mode"] == COMBINE:
                starts, ends = join_words(starts, ends, *text.matches)
            found.append(Words(text, starts, ends))
        return found

    def annotator(self) -> Callable[[Doc, Words], Doc]:
        return self._annotate

    def _annotate(self, doc: Doc, words: Words) -> Doc:
        new = resegment(doc, words.text.text, words.starts, words.ends)
        self._set_tags(new, words.text)
        return new

    def set_annotations(self, docs: Iterable[Doc], predictions: Iterable[Any]) -> None:
        """RAISES (NotImplementedError): Always, because the words of a document cannot change."""
        raise NotImplementedError(
            f"The component '{self.name}' makes new documents: call it, or use its pipe()."
        )

    def _tags_of(self, starts: IntArray, ends: IntArray, length: int) -> LabelIds:
        return self.tag_set.encode(Spans(starts, ends, np.zeros_like(starts)), length)

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


def _borders_of(runs: Iterable[Run]) -> Borders:
    pairs = np.array([(run.start, run.end) for run in runs], dtype=np.int64).reshape(-1, 2)
    return Borders(*pairs.T)


def _split_runs(starts: IntArray, ends: IntArray) -> Tuple[IntArray, IntArray, IntArray]:
    """The first characters of runs, those between, and the last ones."""
    sizes = ends - starts - 2
    ranks = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return starts, np.repeat(starts + 1, sizes) + ranks, ends - 1
