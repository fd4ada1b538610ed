"""The models inside other pipelines: shared, frozen, sourced, pretrained."""

import re

import pytest
import spacy
import srsly
from spacy import util
from spacy.language import DEFAULT_CONFIG_PRETRAIN_PATH
from spacy.tokens import Span
from spacy.training import Example
from spacy.training.initialize import init_tok2vec
from spacy.training.pretrain import pretrain

from spacy_birnn.evaluation.temperature import fit_temperatures

from .helpers.shared_tok2vec import SHARED
from .helpers.tagger import SMALL_MODEL, TAGGED, make_examples, tags_of
from .helpers.training import train


@pytest.fixture
def shared():
    """A pipeline whose tagger listens to a shared tok2vec, with its optimizer."""
    nlp = util.load_model_from_config(SHARED, auto_fill=True)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    return nlp, examples, optimizer


def test_calibration_sees_what_evaluation_sees(shared):
    nlp, examples, optimizer = shared
    train(nlp, examples, optimizer, steps=5)
    tagger = nlp.get_pipe("birnn_tagger")
    tagger.configure(confidence=True, max_length=3, overlap=1)
    fit = fit_temperatures(nlp, examples, bins=10)["birnn_tagger"]
    measured = nlp.evaluate(examples)["tag_calibration"]
    assert fit.after["log_loss"] == pytest.approx(measured["log_loss"], rel=1e-5)
    assert fit.temperature == tagger.temperature != 1.0


def test_listener_trains_the_shared_layer(shared, tmp_path):
    nlp, examples, optimizer = shared
    losses = train(nlp, examples, optimizer, steps=50)
    assert losses["birnn_tagger"] < 0.01
    assert tags_of(nlp.pipe(text for text, _ in TAGGED)) == [tags for _, tags in TAGGED]
    nlp.to_disk(tmp_path)
    assert tags_of([spacy.load(tmp_path)(TAGGED[0][0])]) == [TAGGED[0][1]]


def test_listener_with_empty_documents(shared):
    nlp, examples, optimizer = shared
    empty = Example(nlp.make_doc(""), nlp.make_doc(""))
    for batch in ([empty, *examples], [empty]):
        nlp.update(batch, sgd=optimizer)
    assert tags_of(nlp.pipe(["", "Eat ham"]))[0] == []


def test_long_documents_behind_a_listener(shared):
    nlp, examples, optimizer = shared
    train(nlp, examples, optimizer)
    texts = [" ".join(text for text, _ in TAGGED * n) for n in (40, 1, 20)]
    expected = tags_of(nlp.pipe(texts))
    nlp.get_pipe("birnn_tagger").configure(max_length=100, overlap=10)
    assert tags_of(nlp.pipe(texts)) == expected


CNN = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 32,
    "depth": 1,
    "embed_size": 100,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}


@pytest.mark.parametrize("factory", ["birnn_tagger", "birnn_ner"])
@pytest.mark.parametrize("upstream", ["*", "tok2vec"])
@pytest.mark.parametrize(
    ("model", "width", "setting"),
    [
        (None, 33, "${components.tok2vec.model.encode.width}"),
        (CNN, 32, "${components.tok2vec.model.width}"),
    ],
)
def test_listener_of_another_width_is_explained(factory, upstream, model, width, setting):
    config = SHARED.copy()
    config["nlp"]["pipeline"] = ["tok2vec", "labeller"]
    listening = config["components"].pop("birnn_tagger")
    listening["model"]["tok2vec"].update(width=64, upstream=upstream)
    config["components"]["labeller"] = {**listening, "factory": factory}
    if model is not None:
        config["components"]["tok2vec"]["model"] = model
    nlp = util.load_model_from_config(config, auto_fill=True)
    examples = make_examples(nlp)
    for example in examples:
        example.reference.ents = [Span(example.reference, 0, 1, label="X")]
    message = (
        f"width 64, but the vectors of the component 'tok2vec' have width {width}: set width = "
    )
    with pytest.raises(ValueError, match=re.escape(message + setting)):
        nlp.initialize(lambda: examples)


