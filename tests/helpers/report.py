"""A trained pipeline with its data and log, and a reader of pages."""

import io
from functools import cache
from html.parser import HTMLParser

import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.training.loggers import console_logger_v3
from spacy.util import fix_random_seed

from spacy_birnn.corpora.write import write_docs

from .segmenter import MODEL
from .tagger import SMALL_MODEL
from .training import overfit

# Words, tags, and entities as (first word, the word after the last one, type).
GOLD = [
    (["<script>", "在", "北京", "工作"], ["名", "v", "PRP$", "<b>"], [(2, 3, "<i>LOC")]),
    (["中国", "<img", "src=//x>", "人"], ["ns", "$$", "$$", "名"], [(0, 1, "<i>LOC"), (3, 4, "O")]),
    (["他", "在", "中国"], ["名", "v", "ns"], [(2, 3, "<i>LOC")]),
]  # fmt: skip

# Other annotations of the same texts: the pipeline is wrong about them.
SCORED = [
    *GOLD,
    (["<script>在", "北京", "工作"], ["v", "名", "PRP$"], [(1, 2, "O")]),
    (["中国", "<img", "src=//x>人"], ["ns", "v", "$$"], [(0, 2, "<i>LOC")]),
]

VOID = {"meta", "br", "link", "img", "input", "hr", "base"}


class Page(HTMLParser):
    """Reads a page, and finds whether its tags are balanced."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"{tag} closes {self.open}"
        self.open.pop()

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


def make_doc(vocab, words, tags, entities):
    doc = Doc(vocab, words=words, spaces=[False] * len(words), tags=tags)
    doc.set_ents([Span(doc, *entity) for entity in entities], default="outside")
    return doc


def make_trained(with_words=True):
    """A pipeline that has overfit its data."""
    return _make_blank(with_words).from_bytes(_overfit_bytes(with_words))


def _make_blank(with_words):
    nlp = spacy.blank("zh")
    if with_words:
        nlp.add_pipe("birnn_segmenter", config={"model": MODEL})
    for name in ("birnn_tagger", "birnn_ner"):
        nlp.add_pipe(name, config={"model": SMALL_MODEL, "confidence": True})
    return nlp


@cache
def _overfit_bytes(with_words):
    fix_random_seed(0)
    nlp = _make_blank(with_words)
    golds = [make_doc(nlp.vocab, *gold) for gold in GOLD]
    examples = [Example(Doc(nlp.vocab, [t.text for t in g], [False] * len(g)), g) for g in golds]
    overfit(nlp, examples, steps=40)
    return nlp.to_bytes()


def save(nlp, folder, with_log=True):
    """Save a pipeline with data, and a log as spaCy writes it."""
    losses = dict.fromkeys(nlp.pipe_names, 7.25)
    nlp.meta["performance"] = {f"{name}_loss": loss for name, loss in losses.items()}
    nlp.config["training"]["score_weights"] = {"tag_acc": 0.5, "ents_f": 0.5, "ents_p": 0.0}
    nlp.to_disk(folder / "model-best")
    write_docs(folder / "test.spacy", [make_doc(nlp.vocab, *gold) for gold in SCORED])
    if with_log:
        logger = console_logger_v3(console_output=False, output_file=folder / "training.jsonl")
        log_step, finalize = logger(nlp, io.StringIO(), io.StringIO())
        for step, factor in ((0, 3.0), (20, 2.0), (40, 1.0)):
            row = {"epoch": 0, "step": step, "score": step / 100, "other_scores": {"tag_acc": 0.5}}
            log_step({**row, "losses": {k: v * factor for k, v in losses.items()}})
        finalize()
