"""`spacy_birnn.train`: spaCy's loop from Python, for each component and for several."""

import re
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry

import spacy_birnn
from spacy_birnn.corpora.write import write_docs
from spacy_birnn.errors import InputError
from spacy_birnn.training import loop, small_corpora
from spacy_birnn.training.recipes import load_recipe
from spacy_birnn.training.small_corpora import fit_to_words

from .helpers.ner import MODEL as NER
from .helpers.segmenter import MODEL as SEGMENTER
from .helpers.tagger import SMALL_MODEL

DOCS = Path(__file__).parents[1] / "docs" / "how-to"
SENTENCES = [
    ("Anna likes green eggs", ["PROPN", "VERB", "ADJ", "NOUN"]),
    ("Lopez eats blue ham", ["PROPN", "VERB", "ADJ", "NOUN"]),
    ("eat eggs", ["VERB", "NOUN"]),
]
QUICK = {"max_epochs": 40, "learn_rate": 0.02, "silent": True}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "tok2vec"}
LABELLER = {"@architectures": "spacy_birnn.SequenceLabeller.v1", "tok2vec": LISTENER}
PIPELINES = {
    "tagger": [("birnn_tagger", {"model": SMALL_MODEL})],
    "morphologizer": [("birnn_morphologizer", {"model": SMALL_MODEL})],
    "ner": [("birnn_ner", {"model": NER})],
    "segmenter": [("birnn_segmenter", {"model": SEGMENTER})],
    "all with a shared network": [
        ("birnn_segmenter", {"model": SEGMENTER}),
        ("tok2vec", {"model": NER["tok2vec"]}),
        ("birnn_tagger", {"model": LABELLER}),
        ("birnn_morphologizer", {"model": LABELLER}),
        ("birnn_ner", {"model": LABELLER}),
    ],
    "core": [("tagger", {}), ("birnn_tagger", {"model": SMALL_MODEL})],
}


def make_pipeline(name):
    nlp = spacy.blank("en")
    for factory, config in PIPELINES[name]:
        nlp.add_pipe(factory, config=config)
    return nlp


def make_examples(nlp):
    for text, tags in SENTENCES:
        words = text.split()
        features = [f"Length={len(word)}" for word in words]
        spaces = [True] * (len(words) - 1) + [False]
        gold = Doc(nlp.vocab, words, spaces, tags=tags, pos=tags, morphs=features)
        gold.ents = [Span(gold, i, i + 1, "NAME") for i, word in enumerate(words) if word.istitle()]
        yield Example(nlp.make_doc(text), gold)


def annotations(doc):
    return [(t.text, t.tag_, t.pos_, str(t.morph), t.ent_type_) for t in doc]


def weighted_score(nlp, examples):
    scores, weights = nlp.evaluate(examples), nlp.config["training"]["score_weights"]
    return sum(scores[name] * weight for name, weight in weights.items() if weight)


@pytest.mark.parametrize("name", PIPELINES)
def test_every_pipeline_learns_and_is_the_same_after_loading(name, tmp_path):
    nlp = make_pipeline(name)
    examples = list(make_examples(nlp))
    assert spacy_birnn.train(nlp, examples, examples, **QUICK) is nlp
    weights, scores = nlp.config["training"]["score_weights"], nlp.evaluate(examples)
    names = [name for name, weight in weights.items() if weight]
    assert [scores[name] for name in names] == [1.0] * len(names)
    assert all(nlp.meta["performance"][name] == 1.0 for name in names)
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    for text, _ in SENTENCES:
        assert annotations(loaded(text)) == annotations(nlp(text))


def test_the_same_seed_gives_the_same_weights():
    def train(seed):
        nlp = make_pipeline("tagger")
        examples = list(make_examples(nlp))
        spacy_birnn.train(nlp, examples, examples, max_epochs=3, seed=seed, silent=True)
        return nlp.get_pipe("birnn_tagger").to_bytes(exclude=["vocab"])

    assert train(1) == train(1) != train(2)


def test_settings_are_in_the_config():
    nlp = make_pipeline("tagger")
    config = {"dropout": 0.2, "batcher": {"size": 5}, "max_steps": 6}
    spacy_birnn.train(nlp, make_examples(nlp), seed=3, learn_rate=0.01, config=config, silent=True)
    training = nlp.config.interpolate()["training"]
    assert (training["seed"], training["dropout"], training["max_steps"]) == (3, 0.2, 6)
    assert training["batcher"]["size"] == 5
    assert training["batcher"]["@batchers"] == "spacy_birnn.batch_by_words.v2"
    assert training["optimizer"]["learn_rate"]["initial_rate"] == 0.01
    # Ten evaluations need more updates than these.
    assert training["eval_frequency"] == 1
    assert training["max_epochs"] == 480


