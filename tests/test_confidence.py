"""Probabilities of what the components predict: real, or absent."""

from itertools import product

import numpy as np
import pytest
import spacy
import srsly
from numpy.testing import assert_allclose
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import ConfigValidationError, Model
from typer.testing import CliRunner

from spacy_birnn.cli import app
from spacy_birnn.corpora.write import write_docs
from spacy_birnn.evaluation.temperature import fit_temperatures
from spacy_birnn.labelling.attributes import to_probs
from spacy_birnn.labelling.predictions import Prediction, join_predictions
from spacy_birnn.pipeline.scorers import entity_outcomes
from spacy_birnn.tags.calibration import measure_calibration, minimize

from .helpers.confidence import make_uncertain
from .helpers.models import HEADS

TEXTS = ["Anna Maria met Bob in York", "", "They met there", "New York is old"]


@pytest.fixture(scope="module", params=HEADS)
def trained(request):
    return make_uncertain(request.param)


@pytest.fixture
def nlp(trained):
    nlp, _ = trained
    ner, tagger = nlp.get_pipe("birnn_ner"), nlp.get_pipe("birnn_tagger")
    before = [(pipe, pipe.settings, pipe.temperature) for pipe in (ner, tagger)]
    yield nlp
    for pipe, settings, temperature in before:
        pipe.scheme.settings, pipe.temperature = settings, temperature


def confidences(doc):
    return (
        [(ent.text, ent._.confidence) for ent in doc.ents],
        [(token._.ent_confidence, token._.tag_confidence, token._.tag_probs) for token in doc],
    )


def test_an_entity_has_the_marginal_of_its_span(nlp):
    """The sum over all legal sequences of tags in which the span stands."""
    ner = nlp.get_pipe("birnn_ner")
    doc = nlp(nlp.make_doc("Bob met Anna"))
    assert doc.ents
    (scores,) = ner.model.predict([nlp.make_doc("Bob met Anna")])
    allowed, weights = ner.scheme.transitions.allowed(), ner.decoder._weights
    sums, spans = [], []
    for tags in product(range(ner.scheme.n_outputs), repeat=3):
        legal = (
            tags[0] in ner.scheme.transitions.starters and tags[2] in ner.scheme.transitions.enders
        )
        if legal and allowed[tags[:2]] and allowed[tags[1:]]:
            total = scores[np.arange(3), tags].sum(dtype=float)
            if weights is not None:
                total += weights.start[tags[0]] + weights.end[tags[2]]
                total += weights.between[tags[:2]] + weights.between[tags[1:]]
            sums.append(total)
            spans.append(list(zip(*ner.scheme.tag_set.decode(np.array(tags)))))
    shares = np.exp(np.array(sums) - np.logaddexp.reduce(sums))
    for ent in doc.ents:
        span = (ent.start, ent.end, ner.labels.index(ent.label_))
        expected = sum(share for share, found in zip(shares, spans) if span in found)
        assert_allclose(ent._.confidence, expected, rtol=1e-5)


def test_probabilities_of_tags(nlp):
    tagger = nlp.get_pipe("birnn_tagger")
    for doc in nlp.pipe(TEXTS):
        for token in doc:
            probs = token._.tag_probs
            assert list(probs) == sorted(probs, key=probs.get, reverse=True)
            assert len(probs) == 2
            assert 0.0 < token._.tag_confidence <= 1.0
    tagger.configure(top_k=len(tagger.labels) + 1)
    token = nlp("Bob met Anna")[1]
    assert len(token._.tag_probs) == len(tagger.labels)
    assert_allclose(sum(token._.tag_probs.values()), 1.0)
    assert_allclose(token._.tag_probs[token.tag_], token._.tag_confidence)


