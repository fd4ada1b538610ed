"""`chunker`: noun phrases as spans in `doc.spans["chunks"]`."""

from dataclasses import dataclass

import numpy as np
from spacy.language import Language
from spacy.util import filter_spans

from spacy_birnn.labelling.settings import Settings
from spacy_birnn.labelling.span_scheme import SpanScheme
from spacy_birnn.pipeline.defaults import DEFAULT_MODEL
from spacy_birnn.pipeline.factory import make_factory
from spacy_birnn.pipeline.labelling_pipe import LabellingPipe


@dataclass(frozen=True)
class ChunkerSettings(Settings):
    """spans_key (str): Where the chunks are in `doc.spans`."""

    spans_key: str = "chunks"


class ChunkScheme(SpanScheme):
    """Read the gold chunks of a reference."""

    settings_class = ChunkerSettings
    tag_scheme = "BIOES"

    def gold_spans(self, doc):
        return filter_spans(doc.spans.get(self.settings.spans_key, ()))

    def find_missing(self, example):
        missing = self.settings.spans_key not in example.reference.spans
        return np.full(len(example.predicted), missing)


class Chunker(LabellingPipe):
    """Write the predicted chunks."""

    default_name = "chunker"
    scheme_class = ChunkScheme

    def annotator(self):
        return self.annotate

    def annotate(self, doc, prediction):
        found = self.scheme.tag_set.decode(prediction.ids)
        doc.spans[self.settings.spans_key] = self.scheme.make_spans(doc, found)
        return doc


Language.factory(
    "chunker",
    assigns=["doc.spans"],
    default_config={
        "model": DEFAULT_MODEL,
        "scorer": {"@scorers": "spacy.spancat_scorer.v1"},
        **ChunkerSettings().as_dict(),
    },
    default_score_weights={"spans_chunks_f": 1.0},
    func=make_factory(Chunker),
)
