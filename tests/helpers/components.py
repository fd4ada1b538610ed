"""Every component with every output layer, as it is after it has overfit a few sentences."""

from dataclasses import dataclass
from functools import cache

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import fix_random_seed

from spacy_birnn.compiling.pipelines import ARCHITECTURE

from . import ner, segmenter, tagger
from .compiled import compile_in_place
from .models import HEADS
from .training import overfit

FACTORIES = {"birnn_tagger": tagger, "birnn_ner": ner, "birnn_segmenter": segmenter}


@dataclass(frozen=True)
class Case:
    """A component and its output layer.

    factory (str): Name of the component and of its factory.
    head (str): Name of the architecture of the output layer.
    compiled (str): Type of the compiled layers, "float32" or "int8"; "" if they are not compiled.
    """

    factory: str
    head: str
    compiled: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, [self.factory, self.head.split(".")[1], self.compiled]))

    def make_blank(self) -> Language:
        """Make a pipeline whose component is not initialized."""
        nlp = spacy.blank("zh" if self.factory == "birnn_segmenter" else "en")
        model = {**FACTORIES[self.factory].MODEL, "head": {"@architectures": self.head}}
        if self.compiled:
            model = {"@architectures": ARCHITECTURE, "model": model}
        nlp.add_pipe(self.factory, config={"model": model})
        return nlp

    def make_examples(self, nlp: Language):
        """Make the training data: documents of raw text and their gold annotations."""
        return FACTORIES[self.factory].make_examples(nlp)

    def load(self) -> Language:
        """Load a pipeline that has overfit its training data."""
        nlp = self.make_blank().from_bytes(overfit_bytes(self))
        fix_random_seed(0)
        return nlp

    @property
    def score(self) -> str:
        """The score that is 1.0 if every annotation is right."""
        scores = {"birnn_tagger": "tag_acc", "birnn_ner": "ents_f", "birnn_segmenter": "token_f"}
        return scores[self.factory]

    @property
    def texts(self):
        """Texts of all lengths, among them some without words and the training data."""
        known = [example.reference.text for example in self.make_examples(self.make_blank())]
        separator = "" if self.factory == "birnn_segmenter" else " "
        return [known[0], "", *known, "  ", separator.join(known * 20), "a\n\nb  c \t", "", "ok"]

    def annotate(self, doc: Doc, label: str) -> None:
        """Give the first token of a gold document a label."""
        if self.factory == "birnn_tagger":
            doc[0].tag_ = label
        else:
            doc.ents = [Span(doc, 0, 1, label=label)]

    def is_legal(self, doc: Doc, labels) -> bool:
        """Tell whether the component may annotate a document so."""
        if self.factory == "birnn_tagger":
            return all(token.tag_ in labels for token in doc)
        if self.factory == "birnn_ner":
            return all(token.ent_iob != 0 for token in doc)
        return all(token.is_space or token.text == token.text.strip() for token in doc)


CASES = [Case(factory, head) for factory in FACTORIES for head in HEADS]
COMPILED = [
    Case("birnn_tagger", HEADS[0], "float32"),
    Case("birnn_ner", HEADS[1], "float32"),
    Case("birnn_segmenter", HEADS[1], "float32"),
    Case("birnn_tagger", HEADS[1], "int8"),
    Case("birnn_segmenter", HEADS[0], "int8"),
]
# A segmenter has one label, and none of its gold annotations is missing.
LABELLERS = [case for case in CASES if case.factory != "birnn_segmenter"]


@cache
def overfit_bytes(case: Case) -> bytes:
    if case.compiled:
        trained = Case(case.factory, case.head)
        nlp = trained.load()
        compile_in_place(nlp, case.compiled, texts=trained.texts)
        return nlp.to_bytes()
    fix_random_seed(0)
    nlp = case.make_blank()
    losses = overfit(nlp, case.make_examples(nlp), steps=50)
    # In nats, summed over at most 29 tokens: each label has a probability of more than 0.9.
    assert losses[case.factory] < 0.1
    return nlp.to_bytes()