def test_without_confidence_there_are_no_probabilities(nlp):
    docs = list(nlp.pipe(TEXTS))
    nlp.get_pipe("birnn_ner").configure(confidence=False)
    nlp.get_pipe("birnn_tagger").configure(confidence=False, top_k=0)
    for doc, plain in zip(docs, nlp.pipe(TEXTS)):
        assert not plain.user_data
        assert all(ent._.confidence is None for ent in plain.ents)
        assert all(token._.tag_confidence is None for token in plain)
        assert [(t.tag_, t.ent_type_) for t in plain] == [(t.tag_, t.ent_type_) for t in doc]


def test_confidences_survive_docbin_bytes_and_processes(nlp):
    docs = list(nlp.pipe(TEXTS))
    expected = [confidences(doc) for doc in docs]
    stored = DocBin(docs=docs, store_user_data=True).to_bytes()
    loaded = list(DocBin().from_bytes(stored).get_docs(nlp.vocab))
    assert [confidences(doc) for doc in loaded] == expected
    copies = [Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in docs]
    assert [confidences(doc) for doc in copies] == expected
    for doc, worked in zip(docs, nlp.pipe(TEXTS, n_process=2, batch_size=2)):
        probs = [token._.ent_confidence for token in worked]
        assert_allclose(probs, [token._.ent_confidence for token in doc], atol=1e-5)
        assert [list(t._.tag_probs) for t in worked] == [list(t._.tag_probs) for t in doc]
        assert [ent._.confidence for ent in worked.ents] == pytest.approx(
            [ent._.confidence for ent in doc.ents], abs=1e-5
        )


def test_earlier_annotations_have_no_confidence(nlp):
    doc = nlp.make_doc("Anna met Bob")
    doc.set_ents([Span(doc, 0, 1, label="MINE")], default="unmodified")
    doc[0].tag_ = "NNP"
    doc = nlp(doc)
    assert doc.ents[0].label_ == "MINE"
    assert doc.ents[0]._.confidence is None
    assert doc[0]._.ent_confidence is None
    assert (doc[0]._.tag_confidence, doc[0]._.tag_probs) == (None, None)
    assert doc[1]._.tag_confidence is not None


def test_threshold_drops_entities_below_it(nlp):
    ner = nlp.get_pipe("birnn_ner")
    text = "Anna Maria Lopez met Bob in New York"
    found = {(ent.start, ent.end): ent._.confidence for ent in nlp(text).ents}
    lowest, *others = sorted(found, key=found.get)
    assert others
    ner.configure(confidence=False, threshold=(found[lowest] + found[others[0]]) / 2)
    doc = nlp(text)
    assert sorted((ent.start, ent.end) for ent in doc.ents) == sorted(others)
    assert doc[slice(*lowest)]._.confidence is None
    assert all(token._.ent_confidence is None for token in doc[slice(*lowest)])
    assert all(token.ent_iob != 0 for token in doc)


def test_confidences_of_windows_agree_with_the_whole(nlp):
    ner = nlp.get_pipe("birnn_ner")
    doc = Doc(nlp.vocab, words=" ".join(TEXTS * 20).split())
    expected = {(e.start, e.end): e._.confidence for e in nlp(doc.copy()).ents}
    ner.configure(max_length=100, overlap=40)
    found = {(e.start, e.end): e._.confidence for e in nlp(doc.copy()).ents}
    assert found == pytest.approx(expected, abs=0.01)
    # Where pieces disagree and are mended, nothing is known.
    ner.configure(max_length=3, overlap=0)
    ents = nlp(doc.copy()).ents
    assert ents
    assert all(e._.confidence is None or 0.0 < e._.confidence <= 1.0 for e in ents)


def test_labels_that_are_repaired_have_no_probability():
    probs = np.log([0.9, 0.8, 0.7])
    parts = [
        Prediction(np.array([1, 3, 0]), probs, probs),
        Prediction(np.array([2]), *[probs[:1]] * 2),
    ]
    joined = join_predictions(parts).replace_ids(np.array([1, 3, 0, 4]))
    assert joined.ids.tolist() == [1, 3, 0, 4]
    assert to_probs(joined.log_probs) == pytest.approx([0.9, 0.8, 0.7, None])


