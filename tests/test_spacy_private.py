"""Commands work with and without spaCy's private helpers."""

import importlib.util
import sys

import pytest
from thinc.api import ConfigValidationError

from spacy_birnn import spacy_private
from spacy_birnn.errors import InputError

ARGUMENTS = ["--nlp.lang", "en", "--training.max_steps=3", "--nlp.batch-size=2", "--a.b", "--c.d"]


@pytest.fixture
def fallback(monkeypatch):
    """The module as it is where spaCy has no such helpers."""
    monkeypatch.setitem(sys.modules, "spacy.cli._util", None)
    spec = importlib.util.spec_from_file_location(spacy_private.__name__, spacy_private.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.parse_config_overrides is module.parse_overrides
    return module


def test_overrides_are_the_same(fallback, monkeypatch):
    monkeypatch.setenv("SPACY_CONFIG_OVERRIDES", "--nlp.lang zh --paths.raw '[\"a b\"]'")
    found = fallback.parse_config_overrides([*ARGUMENTS])
    assert found == spacy_private.parse_config_overrides([*ARGUMENTS])
    assert found == {
        "nlp.lang": "zh",
        "training.max_steps": 3,
        "nlp.batch_size": 2,
        "a.b": True,
        "c.d": True,
        "paths.raw": ["a b"],
    }


@pytest.mark.parametrize("argument", ["training.seed", "--seed"])
def test_other_arguments_are_refused(argument, fallback):
    with pytest.raises(InputError, match=f"{argument} is not a setting"):
        fallback.parse_config_overrides([argument, "1"])


def test_invalid_configs_are_named(fallback):
    problem = ConfigValidationError(errors=[{"loc": ["nlp", "lang"], "msg": "field required"}])
    with (
        pytest.raises(InputError, match=r"my\.cfg is not a valid config(.|\n)*field required"),
        fallback.show_validation_error("my.cfg", hint_fill=False),
    ):
        raise problem
