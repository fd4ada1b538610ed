"""A packaged pipeline: it is installed, loads with its plugin, and says what it is."""

import os
import re
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
import spacy
import srsly
from packaging.requirements import Requirement

from spacy_birnn.packaging.about import read_about
from spacy_birnn.pipeline.requirements import find_requirements

from .helpers.commands import CONFIGS, run, run_python
from .helpers.report import GOLD, make_trained, save

RECIPES = [path for path in sorted(CONFIGS.glob("*.cfg")) if "assembled" not in path.name]
TEXTS = ["".join(words) for words, _, _ in GOLD]
ABOUT = {
    "description": "Overfit",
    "license": "MIT",
    "sources": [{"name": "Three texts", "license": "CC0 | none", "url": "https://example.org"}],
}
PREDICT = """
import sys, spacy, srsly
nlp = spacy.load(sys.argv[1])
docs = nlp.pipe(sys.argv[2:])
print(srsly.json_dumps([str(nlp.path), [doc.to_json() for doc in docs]]))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a trained pipeline, test data, and what people know of them."""
    folder = tmp_path_factory.mktemp("package")
    save(make_trained(), folder, with_log=False)
    srsly.write_json(folder / "about.json", ABOUT)
    return folder


@pytest.fixture(scope="module")
def installed(trained):
    """The same, where the wheel of the pipeline is installed into "site"."""
    card = ["--about", trained / "about.json", "--output", trained / "card.json"]
    result = run("card", trained / "model-best", trained / "test.spacy", *card)
    assert result.exit_code == 0, result.output
    options = ["--meta-path", trained / "card.json", "--name", "tiny", "--version", "1.2.3"]
    model = trained / "model-best"
    run_python("-m", "spacy", "package", model, trained, *options, "--build", "none")
    # What --build wheel does, but without a download of setuptools.
    source = trained / "zh_tiny-1.2.3"
    run_python("-m", "build", source, "--wheel", "--no-isolation")
    (wheel,) = (source / "dist").glob("*.whl")
    options = ["--quiet", "--no-deps", "--no-index", "--target", trained / "site"]
    run_python("-m", "pip", "install", *options, wheel)
    return trained


def test_installed_pipeline_loads_and_predicts_the_same(installed):
    site = installed / "site"
    search = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    path, predicted = srsly.json_loads(
        run_python("-c", PREDICT, "zh_tiny", *TEXTS, PYTHONPATH=search).splitlines()[-1]
    )
    assert site in Path(path).parents
    nlp = spacy.load(installed / "model-best")
    assert predicted == [doc.to_json() for doc in nlp.pipe(TEXTS)]
    assert [len(doc["ents"]) for doc in predicted] == [1, 2, 1]


def test_wheel_requires_the_plugin(installed):
    (wheel,) = distributions(path=[str(installed / "site")])
    needed = {r.name: r for r in map(Requirement, wheel.requires)}
    assert set(needed) == {"spacy", "spacy-birnn"}
    assert version("spacy-birnn") in needed["spacy-birnn"].specifier
    major, minor, *_ = map(int, version("spacy-birnn").split("."))
    assert f"{major}.{minor + 1}.0" not in needed["spacy-birnn"].specifier


def test_readme_says_what_was_measured(installed):
    readmes = [*(installed / "site").rglob("README.md"), installed / "zh_tiny-1.2.3" / "README.md"]
    readme, other = (path.read_text(encoding="utf-8") for path in readmes)
    assert readme == other
    scored = srsly.read_json(installed / "card.json")["performance"]
    assert 0 < scored["tag_acc"] < 1
    for name in ("token_f", "tag_acc", "ents_f"):
        assert f"| `{name.upper()}` | {scored[name] * 100:.2f} |" in readme
    assert f"{installed / 'test.spacy'}: 5 documents, 17 words" in readme
    assert "**words** | found by the pipeline |" in readme
    assert re.search(r"\*\*speed\*\* \| [\d,]+ words per second", readme)
    assert re.search(r"\*\*device\*\* \| CPU .+ torch threads: 1 \|", readme)
    assert "**License** | `MIT` |" in readme
    assert r"| [Three texts](https://example.org) | CC0 \| none |" in readme
    assert f"spacy-birnn {version('spacy-birnn')}" in readme