def test_old_confidences_are_replaced(nlp):
    ner, tagger = nlp.get_pipe("birnn_ner"), nlp.get_pipe("birnn_tagger")
    text = "Anna Maria Lopez met Bob in New York"
    doc = nlp(text)
    first = confidences(doc)
    assert any(prob is not None for _, prob in first[0])
    # What is kept keeps its probability.
    again = confidences(nlp(doc))
    assert again[0] == first[0]
    assert again[1][0] == first[1][0]
    assert [of_token[1:] for of_token in again[1]] == [of_token[1:] for of_token in first[1]]
    # What is replaced without one loses it.
    ner.configure(overwrite=True, confidence=False)
    tagger.configure(overwrite=True, confidence=False, top_k=0)
    ents, tokens = confidences(nlp(doc))
    assert [prob for _, prob in ents] == [None] * len(ents)
    assert tokens == [(None, None, None)] * len(doc)


def test_settings_come_from_the_config_and_temperature_from_training(nlp, tmp_path):
    nlp.get_pipe("birnn_ner").temperature = 2.0
    nlp.to_disk(tmp_path)
    off = {"components": {"birnn_ner": {"confidence": False}, "birnn_tagger": {"top_k": 1}}}
    loaded = spacy.load(tmp_path, config=off)
    assert loaded.get_pipe("birnn_ner").temperature == 2.0
    doc = loaded("Anna met Bob")
    assert all(ent._.confidence is None for ent in doc.ents)
    assert all(len(token._.tag_probs) == 1 for token in doc)


@pytest.mark.parametrize(
    ("factory", "setting", "value"),
    [
        ("birnn_ner", "threshold", 1.5),
        ("birnn_tagger", "top_k", -1),
        ("birnn_ner", "scorer", {"@scorers": "spacy_birnn.ner_scorer.v1", "bins": 0}),
    ],
)
def test_bad_settings_are_explained(factory, setting, value):
    with pytest.raises(ConfigValidationError, match=r"(?s)must be"):
        spacy.blank("en").add_pipe(factory, config={setting: value})


def test_measure_calibration_by_hand():
    probs = np.array([0.05, 0.55, 0.55, 1.0])
    measured = measure_calibration(probs, np.array([0.0, 1.0, 0.0, 1.0]), bins=2)
    assert [row["count"] for row in measured["reliability"]] == [1, 3]
    assert_allclose(measured["ece"], (1 * 0.05 + 3 * abs(2 / 3 - 0.7)) / 4)
    assert_allclose(measured["log_loss"], -np.log([0.95, 0.55, 0.45, 1.0]).mean())


@pytest.mark.parametrize("lowest", [-0.5, 0.2, 0.9])
def test_minimize(lowest):
    assert_allclose(minimize(lambda x: (x - lowest) ** 2, -1.0, 1.0, steps=50), lowest, atol=1e-3)


def test_temperature_is_found_and_scores_tell_calibration(trained, nlp):
    _, examples = trained
    # Tags drawn with the model's own probabilities: without a temperature it is calibrated.
    random = np.random.default_rng(0)
    tagger = nlp.get_pipe("birnn_tagger")
    tagger.configure(top_k=len(tagger.labels))
    drawn = []
    for doc in nlp.pipe([example.text for example in examples] * 100):
        tags = [random.choice(list(t._.tag_probs), p=list(t._.tag_probs.values())) for t in doc]
        gold = Doc(nlp.vocab, words=[t.text for t in doc], tags=[str(tag) for tag in tags])
        drawn.append(Example(nlp.make_doc(doc.text), gold))
    scores = nlp.evaluate(drawn)
    assert scores["tag_calibration"]["ece"] < 0.05
    assert "ents_calibration" not in scores
    fits = fit_temperatures(nlp, drawn, bins=10)
    assert set(fits) == {"birnn_tagger"}
    assert 0.8 < fits["birnn_tagger"].temperature < 1.25
    tagger.temperature = 0.3
    assert nlp.evaluate(drawn)["tag_calibration"]["ece"] > 0.05
    assert 0.8 < fit_temperatures(nlp, drawn, bins=10)["birnn_tagger"].temperature < 1.25
    assert "threshold" not in tagger.cfg


