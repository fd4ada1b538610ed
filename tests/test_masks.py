"""What decoding never gives, whatever the model scores: masks of words and entities."""

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import ConfigValidationError

from spacy_birnn.labelling.runs import KINDS, find_runs, find_split_kinds
from spacy_birnn.labelling.word_scheme import SegmenterSettings, WordScheme
from spacy_birnn.pipeline.char_tokenizer import CharTokenizer
from spacy_birnn.tags.codepoints import classify, code_points
from spacy_birnn.tags.inner_spaces import InnerSpaces

from .helpers.strange import make_pipeline
from .helpers.training import train

BLANKS = " \t\n\u3000\xa0\u2003\u2028"
TEXTS = st.lists(
    st.text(st.sampled_from("他在北京工作。AnnaLopez 12.," + BLANKS), max_size=30), max_size=20
)
SETTINGS = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def together():
    return make_pipeline()


def score_by(make):
    """The forward function of a model that scores what `make` gives for a number of tokens."""

    def forward(model, docs, is_train):
        return [make(len(doc)).astype("f") for doc in docs], None

    return forward


@pytest.fixture
def anything(together, monkeypatch):
    """A pipeline that predicts anything."""
    rng = np.random.default_rng(0)
    for name in ("birnn_segmenter", "birnn_ner"):
        n_outputs = together.get_pipe(name).scheme.n_outputs
        forward = score_by(lambda length, n=n_outputs: rng.normal(size=(length, n)) * 5)
        monkeypatch.setattr(together.get_pipe(name).model, "_func", forward)
    return together


@SETTINGS
@given(TEXTS)
def test_no_word_and_no_edge_of_an_entity_is_white_space(anything, texts):
    for text, doc in zip(texts, anything.pipe(texts)):
        assert doc.text == text
        assert all(token.is_space or len(token.text.split()) == 1 for token in doc)
        assert not any(token.is_space and token.text.strip() for token in doc)
        assert all(not ent[0].is_space and not ent[-1].is_space for ent in doc.ents)


@SETTINGS
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_no_entity_crosses_a_sentence_that_is_set(anything, tokens):
    words = [" \n" if blank else "Anna" for blank, _ in tokens]
    starts = [True, *(start for _, start in tokens[1:])]
    ner = anything.get_pipe("birnn_ner")
    doc = ner(Doc(anything.vocab, words=words, sent_starts=starts))
    assert not any(token.is_sent_start for ent in doc.ents for token in ent[1:])
    assert sum(len(sent.ents) for sent in doc.sents) == len(doc.ents)


def test_entities_may_cross_sentences_on_demand(anything, monkeypatch):
    ner = anything.get_pipe("birnn_ner")
    monkeypatch.setattr(ner.scheme, "settings", ner.settings)
    ner.configure(cross_sentences=True)
    docs = [Doc(anything.vocab, words=["a"] * 30, sent_starts=[True] * 30) for _ in range(5)]
    assert any(len(ent) > 1 for doc in ner.pipe(docs) for ent in doc.ents)


def test_windows_of_long_documents_respect_the_masks(anything, monkeypatch):
    segmenter, ner = anything.get_pipe("birnn_segmenter"), anything.get_pipe("birnn_ner")
    for pipe in (segmenter, ner):
        monkeypatch.setattr(pipe.scheme, "settings", pipe.settings)
        pipe.configure(max_length=7, overlap=0)
    segmenter.configure(keep=["number", "url"])
    text = "他 在\u3000北京  工作 1,299.00 https://example.com/a " * 5
    doc = anything(text)
    words = [token.text for token in doc]
    assert doc.text == text
    assert all(token.is_space or len(token.text.split()) == 1 for token in doc)
    assert words.count("https://example.com/a") == 5
    assert sum("1,299.00" in word for word in words) == 5
    assert all(not ent[0].is_space and not ent[-1].is_space for ent in doc.ents)


def test_gold_entities_that_a_mask_forbids_are_counted():
    nlp = spacy.blank("en")
    nlp.add_pipe("birnn_ner")
    words = ["St.", "Pauli", "won", "\n", "Anna"]
    gold = Doc(nlp.vocab, words=words, sent_starts=[True, True, False, False, False])
    gold.ents = [Span(gold, 0, 2, label="ORG"), Span(gold, 4, 5, label="PER")]
    examples = [Example(Doc(nlp.vocab, words=words), gold)]
    with pytest.warns(UserWarning, match="never predicts 1 of 2 entities .* such as 'St. Pauli"):
        nlp.initialize(lambda: examples)


