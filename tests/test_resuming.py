"""A trained pipeline is trained further: from Python and from a config, wherever its corpus is."""

import io
import shutil

import pytest
import spacy
from spacy import util
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train

from spacy_birnn.corpora.write import write_docs

from .helpers.commands import CONFIGS
from .helpers.recipes import RECIPES, shrink


def make_docs(vocab, n=8):
    docs = [
        Doc(vocab, words=["Anna", "ate", "eggs"], spaces=[True, True, False], tags=["P", "V", "N"]),
        Doc(vocab, words=["I", "like", "York"], spaces=[True, True, False], tags=["N", "V", "P"]),
    ]
    for token in (token for doc in docs for token in doc):
        token.pos_ = {"P": "PROPN", "V": "VERB", "N": "NOUN"}[token.tag_]
    for doc, start, category in zip(docs, (0, 2), ("X", "Y")):
        doc.ents = [Span(doc, start, start + 1, label="NAME")]
        doc.cats = {"X": float(category == "X"), "Y": float(category == "Y")}
    return docs * (n // 2)


def make_examples(nlp):
    return [Example(nlp.make_doc(doc.text), doc) for doc in make_docs(nlp.vocab)]


def run_training(config, folder):
    """RETURNS (Path): The trained pipeline."""
    nlp = init_nlp(config)
    folder.mkdir()
    _, output = train(nlp, folder, stdout=io.StringIO(), stderr=io.StringIO())
    return output


def set_corpus(config, path):
    write_docs(path, make_docs(spacy.blank("en").vocab))
    config["paths"].update(train=str(path), dev=str(path))
    return config


@pytest.fixture(scope="module", params=RECIPES)
def saved(request, tmp_path_factory):
    """A pipeline that `spacy train` has made, whose corpus is gone."""
    folder = tmp_path_factory.mktemp(request.param)
    config = shrink(util.load_config(CONFIGS / f"{request.param}.cfg"))
    output = run_training(set_corpus(config, folder / "train.spacy"), folder / "out")
    (folder / "train.spacy").unlink()
    return output


def initial_rate(nlp):
    return nlp.config["training"]["optimizer"]["learn_rate"]["initial_rate"]


def train_on(nlp, optimizer, steps):
    examples = make_examples(nlp)
    for _ in range(steps):
        losses = nlp.update(examples, sgd=optimizer, losses={})
        optimizer.step_schedules()
    return losses


def check_resuming(nlp):
    initial = initial_rate(nlp)
    for optimizer in (nlp.create_optimizer(), nlp.resume_training()):
        rates = [optimizer.learn_rate]
        for _ in range(50):
            optimizer.step_schedules()
            rates.append(optimizer.learn_rate)
        assert rates == pytest.approx([initial * (step + 1) / 100 for step in range(51)])
    before = train_on(nlp, optimizer, 1)
    after = train_on(nlp, optimizer, 10)
    names = [name for name in before if name != "tok2vec"]
    assert names and all(after[name] < before[name] for name in names)
    for _ in range(100):
        optimizer.step_schedules()
    assert optimizer.learn_rate == initial


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_resumes(name):
    nlp = util.load_model_from_config(shrink(util.load_config(CONFIGS / f"{name}.cfg")))
    nlp.initialize(lambda: make_examples(nlp))
    check_resuming(nlp)


def test_a_saved_pipeline_resumes(saved, tmp_path):
    nlp = spacy.load(saved)
    check_resuming(nlp)
    nlp.to_disk(tmp_path)
    check_resuming(spacy.load(tmp_path))


def test_its_components_are_trained_further_by_a_config(saved, tmp_path):
    moved = shutil.copytree(saved, tmp_path / "moved")
    config = util.load_config(moved / "config.cfg")
    names = config["nlp"]["pipeline"]
    config["components"] = {name: {"source": str(moved)} for name in names}
    set_corpus(config, tmp_path / "new.spacy")
    begun, trained = init_nlp(config), spacy.load(run_training(config, tmp_path / "out"))
    saved_models, begun_models, trained_models = (
        [nlp.get_pipe(name).model.to_bytes() for name in names]
        for nlp in (spacy.load(moved), begun, trained)
    )
    assert begun_models == saved_models
    assert all(new != old for new, old in zip(trained_models, saved_models))


def test_its_config_trains_with_the_corpus_elsewhere(saved, tmp_path):
    config = util.load_config(saved / "config.cfg")
    output = run_training(set_corpus(config, tmp_path / "new.spacy"), tmp_path / "out")
    assert spacy.load(output).config["training"] == config["training"]


def set_old_schedule(config, corpus):
    """The training of a config of earlier versions."""
    training = config["training"]
    for name in ("max_epochs", "max_steps", "eval_frequency", "min_evaluations"):
        del training["batcher"][name]
    training["batcher"]["@batchers"] = "spacy_birnn.batch_by_words.v1"
    training["optimizer"]["learn_rate"] = {
        "@schedules": "spacy_birnn.warmup_linear_epochs.v1",
        "initial_rate": 0.002,
        "warmup_steps": 100,
        "epochs": training["max_epochs"],
        "batch_words": training["batcher"]["size"],
        "corpus": corpus,
        "min_words": training["batcher"]["min_words"],
        "eval_frequency": 0,
    }
    return config


def test_a_pipeline_of_an_earlier_version_resumes_with_a_warning(tmp_path):
    config = shrink(util.load_config(CONFIGS / "en_pos.cfg"))
    nlp = util.load_model_from_config(set_old_schedule(config, "${paths.train}"))
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path)
    with pytest.warns(UserWarning, match=r"\$\{paths\.train\}.*warmup_linear\.v1") as caught:
        check_resuming(spacy.load(tmp_path))
    # One for each optimizer.
    assert len(caught) == 2


def test_an_earlier_config_trains_as_before(tmp_path):
    config = set_old_schedule(util.load_config(CONFIGS / "en_pos.cfg"), "${paths.train}")
    shrink(set_corpus(config, tmp_path / "train.spacy"))
    assert run_training(config, tmp_path / "out").exists()
