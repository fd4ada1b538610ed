"""`birnn_tagger` with `annotates = "pos"` sets and learns `token.pos`."""

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.loop import create_evaluation_callback
from thinc.api import ConfigValidationError

from spacy_birnn.corpora.conllu import read_conllu
from spacy_birnn.corpora.write import write_docs
from spacy_birnn.evaluation.temperature import fit_temperatures
from spacy_birnn.report.collect import collect_report
from spacy_birnn.visualize.marks import table_rows

from .helpers.commands import SAMPLES, run
from .helpers.tagger import SMALL_MODEL
from .helpers.training import train

WORDS = [["I", "like", "green", "eggs"], ["Eat", "blue", "ham"]]
UPOS = [["PRON", "VERB", "ADJ", "NOUN"], ["VERB", "ADJ", "NOUN"]]
XPOS = ["PRP", "VBP", "JJ", "NNS"]


def make_examples(vocab):
    golds = [Doc(vocab, words=words, pos=pos) for words, pos in zip(WORDS, UPOS)]
    return [Example(Doc(vocab, words=gold.text.split()), gold) for gold in golds]


def add_tagger(nlp, **config):
    return nlp.add_pipe("birnn_tagger", config={"model": SMALL_MODEL, "annotates": "pos", **config})


@pytest.fixture
def nlp():
    """A trained pipeline that sets token.pos."""
    nlp = spacy.blank("en")
    add_tagger(nlp)
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=30)
    return nlp