def test_listener_to_all_reads_the_last_shared_layer():
    config = SHARED.copy()
    config["nlp"]["pipeline"] = ["other", "tok2vec", "birnn_tagger"]
    config["components"]["other"] = {"factory": "tok2vec", "model": CNN}
    nlp = util.load_model_from_config(config, auto_fill=True)
    examples = make_examples(nlp)
    train(nlp, examples, nlp.initialize(lambda: examples), steps=1)


def test_long_documents_with_an_embedding_of_spacy():
    nlp = spacy.blank("en")
    model = {"@architectures": "spacy_birnn.SequenceLabeller.v1", "tok2vec": CNN}
    model["head"] = {"@architectures": "spacy_birnn.Softmax.v1"}
    tagger = nlp.add_pipe("birnn_tagger", config={"model": model, "max_length": 0})
    examples = make_examples(nlp)
    train(nlp, examples, nlp.initialize(lambda: examples))
    doc = nlp.make_doc(" ".join(text for text, _ in TAGGED * 40))
    (expected,) = tagger.predict([doc])
    tagger.configure(max_length=100, overlap=10)
    assert tagger.predict([doc])[0].ids.tolist() == expected.ids.tolist()


def test_tagger_and_ner_learn_from_one_shared_network():
    config = SHARED.copy()
    config["nlp"]["pipeline"] = ["tok2vec", "birnn_tagger", "birnn_ner"]
    listener = config["components"]["birnn_tagger"]["model"]
    crf = {**listener, "head": {"@architectures": "spacy_birnn.CRF.v1"}}
    config["components"]["birnn_ner"] = {"factory": "birnn_ner", "model": crf}
    nlp = util.load_model_from_config(config, auto_fill=True)
    examples = make_examples(nlp)
    for example in examples:
        end = len(example.reference)
        example.reference.ents = [Span(example.reference, end - 1, end, label="LAST")]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    train(nlp, examples, optimizer, steps=40)
    scores = nlp.evaluate(examples)
    assert (scores["tag_acc"], scores["ents_f"]) == (1.0, 1.0)


def test_replaced_listener_predicts_the_same(shared):
    nlp, examples, optimizer = shared
    train(nlp, examples, optimizer)
    expected = tags_of(nlp.pipe(text for text, _ in TAGGED))
    nlp.replace_listeners("tok2vec", "birnn_tagger", ["model.tok2vec"])
    nlp.remove_pipe("tok2vec")
    assert tags_of(nlp.pipe(text for text, _ in TAGGED)) == expected


def test_frozen_component_does_not_change(nlp):
    before = nlp.get_pipe("birnn_tagger").to_bytes(exclude=["vocab"])
    nlp.add_pipe("sentencizer")
    other = nlp.add_pipe("birnn_tagger", "other", config={"model": SMALL_MODEL})
    examples = make_examples(nlp)
    other.initialize(lambda: examples, nlp=nlp)
    nlp.update(examples, sgd=nlp.create_optimizer(), exclude=["birnn_tagger"])
    assert nlp.get_pipe("birnn_tagger").to_bytes(exclude=["vocab"]) == before


def test_pretrained_layer_is_loaded(nlp, tmp_path):
    texts = tmp_path / "texts.jsonl"
    srsly.write_jsonl(texts, [{"text": text} for text, _ in TAGGED])
    config = util.load_config(DEFAULT_CONFIG_PRETRAIN_PATH).merge(nlp.config)
    config["paths"]["raw_text"] = str(texts)
    config["pretraining"].update(component="birnn_tagger", layer="tok2vec", max_epochs=2)
    config = config.interpolate()
    pretrain(config, tmp_path)
    weights = tmp_path / "model-last.bin"
    layer = nlp.get_pipe("birnn_tagger").model.get_ref("tok2vec")
    docs = [nlp.make_doc("Eat ham")]
    trained = layer.predict(docs)[0]
    assert init_tok2vec(nlp, config["pretraining"], {"init_tok2vec": weights})
    assert (layer.predict(docs)[0] != trained).any()
    assert layer.to_bytes() == weights.read_bytes()
