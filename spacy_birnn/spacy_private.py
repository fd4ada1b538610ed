"""spaCy's private helpers for commands, each with a fallback for a spaCy without it."""

import os
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import srsly
from thinc.api import ConfigValidationError

from .errors import InputError

__all__ = ["parse_config_overrides", "show_validation_error"]


def parse_overrides(arguments: List[str]) -> Dict[str, Any]:
    """Read settings of a config from the arguments of a command and from the environment.

    arguments (List[str]): Arguments such as --training.seed 1 or --training.seed=1.
    RETURNS (Dict[str, Any]): The values by setting. SPACY_CONFIG_OVERRIDES takes precedence.
    RAISES (InputError): If an argument is not a setting of a config.
    """
    overrides: Dict[str, Any] = {}
    for given in (arguments, shlex.split(os.environ.get("SPACY_CONFIG_OVERRIDES", ""))):
        rest = [*given]
        while rest:
            option, equals, value = rest.pop(0).partition("=")
            if not option.startswith("--") or "." not in option:
                raise InputError(f"{option} is not a setting: write --section.setting value.")
            if not equals:
                value = "true" if not rest or rest[0].startswith("--") else rest.pop(0)
            name = option[2:].replace("-", "_") if equals else option[2:]
            try:
                overrides[name] = srsly.json_loads(value)
            except ValueError:
                overrides[name] = value
    return overrides


@contextmanager
def report_validation_error(
    file_path: Optional[Path] = None, *, hint_fill: bool = True
) -> Iterator[None]:
    """Raise the errors of a config as errors for users.

    file_path (Optional[Path]): The config file.
    hint_fill (bool): Ignored: the hint of spaCy's helper.
    RAISES (InputError): If the config is not valid.
    """
    try:
        yield
    except ConfigValidationError as err:
        raise InputError(f"{file_path} is not a valid config: {err}") from err


try:
    from spacy.cli._util import parse_config_overrides, show_validation_error
except ImportError:
    parse_config_overrides = parse_overrides  # type: ignore[assignment]
    show_validation_error = report_validation_error  # type: ignore[assignment]