def test_outcomes_compare_character_offsets(nlp):
    gold = Doc(nlp.vocab, words=["北京", "大学"], spaces=[False, False])
    gold.ents = [Span(gold, 0, 1, label="LOC")]
    for entity, correct in [((0, 2), True), ((0, 1), False), ((0, 3), False)]:
        found = Doc(nlp.vocab, words=["北", "京", "大学"], spaces=[False] * 3)
        found.ents = [Span(found, *entity, label="LOC")]
        found.ents[0]._.confidence = 0.5
        assert entity_outcomes(Example(found, gold)) == [(0.5, correct)]


def test_fresh_weights_have_no_temperature():
    nlp, examples = make_uncertain(HEADS[0])
    nlp.get_pipe("birnn_ner").temperature = 2.0
    nlp.initialize(lambda: examples)
    assert nlp.get_pipe("birnn_ner").temperature == 1.0


def test_calibrate_command(trained, nlp, tmp_path):
    _, examples = trained
    nlp.to_disk(tmp_path / "model")
    write_docs(tmp_path / "dev.spacy", [example.reference for example in examples])
    before = (tmp_path / "model" / "birnn_ner" / "model").read_bytes()
    arguments = ["calibrate", str(tmp_path / "model"), str(tmp_path / "dev.spacy")]
    result = CliRunner().invoke(app, [*arguments, "--min-count", "1"])
    assert result.exit_code == 0, result.output
    assert "expected calibration error" in result.output
    loaded = spacy.load(tmp_path / "model")
    assert loaded.get_pipe("birnn_ner").temperature != 1.0
    assert (tmp_path / "model" / "birnn_ner" / "model").read_bytes() == before
    arguments[0] = "evaluate"
    result = CliRunner().invoke(app, [*arguments, "-o", str(tmp_path / "scores.json")])
    assert result.exit_code == 0, result.output
    scores = srsly.read_json(tmp_path / "scores.json")
    assert scores["ents_calibration"]["count"] > 0


