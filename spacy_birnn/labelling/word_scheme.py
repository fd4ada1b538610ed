"""Labels of characters: the words of a text."""

import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from spacy.training import Example

from ..tags.codepoints import CLASSES, classify, code_points
from ..tags.inner_spaces import InnerSpaces
from ..tags.labels import MISSING, LabelIds
from ..tags.schemes import IntArray, Spans, TagSet
from .char_texts import CharTexts
from .dictionary import WordDictionary
from .resegment import words_of
from .runs import KINDS, Run, find_runs, find_split_kinds
from .scheme import LabelScheme
from .settings import Problem, Settings
from .units import NONE, CharSpans, Text

# The one type of span that the tags mark.
WORD = "WORD"
FORCE, COMBINE = "force", "combine"
# Which of the tags O, B, M, E and S a character of each class may have.
LEGAL = np.array(
    [
        {"space": (1, 0, 1, 0, 0), "break": (1, 0, 0, 0, 0)}.get(name, (0, 1, 1, 1, 1))
        for name in CLASSES
    ],
    dtype=bool,
)
SPACE, INSIDE = CLASSES.index("space"), 2
# The same for the first character of a run that is not split, the inner ones and the last one.
OPENS, STAYS, CLOSES = np.array([(0, 1, 1, 0, 0), (0, 0, 1, 0, 0), (0, 0, 1, 1, 0)], dtype=bool)


@dataclass(frozen=True)
class SegmenterSettings(Settings):
    """Settings of `birnn_segmenter`.

    auxiliary_weight (float): Weight of the loss of the auxiliary output layer.
    dictionary_mode (str): "force": each longest match of the dictionary is a word. "combine":
        predicted words are joined to words of the dictionary, and none is split.
    keep (List[str]): Runs of characters that are never split: "url" and "email", which are words,
        "number" (1,299.00) and "latin" (iPhone), which may be part of a longer word. The user
        dictionary takes precedence.
    keep_max_split (float): Leave a kind of run to the model if the training data split more than
        this share of its runs.
    """

    auxiliary_weight: float = 0.3
    dictionary_mode: str = FORCE
    keep: List[str] = field(default_factory=list)
    keep_max_split: float = 0.1

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        unknown = sorted(set(self.keep) - set(KINDS))
        if unknown:
            yield "keep", f"{unknown} must be of {', '.join(KINDS)}, or left out"
        if not 0 <= self.keep_max_split <= 1:
            yield "keep_max_split", f"{self.keep_max_split} must be between 0 and 1"
        if self.auxiliary_weight < 0:
            yield "auxiliary_weight", f"{self.auxiliary_weight} must be 0 or greater"
        if self.dictionary_mode not in (FORCE, COMBINE):
            yield (
                "dictionary_mode",
                f"'{self.dictionary_mode}' is unknown, it must be '{FORCE}' or '{COMBINE}'",
            )


class CharacterTags(LabelScheme):
    """Label each character with the tag of its word, with one output for each tag."""

    unit = "character"

    def find_labels(self, example: Example) -> Iterable[str]:
        return {token.tag_ for token in example.reference if token.tag_}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        numbers = {label: i for i, label in enumerate(self.labels)}
        ids = []
        for example in examples:
            of_text = np.full(len(example.reference.text), MISSING, dtype=np.int64)
            for token in example.reference:
                number = numbers.get(token.tag_, MISSING)
                of_text[token.idx : token.idx + len(token)] = number
            ids.append(of_text)
        return np.concatenate(ids)