def inner(known, text):
    codes, _, _ = code_points([text])
    marked = InnerSpaces(known)(codes, classify(codes))
    return [i for i in range(len(text)) if marked[i]]


@pytest.mark.parametrize(
    ("known", "text", "expected"),
    [
        ([], "a b", []),
        (["New York"], "San Jose 他 在", [3]),
        (["New York"], "a\u3000b", []),
        (["New York"], "a\xa0b", []),
        (["New York"], "a  b", []),
        (["học sinh"], "đi học", [2]),
        (["học sinh"], " a", []),
        (["a  b"], "c  d", [1, 2]),
        (["a\u3000b"], "c\u3000d e f", [1]),
    ],
)
def test_white_space_is_inside_words_where_known_words_have_it(known, text, expected):
    assert inner(known, text) == expected


def segmenter_of(words, config=None, steps=40):
    nlp = spacy.blank("zh")
    embed = {"@architectures": "spacy_birnn.CharNgramEmbed.v1", "bigram_rows": 500}
    encode = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 16, "depth": 1}
    model = {
        "@architectures": "spacy_birnn.SequenceLabeller.v1",
        "tok2vec": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode},
        "head": {"@architectures": "spacy_birnn.Softmax.v1"},
    }
    nlp.add_pipe("birnn_segmenter", config={"model": model, **(config or {})})
    examples = []
    for sentence in words:
        gold = Doc(nlp.vocab, words=sentence, spaces=[False] * len(sentence))
        examples.append(Example(nlp.make_doc(gold.text), gold))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=steps)
    return nlp


def test_words_with_spaces_are_learned_and_saved(tmp_path):
    nlp = segmenter_of([["học sinh", "đi", "học"], ["sinh học"]])
    assert [token.text for token in nlp("sinh học")] == ["sinh học"]
    nlp.to_disk(tmp_path)
    assert [token.text for token in spacy.load(tmp_path)("sinh học")] == ["sinh học"]


def test_the_dictionary_allows_spaces_inside_its_words():
    nlp = segmenter_of([["他", "在", "北京"]])
    nlp.get_pipe("birnn_segmenter").add_words(["New York"])
    assert "New York" in [token.text for token in nlp("他在New York")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("这个bug要fix掉", ["bug", "fix"]),
        ("花了¥1,299.00元，3:30到", ["1,299.00", "3:30"]),
        ("见https://example.com/a?b=1。", ["https://example.com/a?b=1"]),
        (
            "见(http://a.com/a_(b)),www.a.cn/x-y.",
            ["http://a.com/a_(b)", "www.a.cn/x-y"],
        ),
        ("写信到first.last+tag@mail.example.com，", ["first.last+tag@mail.example.com"]),
        ("下载README.md和baidu.com", ["README.md", "baidu.com"]),
        ("我用iPhone 15 Pro拍照", ["iPhone", "15", "Pro"]),
        ("ＩＢＭ有１２３４人", ["ＩＢＭ", "１２３４"]),
        ("１，２和３：４", []),
        ("GPT-4、Wi-Fi、AT&T、C++、H1N1", ["GPT-4", "Wi-Fi", "AT&T", "C++", "H1N1"]),
        ("2026-11-30 12:30:15 192.168.1.1 1/2", ["2026-11-30", "12:30:15", "192.168.1.1", "1/2"]),
        ("67.0367.02699.312", []),
        ("１１９４·１０１２００·９５", []),
        ("４４·９７和O.laurifolia", ["４４·９７", "O.laurifolia"]),
        ("辽物资Ａ26.4026.41", []),
        ("café和naïve", ["café", "naïve"]),
        ("他在北京", []),
        ("a b 1", []),
        ("", []),
    ],
)
def test_runs_that_are_kept(text, expected):
    assert [text[run.start : run.end] for run in find_runs(text, KINDS)] == expected


