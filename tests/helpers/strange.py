"""Strange texts, small pipelines to try them on, and what must hold for any text."""

import random

import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from .models import CHAR_EMBEDDING, LABELLER, WORD_EMBEDDING
from .training import overfit

# Words with their tags, and entities as first word, the one after the last, and label.
SENTENCES = [
    (["他", "在", "北京", "工作", "。"], "PRVVU", [(2, 3, "LOC")]),
    (["中国", "人民", "在", "北京", "。"], "NNPNU", [(0, 1, "LOC"), (3, 4, "LOC")]),
    (["Anna ", "Lopez ", "met ", "Bob", "."], "NNVNU", [(0, 2, "PER"), (3, 4, "PER")]),
]
ENCODE = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 16, "depth": 1}
EMBED = {
    # With dropout of features, which is random, as by default.
    "birnn_segmenter": {**CHAR_EMBEDDING, "ngram_dropout": 4.0, "lexicon_dropout": 1.0},
    "birnn_tagger": {**WORD_EMBEDDING, "word_dropout": 4.0},
    "birnn_ner": {**WORD_EMBEDDING, "word_dropout": 4.0},
}
HEADS = {
    "birnn_segmenter": "spacy_birnn.Softmax.v1",
    "birnn_tagger": "spacy_birnn.Softmax.v1",
    "birnn_ner": "spacy_birnn.CRF.v1",
}
COMPONENTS = list(EMBED)
# Each alone, and all in a row.
PIPELINES = [*((name,) for name in COMPONENTS), tuple(COMPONENTS)]

# NUL, byte-order marks, controls, directions, joiners, combining marks, line ends, wide spaces,
# noncharacters, the replacement character, private use, variation selectors, tags.
ODD = (
    "\0\x01\x1b\x7f\x85\xa0\xad\u0301\u0345\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a"
    "\u202e\u2060\u2066\u3000\ufeff\ufffe\uffff\ufffd\ue000\ufe0f\U000e0001\U0010ffff\t\r\n\x0b\x0c"
)
WORDS = [
    "שלום",
    "مرحبا",
    "北京",
    "Việt ",
    "Straße",
    "👩‍👩‍👧",
    "e\u0301",
    "١٢٣",
    "ﬁ",
    "１２",
    "\r\n",
    "  ",
]
EDGES = ["", " ", "\n", "\0", "\ufeff", "   ", "\u3000", "\u202e", " \t\r\n\u2028", "\U0010ffff"]


def make_corpus(n_docs, seed=0):
    """Texts from every plane of Unicode, and mixtures."""
    draw = random.Random(seed)

    def of_plane(plane):
        code = (plane << 16) + draw.randrange(0x10000)
        return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)

    pools = [
        *(lambda plane=plane: of_plane(plane) for plane in range(17)),
        lambda: of_plane(draw.randrange(17)),
        lambda: draw.choice(ODD),
        lambda: draw.choice(WORDS),
        lambda: draw.choice(" \t\n\r\u2003"),
        lambda: draw.choice(["他在", "Anna", " ", "。", draw.choice(ODD), of_plane(0)]),
    ]
    texts = list(EDGES)
    while len(texts) < n_docs:
        pool = pools[len(texts) % len(pools)]
        texts.append("".join(pool() for _ in range(draw.choice([1, 2, 5, 30, 100]))))
    return texts[:n_docs]


def make_pipeline(names=tuple(COMPONENTS), lang="zh", cache_words=20000):
    """A trained pipeline with some of the components."""
    nlp = spacy.blank(lang)
    for name in names:
        embed = dict(EMBED[name])
        if "WordChar" in embed["@architectures"]:
            embed["cache_words"] = cache_words
        model = {
            **LABELLER,
            "tok2vec": {
                "@architectures": "spacy.Tok2Vec.v2",
                "embed": embed,
                "encode": ENCODE,
            },
            "head": {"@architectures": HEADS[name]},
        }
        nlp.add_pipe(name, config={"model": model})
    overfit(nlp, make_examples(nlp), steps=30)
    return nlp


def make_examples(nlp):
    examples = []
    for words, tags, entities in SENTENCES:
        spaces = [word.endswith(" ") for word in words]
        stripped = [word.strip() for word in words]
        gold = Doc(nlp.vocab, words=stripped, spaces=spaces, tags=list(tags))
        gold.ents = [Span(gold, *entity) for entity in entities]
        examples.append(Example(Doc(nlp.vocab, words=stripped, spaces=spaces), gold))
    return examples


def annotations(doc):
    """All that the components say of a document."""
    return (
        doc.text,
        [(token.idx, token.text, token.tag_, token.ent_iob_, token.ent_type_) for token in doc],
        [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents],
    )


def check(nlp, texts, docs):
    """What must hold for any text."""
    assert [doc.text for doc in docs] == texts
    tags = nlp.get_pipe("birnn_tagger").labels if nlp.has_pipe("birnn_tagger") else ("",)
    for doc, text in zip(docs, texts):
        assert "".join(token.text_with_ws for token in doc) == text
        assert {token.tag_ for token in doc} <= set(tags)
        ends = [0]
        for ent in doc.ents:
            assert ends[-1] <= ent.start_char < ent.end_char <= len(text)
            assert ent.label_ in ("LOC", "PER")
            ends.append(ent.end_char)