def contents(folder):
    """The bytes of all files of a folder."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def calibrate(trained, nlp, tmp_path):
    """Runs the command on documents, and says whether it has changed the pipeline."""
    nlp.to_disk(tmp_path / "model")

    def run(docs, *options):
        write_docs(tmp_path / "dev.spacy", docs)
        before = contents(tmp_path / "model")
        arguments = ["calibrate", str(tmp_path / "model"), str(tmp_path / "dev.spacy")]
        result = CliRunner().invoke(app, [*arguments, *map(str, options)])
        changed = contents(tmp_path / "model") != before
        return result.exit_code, " ".join(result.output.split()), changed

    return run


def test_too_few_documents_are_refused(trained, calibrate):
    docs = [example.reference for example in trained[1]][:2]
    n_words = sum(map(len, docs))
    status, output, changed = calibrate(docs)
    assert (status, changed) == (1, False)
    assert "and calibration needs 100: annotate more documents" in output
    status, output, changed = calibrate(docs, "--min-count", n_words + 1, "--if-possible")
    assert (status, changed) == (0, False)
    assert f"calibration needs {n_words + 1}" in output and "stays as it is" in output
    assert "expected calibration error" not in output


def test_documents_with_other_labels_are_refused(nlp, calibrate):
    docs = []
    for text in TEXTS * 50:
        docs.append(nlp.make_doc(text))
        for token in docs[-1]:
            token.tag_ = "OTHER"
    status, output, changed = calibrate(docs)
    assert (status, changed) == (1, False)
    assert "'birnn_tagger' cannot predict 1 of the labels" in output and "'OTHER' (150)" in output
    assert "is right in 0.0% of 650 predictions, no better than a guess" in output


def test_one_component_may_have_enough(trained, nlp):
    _, examples = trained
    n_words = sum(len(example.reference) for example in examples)
    with pytest.warns(UserWarning, match=r"'birnn_ner' has \d+ annotated predictions"):
        fits = fit_temperatures(nlp, examples, bins=10, min_count=n_words)
    assert set(fits) == {"birnn_tagger"}
    assert nlp.get_pipe("birnn_ner").temperature == 1.0


def test_calibrated_output_is_a_copy(trained, nlp, calibrate, tmp_path):
    docs = [example.reference for example in trained[1]]
    output = tmp_path / "new" / "calibrated"
    options = ["--min-count", 1, "--output", output]
    assert calibrate(docs, *options)[::2] == (0, False)
    temperatures = [
        [pipe.temperature for _, pipe in spacy.load(folder).pipeline]
        for folder in (tmp_path / "model", output)
    ]
    assert temperatures[0] == [1.0, 1.0] and 1.0 not in temperatures[1]
    assert [path.name for path in output.parent.iterdir()] == ["calibrated"]
    before = contents(output)
    status, said, changed = calibrate(docs, *options)
    assert (status, changed) == (1, False) and "name another folder" in said
    assert contents(output) == before


def test_network_is_run_once(trained, nlp, monkeypatch):
    _, examples = trained
    models = [pipe.model for _, pipe in nlp.pipeline]
    run, predict = [], Model.predict

    def counted(model, X):
        run.extend(model for ours in models if ours is model)
        return predict(model, X)

    monkeypatch.setattr(Model, "predict", counted)
    fits = fit_temperatures(nlp, examples, bins=10)
    assert len(run) == len(models) == len(fits) == 2
    # What was measured is what the pipeline has.
    scores = nlp.evaluate(examples)
    for name, key in (("birnn_ner", "ents_calibration"), ("birnn_tagger", "tag_calibration")):
        assert fits[name].after["log_loss"] == pytest.approx(scores[key]["log_loss"], rel=1e-5)
        assert fits[name].after["log_loss"] < fits[name].before["log_loss"]


def test_commands_explain_a_missing_pipeline_and_a_missing_gpu(nlp, tmp_path, monkeypatch):
    spacy.blank("en").to_disk(tmp_path / "blank")
    nlp.to_disk(tmp_path / "model")
    write_docs(tmp_path / "dev.spacy", [nlp.make_doc("a")])
    (tmp_path / "dev.conllu").write_text("1\ta", encoding="utf-8")

    def fail(gpu_id):
        raise ValueError("no GPU here")

    monkeypatch.setattr("spacy_birnn.loading.require_gpu", fail)
    cases = [
        (["calibrate", "none", "dev.spacy"], "give the folder of a trained pipeline"),
        (["calibrate", "blank", "dev.spacy"], "name one with birnn_tagger or birnn_ner"),
        (["evaluate", "none", "dev.spacy"], "give the folder of one, such as training/model-best"),
        (["evaluate", "model", "dev.conllu"], "is not a .spacy file"),
    ]
    for command in ("calibrate", "evaluate", "card", "report", "distill"):
        given = ["-i", "dev.spacy"] if command == "distill" else ["dev.spacy"]
        output = [] if command == "calibrate" else ["-o", "new/out.spacy"]
        arguments = [command, "model", *given, *output, "--gpu-id", "3"]
        cases.append((arguments, "GPU 3 cannot be used (no GPU here): use --gpu-id -1"))
    monkeypatch.chdir(tmp_path)
    for arguments, message in cases:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 1 and result.exception.args == (1,), arguments
        assert message in " ".join(result.output.split())