def test_it_sets_pos_alone(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    for pipeline in (nlp, spacy.load(tmp_path)):
        docs = list(pipeline.pipe(" ".join(words) for words in WORDS))
        assert [[token.pos_ for token in doc] for doc in docs] == UPOS
        assert not any(doc.has_annotation("TAG") for doc in docs)
    assert nlp.get_pipe("birnn_tagger").labels == ("ADJ", "NOUN", "PRON", "VERB")


def test_pos_is_scored(nlp):
    scores = nlp.evaluate(make_examples(nlp.vocab))
    assert scores["pos_acc"] == 1.0
    assert "tag_acc" not in scores and "pos_calibration" not in scores


@pytest.mark.parametrize(("overwrite", "first"), [(False, "X"), (True, "PRON")])
def test_existing_pos_is_kept_unless_overwritten(nlp, overwrite, first):
    nlp.get_pipe("birnn_tagger").configure(overwrite=overwrite, confidence=True)
    doc = nlp(Doc(nlp.vocab, words=WORDS[0], pos=["X", "", "", ""], tags=XPOS))
    assert [token.pos_ for token in doc] == [first, *UPOS[0][1:]]
    assert [token.tag_ for token in doc] == XPOS
    assert (doc[0]._.pos_confidence is None) == (not overwrite)


def test_confidences_of_pos(nlp):
    nlp.get_pipe("birnn_tagger").configure(confidence=True, top_k=2)
    doc = nlp("I like green eggs")
    for token in doc:
        (best, probability), _ = token._.pos_probs.items()
        assert best == token.pos_ and probability == pytest.approx(token._.pos_confidence)
        assert token._.tag_confidence is None and token._.tag_probs is None
    rows = table_rows(doc)
    assert rows[0]["part of speech"] == "PRON" and rows[0]["p(part of speech)"] > 0.5
    examples = make_examples(nlp.vocab)
    assert nlp.evaluate(examples)["pos_calibration"]["count"] == 7
    assert fit_temperatures(nlp, examples, 10)["birnn_tagger"].after["count"] == 7


def test_words_that_differ_learn_from_what_aligns(nlp):
    predicted = Doc(nlp.vocab, words=["I", "like", "greeneggs"])
    gold = Doc(nlp.vocab, words=WORDS[0], spaces=[True, True, False, False], pos=UPOS[0])
    ids = nlp.get_pipe("birnn_tagger").scheme.gold_ids([Example(predicted, gold)])
    assert ids.tolist() == [2, 3, -1]


def test_missing_pos_has_no_label(nlp):
    gold = Doc(nlp.vocab, words=WORDS[0], pos=["PRON", "", "ADJ", ""])
    ids = nlp.get_pipe("birnn_tagger").scheme.gold_ids([Example(gold.copy(), gold)])
    assert ids.tolist() == [2, -1, 0, -1]


@pytest.mark.parametrize("annotates", ["pos", "tag"])
def test_training_scores_either_by_the_weights_of_the_factory(annotates):
    nlp = spacy.blank("en")
    add_tagger(nlp, annotates=annotates)
    gold = Doc(nlp.vocab, words=WORDS[0], tags=UPOS[0], pos=UPOS[0])
    examples = [Example(Doc(nlp.vocab, words=WORDS[0]), gold)]
    train(nlp, examples, nlp.initialize(lambda: examples), steps=60)
    weights = nlp.config["training"]["score_weights"]
    score, scores = create_evaluation_callback(nlp, lambda _: examples, weights)()
    assert scores[f"{annotates}_acc"] == 1.0
    assert score == weights[f"{annotates}_acc"] == 1.0
    # Others are no column of the table.
    assert [name for name, weight in weights.items() if weight is not None] == [f"{annotates}_acc"]


def test_weights_of_the_config_are_kept():
    nlp = spacy.blank("en")
    nlp.config["training"]["score_weights"] = {"pos_acc": 0.5, "tag_acc": 0.5}
    add_tagger(nlp)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    assert nlp.config["training"]["score_weights"] == {"pos_acc": 0.5, "tag_acc": 0.5}


@pytest.mark.parametrize("factory", ["tagger", "birnn_tagger"])
def test_tags_keep_their_weight(factory):
    nlp = spacy.blank("en")
    add_tagger(nlp)
    nlp.add_pipe(factory, "xpos")
    examples = make_examples(nlp.vocab)
    for token in (token for example in examples for token in example.reference):
        token.tag_ = token.pos_
    nlp.initialize(lambda: examples)
    assert nlp.config["training"]["score_weights"]["tag_acc"] == 1.0


def test_a_tagger_and_a_tagger_of_pos_share_a_pipeline(nlp):
    nlp.add_pipe("birnn_tagger", "xpos", config={"model": SMALL_MODEL})
    examples = make_examples(nlp.vocab)[:1]
    for token, tag in zip(examples[0].reference, XPOS):
        token.tag_ = tag
    train(nlp, examples, nlp.initialize(lambda: examples), steps=60)
    scores = nlp.evaluate(examples)
    assert scores["pos_acc"] == scores["tag_acc"] == 1.0


def test_other_tags_are_explained(nlp):
    with pytest.raises(ValueError, match=r"cannot set token.pos to 'NN', which is not UPOS"):
        nlp.get_pipe("birnn_tagger").add_label("NN")
    with pytest.raises(ConfigValidationError, match="'lemma' must be 'tag' or 'pos'"):
        add_tagger(spacy.blank("en"), annotates="lemma")


def test_a_trained_tagger_can_set_pos_if_its_tags_are_upos(tmp_path):
    for tags, error in ((["PRON", "VERB", "ADJ", "NOUN"], None), (XPOS, "'JJ'.*not UPOS")):
        nlp = spacy.blank("en")
        add_tagger(nlp, annotates="tag")
        gold = Doc(nlp.vocab, words=WORDS[0], tags=tags)
        nlp.initialize(lambda gold=gold: [Example(gold.copy(), gold)])
        nlp.to_disk(tmp_path / tags[0])
        config = {"components": {"birnn_tagger": {"annotates": "pos"}}}
        loaded = spacy.load(tmp_path / tags[0], config=config)
        if error is None:
            assert loaded("I")[0].pos_ in tags
        else:
            with pytest.raises(ValueError, match=error):
                loaded("I")


def test_pipelines_without_the_setting_annotate_tags(tmp_path):
    nlp = spacy.blank("en")
    add_tagger(nlp, annotates="tag").add_label("NN")
    nlp.initialize()
    nlp.to_disk(tmp_path)
    path = tmp_path / "config.cfg"
    config = path.read_text(encoding="utf-8")
    path.write_text(config.replace('annotates = "tag"\n', ""), encoding="utf-8")
    assert spacy.load(tmp_path)("a")[0].tag_ == "NN"


@pytest.mark.parametrize("tag", ["upos", "xpos"])
def test_convert_keeps_upos_and_features(tag):
    vocab = spacy.blank("en").vocab
    first, *_ = read_conllu(SAMPLES / "en.conllu", vocab, tag=tag)
    assert [token.pos_ for token in first] == ["PRON", "AUX", "PART", "VERB", "PRON", "PUNCT"]
    assert first[3].tag_ == {"upos": "VERB", "xpos": "VB"}[tag]
    assert str(first[0].morph) == "Case=Nom|Number=Sing|Person=1|PronType=Prs"
    # FEATS "_" says that there are none.
    assert first[5].has_morph() and str(first[5].morph) == ""


def test_features_survive_the_file(tmp_path):
    result = run("convert", SAMPLES / "en.conllu", tmp_path)
    assert result.exit_code == 0, result.output
    (doc, _) = spacy.tokens.DocBin().from_disk(tmp_path / "en.spacy").get_docs(spacy.vocab.Vocab())
    assert [doc[0].pos_, doc[0].tag_, str(doc[3].morph)] == ["PRON", "PRP", "VerbForm=Inf"]


def test_help_of_convert_says_where_tags_go():
    text = " ".join(run("convert", "--help").output.replace("│", " ").split())
    assert "token.tag_" in text and "token.pos_" in text


def test_report_shows_parts_of_speech(nlp, tmp_path):
    write_docs(tmp_path / "test.spacy", [eg.reference for eg in make_examples(nlp.vocab)])
    report = collect_report(nlp, tmp_path, tmp_path / "test.spacy", gold_preproc=True)
    assert report.headlines["parts of speech, accuracy"] == 1.0
    assert report.tags is not None and report.tags.counts["ADJ"] == 2
