"""Labels of spans of tokens that do not overlap."""

from typing import Any, Iterable, List, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..tags.labels import MISSING, LabelIds
from ..tags.schemes import Spans, TagSet
from .alignment import same_tokens
from .scheme import LabelScheme


class SpanScheme(LabelScheme):
    """Translate between spans and tags, with one output for each tag.

    A task is a subclass with `gold_spans`, and `find_missing` where an annotation may be missing.
    `tag_scheme` is a name of `tags.schemes.SCHEMES`, for example "BIOES".
    """

    tag_scheme = "BILUO"

    @property
    def tag_set(self) -> TagSet:
        """Get the tags of the labels."""
        return TagSet(self.tag_scheme, len(self.labels))

    def gold_spans(self, doc: Doc) -> Sequence[Span]:
        """Get the spans of a reference.

        doc (Doc): The reference.
        RETURNS (Sequence[Span]): Its spans, in order and without overlaps.
        """
        raise NotImplementedError

    def find_missing(self, example: Example) -> NDArray[np.bool_]:
        """Find the tokens whose annotation is missing.

        example (Example): An example.
        RETURNS (NDArray[np.bool_]): Shape (tokens,): whether it is missing for a predicted token.
        """
        return np.zeros(len(example.predicted), dtype=bool)

    def find_labels(self, example: Example) -> Iterable[str]:
        """Collect the labels of the spans of a reference."""
        return {span.label_ for span in self.gold_spans(example.reference)}

    def gold_ids(self, examples: Sequence[Example]) -> LabelIds:
        """Encode the spans of the references as tags of the predicted tokens."""
        return np.concatenate([self._gold_tags(example) for example in examples])

    def make_spans(self, doc: Doc, spans: Spans) -> List[Span]:
        """Make the spans of a document.

        doc (Doc): The document.
        spans (Spans): Their borders and labels, for example from `tag_set.decode`.
        RETURNS (List[Span]): The spans.
        """
        rows = zip(*(column.tolist() for column in spans))
        return [Span(doc, start, end, label=self.labels[label]) for start, end, label in rows]

    def _gold_tags(self, example: Example) -> LabelIds:
        gold: Any = self.gold_spans(example.reference)
        if not same_tokens(example):
            gold = example.get_aligned_spans_y2x(gold, allow_overlap=False)
        columns = (
            [span.start for span in gold],
            [span.end for span in gold],
            self.label_ids(span.label_ for span in gold),
        )
        spans = Spans(*(np.array(column, dtype=np.int64) for column in columns))
        tags = self.tag_set.encode(spans, len(example.predicted))
        tags[self.find_missing(example)] = MISSING
        return tags