class WordScheme(LabelScheme):
    """Mark words by the tag scheme BMES (Xue 2003), with O for white space.

    White space is inside a word only where words of the training data have it (see `InnerSpaces`).
    A mask enforces matches of the user dictionary, addresses and runs that are not split.

    name (str): Name of the component.
    settings (SegmenterSettings): The settings of the component.
    """

    kind = "words"
    unit = "character"
    embed = "spacy_birnn.CharNgramEmbed.v1"
    settings_class = SegmenterSettings
    settings: SegmenterSettings

    def __init__(self, name: str, settings: SegmenterSettings) -> None:
        super().__init__(name, settings)
        self.dictionary = WordDictionary()
        self.auxiliary: CharacterTags = CharacterTags(name, Settings())
        # Words of the training data, and the kinds of runs that they split.
        self.lexicon: List[str] = []
        self.split_kinds: List[str] = []
        self._inner_spaces: Optional[InnerSpaces] = None
        self._text_of = CharTexts()

    @property
    def auxiliary_weight(self) -> float:  # type: ignore[override]
        return self.settings.auxiliary_weight

    @property
    def tag_set(self) -> TagSet:
        return TagSet("BMES", 1)

    def add(self, label: str) -> bool:
        if label != WORD:
            raise ValueError(
                f"The component '{self.name}' finds words and has no label but '{WORD}': use "
                f"birnn_tagger or birnn_ner for labels."
            )
        return super().add(label)

    def find_labels(self, example: Example) -> Iterable[str]:
        return {WORD} if words_of(example.reference) else set()

    def read(self, docs: Sequence[Doc]) -> List[Text]:
        return [self._read(self._text_of(doc)) for doc in docs]

    def _read(self, text: str) -> Text:
        matches = CharSpans(*self.dictionary.find(text)) if len(self.dictionary) else NONE
        words = matches if self.settings.dictionary_mode == FORCE else NONE
        found = find_runs(text, self.settings.keep, self.split_kinds)
        if not found:
            return Text(text, words, NONE, matches)
        addresses = _spans_of(run for run in found if run.is_address)
        runs = _spans_of(run for run in found if not run.is_address)
        words = words.union(addresses.outside(words))
        return Text(text, words, runs.outside(words), matches)

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

    def mask(self, unit: Text) -> NDArray[np.bool_]:
        return self.masks([unit])

    def masks(self, units: Sequence[Text]) -> NDArray[np.bool_]:
        codes, firsts, sizes = code_points([unit.text for unit in units])
        classes = classify(codes)
        allowed: Any = LEGAL[classes]
        if self._inner_spaces is None:
            self._inner_spaces = InnerSpaces(self.lexicon)
        inner = self._inner_spaces(codes, classes)
        # The edges of a text are not inside a word.
        inner[firsts[sizes > 0]] = inner[(firsts + sizes - 1)[sizes > 0]] = False
        allowed[:, INSIDE] &= (classes != SPACE) | inner
        runs = _join_spans(firsts, [unit.runs for unit in units])
        for places, tags in zip(_split_runs(*runs), (OPENS, STAYS, CLOSES)):
            allowed[places] = tags
        words = _join_spans(firsts, [unit.words for unit in units])
        if len(words.starts):
            of_words = self._tags_of(*words, len(codes))
            fixed = np.flatnonzero(of_words)
            allowed[fixed] = np.eye(self.n_outputs, dtype=bool)[of_words[fixed]]
        return allowed

    def training_mask(self, doc: Doc) -> NDArray[np.bool_]:
        # The user dictionary and the kinds of runs to keep may change, so the model learns both.
        return self.mask(Text(doc.text))

    def learn_words(self, examples: Iterable[Example]) -> Counter:
        """Learn the lexicon of the training data, and the kinds of runs that they split.

        A warning counts words with a line break, which cannot be predicted.

        examples (Iterable[Example]): The training data.
        RETURNS (Counter): The frequency of each word.
        RAISES (ValueError): If it is unknown where a text has spaces.
        """
        lexicon: Counter = Counter()
        texts: List[str] = []
        borders: List[Set[int]] = []
        for example in examples:
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
            if self.settings.keep:
                texts.append(text)
                borders.append({place for word in words for place in word})
        broken = sorted(word for word in lexicon if len(word.splitlines()) > 1)
        if broken:
            warnings.warn(
                f"The component '{self.name}' cannot learn {len(broken)} words, such as "
                f"{broken[0]!r}, because no word goes on after the end of a line: fix the corpus.",
                stacklevel=2,
            )
        self.lexicon, self._inner_spaces = sorted(lexicon), None
        self.split_kinds = find_split_kinds(
            texts, borders, self.settings.keep, self.settings.keep_max_split
        )
        return lexicon

    def forget_words(self) -> None:
        """Forget the words of the training data, which only the scores of words outside them need.
        Words with white space stay, because they say where else it may be inside a word.
        """
        self.lexicon = [word for word in self.lexicon if len(word.split()) > 1]

    def state(self) -> Dict[str, Any]:
        learned = {
            "lexicon": self.lexicon,
            "split_kinds": self.split_kinds,
            "auxiliary_labels": self.auxiliary.labels,
        }
        return {**super().state(), **learned}

    def load_state(self, state: Dict[str, Any]) -> None:
        super().load_state(state)
        self.lexicon, self._inner_spaces = list(state.get("lexicon", [])), None
        self.split_kinds = list(state.get("split_kinds", []))
        self.auxiliary.labels = list(state.get("auxiliary_labels", []))

    def _tags_of(self, starts: IntArray, ends: IntArray, length: int) -> LabelIds:
        return self.tag_set.encode(Spans(starts, ends, np.zeros_like(starts)), length)


def _spans_of(runs: Iterable[Run]) -> CharSpans:
    pairs = [(run.start, run.end) for run in runs]
    return CharSpans(*np.array(pairs, dtype=np.int64).T) if pairs else NONE


def _join_spans(firsts: IntArray, spans: Sequence[CharSpans]) -> CharSpans:
    """Join the spans of texts whose characters are concatenated."""
    found = [(first, s) for first, s in zip(firsts.tolist(), spans) if len(s.starts)]
    if not found:
        return NONE
    return CharSpans(*np.concatenate([np.add(s, first) for first, s in found], axis=1))


def _split_runs(starts: IntArray, ends: IntArray) -> Tuple[IntArray, IntArray, IntArray]:
    """Find the first, the inner and the last characters of runs."""
    sizes = ends - starts - 2
    ranks = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return starts, np.repeat(starts + 1, sizes) + ranks, ends - 1