@pytest.mark.parametrize("averages", [False, True])
def test_the_best_weights_on_dev_are_kept(averages, monkeypatch):
    nlp = make_pipeline("tagger")
    examples = list(make_examples(nlp))
    evaluated = []

    def evaluate():
        evaluated.append(nlp.get_pipe("birnn_tagger").to_bytes(exclude=["vocab"]))
        return (0.9 if len(evaluated) == 4 else 0.5), {"tag_acc": len(evaluated)}

    monkeypatch.setattr(loop, "create_evaluation_callback", lambda *_: evaluate)
    config = {"optimizer": {"use_averages": averages}}
    spacy_birnn.train(nlp, examples, examples, config=config, **QUICK)
    assert len({*evaluated}) == len(evaluated) > 4
    assert nlp.get_pipe("birnn_tagger").to_bytes(exclude=["vocab"]) == evaluated[3]
    assert nlp.meta["performance"]["tag_acc"] == 4


def test_without_dev_the_last_weights_are_kept():
    nlp = make_pipeline("ner")
    examples = list(make_examples(nlp))
    spacy_birnn.train(nlp, examples, **QUICK)
    assert weighted_score(nlp, examples) == 1.0
    assert nlp.meta.get("performance", {}) == {}


def test_a_trained_pipeline_learns_on():
    nlp = make_pipeline("tagger")
    examples = list(make_examples(nlp))
    spacy_birnn.train(nlp, examples, **QUICK)
    # The tagger has learned enough, and the new component starts from nothing.
    nlp.add_pipe("birnn_ner", config={"model": NER})
    spacy_birnn.train(nlp, examples, config={"frozen_components": ["birnn_tagger"]}, **QUICK)
    assert weighted_score(nlp, examples) == pytest.approx(1.0)
    before = nlp.get_pipe("birnn_tagger").model.get_ref("output_layer").get_param("W").copy()
    spacy_birnn.train(nlp, examples, max_epochs=1, learn_rate=1e-6, silent=True)
    after = nlp.get_pipe("birnn_tagger").model.get_ref("output_layer").get_param("W")
    assert after == pytest.approx(before, abs=1e-3) and (after != before).any()


def test_an_interrupted_training_keeps_the_best_weights():
    @registry.callbacks("test.interrupt")
    def make_interrupt():
        def interrupt(nlp, args):
            if args["step"] == 35:
                raise KeyboardInterrupt

        return interrupt

    nlp = make_pipeline("tagger")
    examples = list(make_examples(nlp))
    config = {"before_update": {"@callbacks": "test.interrupt"}, "max_steps": 100}
    with pytest.raises(KeyboardInterrupt):
        spacy_birnn.train(nlp, examples, examples, config=config, **QUICK)
    best = nlp.meta["performance"]["tag_acc"]
    assert weighted_score(nlp, examples) == best > 0.5


def test_empty_data_are_reported_before_anything_changes():
    nlp = make_pipeline("tagger")
    config = nlp.config.copy()
    with pytest.raises(InputError, match="no examples to train on"):
        spacy_birnn.train(nlp, [])
    with pytest.raises(InputError, match="dev=None"):
        spacy_birnn.train(nlp, make_examples(nlp), [])
    assert nlp.config == config


@pytest.mark.parametrize(
    ("n_words", "size", "passes"),
    [(10, 10, 480), (261, 100, 184), (3220, 100, 15), (32_934, 411, 12), (199_999, 750, 12)],
)
def test_a_small_corpus_gets_more_passes_of_smaller_batches(n_words, size, passes):
    settings = fit_to_words(load_recipe("en_pos")["training"], n_words)
    assert (settings["batcher"]["size"], settings["max_epochs"]) == (size, passes)


def test_a_large_corpus_gets_the_settings_of_the_recipe():
    assert fit_to_words(load_recipe("en_pos")["training"], 200_000) == {}


def test_the_page_is_true(tmp_path, monkeypatch, capsys):
    page = (DOCS / "train-from-python.md").read_text(encoding="utf-8")
    first, *others = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {}
    exec(first, names)
    assert f"```\n{capsys.readouterr().out}```" in page
    assert len(first.splitlines()) <= 20
    # The others train on the reader's corpus.
    nlp = spacy.blank("en")
    for name in ("train.spacy", "dev.spacy"):
        write_docs(tmp_path / name, [example.reference for example in make_examples(nlp)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(small_corpora, "UPDATES_PER_EPOCH", 1)
    for code in others:
        exec(code, names)
    assert names["nlp"].meta["performance"]["ents_f"] > 0
    assert spacy.load("my_pipeline").pipe_names == ["birnn_ner"]
