"""Settings of a config that are not defaults."""

import json
from inspect import Parameter, signature
from typing import Any, Dict, Iterator, List, NamedTuple

from spacy.language import Language
from spacy.util import registry
from thinc.api import Config


class Change(NamedTuple):
    """A setting that is not the default.

    setting (str): Name of the setting, with its sections.
    default (str): Its default as JSON; empty if there is none.
    value (str): Its value as JSON.
    """

    setting: str
    default: str
    value: str


def config_changes(nlp: Language) -> List[Change]:
    """Find the settings of components and of [training] that are not defaults.

    Settings of an architecture that replaces the default one are compared with its own defaults.

    nlp (Language): The pipeline.
    RETURNS (List[Change]): The settings.
    """
    config, defaults = nlp.config.interpolate(), Config(nlp.default_config).interpolate()
    changes: List[Change] = []
    for name in nlp.pipe_names:
        factory = nlp.get_pipe_meta(name)
        theirs = {"factory": factory.factory, **(factory.default_config or {})}
        changes += _compare(config["components"][name], theirs, f"components.{name}")
    # These come from the components and have no defaults.
    del config["training"]["score_weights"]
    changes += _compare(config["training"], defaults["training"], "training")
    return changes


def _compare(ours: Dict[str, Any], theirs: Any, path: str) -> Iterator[Change]:
    theirs = theirs if isinstance(theirs, dict) else {}
    kind = next((key for key in ours if key.startswith("@")), None)
    if kind is not None:
        arguments = _arguments(registry.get(kind[1:], ours[kind]))
        if theirs.get(kind, ours[kind]) != ours[kind]:
            theirs = {kind: theirs[kind]}
        theirs = {**arguments, **theirs}
    for key, value in ours.items():
        default = _to_json(theirs[key]) if key in theirs else ""
        if isinstance(value, dict) and value:
            yield from _compare(value, theirs.get(key), f"{path}.{key}")
        elif _to_json(value) != default:
            yield Change(f"{path}.{key}", default, _to_json(value))


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _arguments(function: Any) -> Dict[str, Any]:
    """The defaults of the arguments of a registered function."""
    try:
        parameters = signature(function).parameters.values()
    except ValueError:
        # Compiled functions may have no signature.
        return {}
    return {p.name: p.default for p in parameters if p.default is not Parameter.empty}