@given(st.text(st.sampled_from("aZ1.,:/-@%_&'+#()[]?=~;| 他。Ａ１．"), max_size=40))
def test_runs_are_in_order_and_hold_no_white_space(text):
    ends = [0]
    for run in find_runs(text, KINDS):
        assert ends[-1] <= run.start < run.end - 1 < len(text)
        assert not any(map(str.isspace, text[run.start : run.end]))
        ends.append(run.end)


@given(TEXTS)
def test_the_mask_of_a_batch_is_that_of_its_texts(texts):
    scheme = WordScheme("segmenter", SegmenterSettings(keep=list(KINDS)))
    scheme.add("WORD")
    scheme.lexicon = ["Anna Lopez", "12 12"]
    vocab = Vocab()
    units = scheme.read([CharTokenizer(vocab)(text) for text in texts])
    masks = [scheme.mask(unit) for unit in units]
    nothing = np.zeros((0, scheme.n_outputs), dtype=bool)
    assert_array_equal(scheme.masks(units), np.concatenate([nothing, *masks]))


def test_kinds_that_the_training_data_split_are_found():
    texts = ["3:30", "4:50", "1.5", "MP3", "bug"]
    borders = [{0, 1, 2, 4}, {0, 1, 2, 4}, {0, 3}, {0, 3}, {0, 3}]
    assert find_split_kinds(texts, borders, KINDS, 0.1) == ["number", "number:"]
    assert find_split_kinds(texts, borders, KINDS, 0.7) == ["number:"]
    assert find_split_kinds(texts, borders, ["latin"], 0.1) == []


def test_a_segmenter_keeps_runs_unless_its_training_data_split_them(tmp_path):
    words = [["他", "在", "北", "京"], ["3", ":", "3", "0", "到"], ["工", "作", "。"]]
    keep = {"keep": ["url", "email", "number", "latin"]}
    nlp = segmenter_of(words, keep)
    assert nlp.get_pipe("birnn_segmenter").cfg["split_kinds"] == ["number", "number:"]
    text = "他在https://a.cn/b?c=1。fix"
    found = [token.text for token in nlp(text)]
    assert "https://a.cn/b?c=1" in found
    assert any("fix" in word for word in found)
    assert [token.text for token in nlp("3:30到")] == ["3", ":", "3", "0", "到"]
    nlp.to_disk(tmp_path)
    assert [token.text for token in spacy.load(tmp_path)(text)] == found
    off = segmenter_of(words)
    assert "fix" not in "|".join(token.text for token in off(text))


def test_the_dictionary_takes_precedence_over_kept_runs():
    nlp = segmenter_of([["他", "在", "北京"]], {"keep": ["latin"]})
    nlp.get_pipe("birnn_segmenter").add_words(["bug"])
    assert "bug" in [token.text for token in nlp("他debug在")]


def test_pipelines_saved_without_these_settings_load(monkeypatch):
    nlp = segmenter_of([["他", "在", "北京"]])
    expected = [token.text for token in nlp("他 在北京")]
    segmenter = nlp.get_pipe("birnn_segmenter")
    stored = dict(segmenter.cfg)
    for name in ("keep", "keep_max_split", "split_kinds"):
        del stored[name]
    monkeypatch.setattr(type(segmenter), "cfg", stored)
    data = segmenter.to_bytes()
    model = nlp.config["components"]["birnn_segmenter"]["model"]
    loaded = spacy.blank("zh").add_pipe("birnn_segmenter", config={"model": model})
    loaded.from_bytes(data)
    assert [token.text for token in loaded(nlp.make_doc("他 在北京"))] == expected


@pytest.mark.parametrize("setting", [{"keep": ["urls"]}, {"keep_max_split": 2.0}])
def test_bad_settings_are_explained(setting):
    with pytest.raises(ConfigValidationError, match=next(iter(setting))):
        spacy.blank("zh").add_pipe("birnn_segmenter", config=setting)


def test_scores_that_are_not_finite_name_the_document(together, monkeypatch):
    ner = together.get_pipe("birnn_ner")
    forward = score_by(lambda length: np.full((length, ner.scheme.n_outputs), np.nan))
    monkeypatch.setattr(ner.model, "_func", forward)
    docs = [Doc(together.vocab, words=["Anna"]), Doc(together.vocab, words=["Bob"])]
    with pytest.raises(ValueError, match="not finite for the document 'Anna "):
        ner.predict(docs)