def test_scores_of_the_card_are_those_of_evaluate(installed):
    output = installed / "scores.json"
    run("evaluate", installed / "model-best", installed / "test.spacy", "--output", output)
    expected, card = srsly.read_json(output), srsly.read_json(installed / "card.json")
    del expected["speed"], card["performance"]["speed"]
    assert card["performance"] == expected


def test_card_of_given_words_has_no_scores_of_words(tmp_path):
    save(make_trained(with_words=False), tmp_path, with_log=False)
    before = (tmp_path / "model-best" / "meta.json").read_bytes()
    options = ["--gold-preproc", "--output", tmp_path / "new" / "card.json"]
    result = run("card", tmp_path / "model-best", tmp_path / "test.spacy", *options)
    assert result.exit_code == 0, result.output
    assert "no description and no license and no sources" in " ".join(result.output.split())
    card = srsly.read_json(tmp_path / "new" / "card.json")
    assert "tag_acc" in card["performance"] and "token_f" not in card["performance"]
    assert "**words** | given by the data |" in card["notes"]
    assert (tmp_path / "model-best" / "meta.json").read_bytes() == before


def test_card_goes_into_the_pipeline_without_another_file(trained, tmp_path):
    save(make_trained(), tmp_path, with_log=False)
    model = tmp_path / "model-best"
    about = ["--about", trained / "about.json", "--no-speed"]
    cards = []
    for _ in range(2):
        result = run("card", model, tmp_path / "test.spacy", *about)
        assert result.exit_code == 0, result.output
        cards.append([(model / name).read_bytes() for name in ("meta.json", "README.md")])
    assert cards[0] == cards[1]
    meta = spacy.load(model).meta
    assert meta["description"] == "Overfit" and meta["lang"] == "zh"
    assert "tag_acc" in meta["performance"] and "speed" not in meta["performance"]
    assert "Three texts" in (model / "README.md").read_text(encoding="utf-8")


def test_card_warns_of_scores_on_data_of_the_training(trained, tmp_path):
    nlp = spacy.load(trained / "model-best")
    nlp.config["paths"]["dev"] = str(trained / "test.spacy")
    nlp.to_disk(tmp_path / "model")
    output = ["--output", tmp_path / "card.json"]
    result = run("card", tmp_path / "model", trained / "test.spacy", *output)
    assert "was used in training" in " ".join(result.output.split())


def test_requirements_have_the_extra_of_a_dictionary():
    nlp = spacy.blank("zh")
    nlp.add_pipe("birnn_segmenter")
    nlp.meta["requirements"] = ["other>=1.0", "spacy-birnn>=0.0.1"]
    assert [Requirement(r).extras for r in find_requirements(nlp)] == [set(), {"torch"}]
    nlp.get_pipe("birnn_segmenter").add_words(["量子计算机"])
    other, plugin = map(Requirement, find_requirements(nlp))
    assert (other.name, plugin.name, plugin.extras) == (
        "other",
        "spacy-birnn",
        {"dictionary", "torch"},
    )


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_says_where_its_data_are_from(path):
    about = read_about(path.with_suffix(".meta.json"))
    assert about["description"] and about["license"] and about["sources"]
    assert all(source["url"].startswith("https://") for source in about["sources"])


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must be a JSON object"),
        ('{"licence": "MIT"}', "'licence' is unknown"),
        ('{"license": 3}', "does not fit spaCy's meta.json"),
        ('{"sources": ["News"]}', 'source 1: write {"name": …, "license": …}'),
        ('{"sources": [{"name": "News"}]}', "source 1: license must be given"),
        ('{"sources": [{"name": "News", "licence": "MIT"}]}', "'licence' is unknown"),
    ],
)
def test_card_explains_what_is_wrong(about, message, trained, tmp_path):
    (tmp_path / "about.json").write_text(about, encoding="utf-8")
    options = ["--about", tmp_path / "about.json", "--output", tmp_path / "card.json"]
    result = run("card", trained / "model-best", trained / "test.spacy", *options)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "card.json").exists()
