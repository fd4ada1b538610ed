"""Configs that are made of the recipes: they equal them, and they train."""

import io
import sys
from itertools import chain, combinations

import catalogue
import pytest
from spacy import util
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import Config

from spacy_birnn.corpora.write import write_docs
from spacy_birnn.training.languages import find_language
from spacy_birnn.training.recipes import TASKS, load_recipe, make_config, parse_tasks

from .helpers.commands import SAMPLES, run
from .helpers.recipes import shrink

COMBINATIONS = list(chain.from_iterable(combinations(TASKS, n) for n in (1, 2, 3, 4)))
RECIPES = {
    "zh": ("zh", ["segmenter", "tagger", "ner"]),
    "zh_words": ("zh", ["segmenter"]),
    "en_pos": ("en", ["tagger"]),
    "en_ner": ("en", ["ner"]),
    "en_ud": ("en", ["tagger", "morphologizer"]),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Documents with words, tags, parts of speech, features and entities."""
    folder = tmp_path_factory.mktemp("corpus")
    options = ["--format", "word-tag", "--entities", "nr=PER,ns=LOC,nt=ORG"]
    result = run("convert", SAMPLES / "word_tag.txt", folder, *options)
    assert result.exit_code == 0, result.output
    path = folder / "word_tag.spacy"
    docs = list(DocBin().from_disk(path).get_docs(Vocab()))
    for token in (token for doc in docs for token in doc):
        token.pos_ = "NOUN" if token.tag_.startswith("n") else "X"
        token.set_morph({"NounType": token.tag_} if token.pos_ == "NOUN" else {})
    write_docs(path, docs)
    return str(path)


def differences(ours, theirs, path=""):
    for key in {**ours, **theirs}:
        a, b, place = ours.get(key), theirs.get(key), f"{path}.{key}".lstrip(".")
        if isinstance(a, dict) and isinstance(b, dict):
            yield from differences(a, b, place)
        elif a != b:
            yield place, a, b


@pytest.mark.parametrize("name", RECIPES)
def test_config_for_a_recipe_equals_it(name):
    lang, tasks = RECIPES[name]
    recipe = load_recipe(name)
    assert make_config(lang, tasks, efficient=False, gpu=True) == recipe
    on_cpu = make_config(lang, tasks, efficient=False, gpu=False)
    assert list(differences(on_cpu, recipe)) == [("system.gpu_allocator", None, "pytorch")]


def test_efficient_config_differs_in_widths_and_heads():
    recipe = load_recipe("zh_words")
    config = make_config("zh", ["segmenter"], efficient=True, gpu=True)
    model = "components.birnn_segmenter.model"
    assert list(differences(config, recipe)) == [
        (f"{model}.tok2vec.encode.width", 128, 256),
        (f"{model}.head.@architectures", "spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"),
    ]
    config = make_config("zh", RECIPES["zh"][1], efficient=True, gpu=True)
    assert {(a, b) for _, a, b in differences(config, load_recipe("zh"))} == {(128, 256)}


@pytest.mark.parametrize("tasks", COMBINATIONS, ids=",".join)
@pytest.mark.parametrize(("lang", "optimize"), [("zh", "accuracy"), ("en", "efficiency")])
def test_config_trains(tasks, lang, optimize, corpus, tmp_path):
    options = ["--lang", lang, "--pipeline", ",".join(reversed(tasks)), "--optimize", optimize]
    result = run("init-config", tmp_path / "new" / "my.cfg", *options)
    assert result.exit_code == 0, result.output
    config = util.load_config(tmp_path / "new" / "my.cfg")
    assert util.load_model_from_config(config, auto_fill=True).config == config
    components = [name for name in config["nlp"]["pipeline"] if name != "tok2vec"]
    assert components == [TASKS[task] for task in tasks]
    assert ("tok2vec" in config["nlp"]["pipeline"]) == (len({*tasks} - {"segmenter"}) > 1)
    pretrained = config["pretraining"].get("component")
    assert pretrained is None or pretrained in config["nlp"]["pipeline"]
    # Words are given where the pipeline does not find them.
    assert config["corpora"]["dev"]["gold_preproc"] == ("segmenter" not in tasks)
    weights = config["training"]["score_weights"]
    # spaCy rounds each to two digits.
    assert sum(weight or 0 for weight in weights.values()) == pytest.approx(1, abs=0.011)

    shrink(config)["paths"].update(train=corpus, dev=corpus)
    config["training"].update(max_steps=3, eval_frequency=3)
    nlp = init_nlp(config)
    outputs = [nlp.get_pipe(name).model.get_ref("output_layer") for name in components]
    assert not any(output.get_param("W").any() for output in outputs)
    _, folder = train(nlp, tmp_path, stdout=io.StringIO(), stderr=io.StringIO())
    assert folder is not None
    assert all(output.get_param("W").any() for output in outputs)
    scores = nlp.meta["performance"]
    assert {name for name, weight in weights.items() if weight} <= {*scores}


def test_network_of_words_depends_on_the_script():
    tagger, shared = "birnn_tagger", load_recipe("zh")["components"]["tok2vec"]["model"]
    config = make_config("zh", ["tagger"], efficient=False, gpu=False)
    assert config["components"][tagger]["model"]["tok2vec"] == shared
    config = make_config("en", [*TASKS], efficient=False, gpu=False)
    english = load_recipe("en_pos")["components"][tagger]["model"]["tok2vec"]
    assert config["components"]["tok2vec"]["model"] == english


def test_segmenter_needs_no_other_tokenizer():
    config = make_config("ja", ["segmenter", "tagger"], efficient=True, gpu=False)
    assert config["nlp"]["tokenizer"] == {"@tokenizers": "spacy_birnn.CharTokenizer.v1"}


@pytest.mark.parametrize(
    ("lang", "meant"),
    [
        ("english", "en"),
        ("Chinese", "zh"),
        ("Simplified Chinese", "zh"),
        ("Englsh", "en"),
        ("zh-cn", "zh"),
        ("zh_CN.UTF-8", "zh"),
        ("EN", "en"),
        ("eng-GB", "en"),
        ("../en", "en"),
        ("Ancient Greek", "grc"),
    ],
)
def test_code_of_a_language_is_suggested(lang, meant):
    with pytest.raises(ValueError, match=f"language {lang}, .* try '{meant}'"):
        find_language(lang)


@pytest.mark.parametrize("lang", ["qq", "", "1"])
def test_codes_are_listed_where_none_is_meant(lang):
    with pytest.raises(ValueError, match=r"choose from .*, en, .*, zh") as caught:
        find_language(lang)
    assert "try" not in str(caught.value)


def test_what_a_language_needs_is_no_matter_of_its_code(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy.lang.zh", None)
    monkeypatch.setattr(registry, "languages", catalogue.create("spacy", "no_languages"))
    with pytest.raises(ImportError, match="zh"):
        find_language("zh")


def test_tasks_may_be_components():
    assert parse_tasks(["birnn_ner", "tok2vec", "segmenter", "ner"]) == ["segmenter", "ner"]


def test_standard_output_has_the_config_alone():
    result = run("init-config", "-", "--lang", "zh", "--pipeline", "tagger")
    assert result.exit_code == 0
    expected = make_config("zh", ["tagger"], efficient=True, gpu=False)
    assert Config().from_str(result.stdout, interpolate=False) == expected
    assert "add 'segmenter'" in " ".join(result.stderr.split())


def test_file_is_not_replaced_without_force(tmp_path):
    path = tmp_path / "my.cfg"
    path.write_text("mine", encoding="utf-8")
    result = run("init-config", path)
    assert result.exit_code == 1
    assert "--force" in result.output and path.read_text(encoding="utf-8") == "mine"
    assert run("init-config", path, "--force").exit_code == 0
    assert util.load_config(path)["nlp"]["pipeline"] == ["tok2vec", "birnn_tagger", "birnn_ner"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--lang", "qq"],
            "language qq, which is not one of its codes: choose from af, am,",
        ),
        (["--lang", "english"], "import language english, which is not one of its codes: try 'en'"),
        (["--pipeline", "tagger,parser"], "cannot have 'parser'"),
        (["--pipeline", ","], "has no components"),
    ],
)
def test_bad_options_are_explained(options, message, tmp_path):
    result = run("init-config", tmp_path / "my.cfg", *options)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "my.cfg").exists()
