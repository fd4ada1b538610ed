"""Facts about a pipeline that only people know: its author, data and licence."""

from pathlib import Path
from typing import Any, Dict

import srsly
from spacy.schemas import ModelMetaSchema, validate

from ..errors import InputError

# Keys of spaCy's meta.json that are written by hand. spaCy ignores misspelt ones.
KEYS = ("description", "license", "author", "email", "url", "sources")
SOURCE_KEYS = ("name", "license", "author", "url")
# Keys that a source must have.
REQUIRED = ("name", "license")


def read_about(path: Path) -> Dict[str, Any]:
    """Read a file with facts about a pipeline.

    path (Path): A JSON file with keys of spaCy's meta.json.
    RETURNS (Dict[str, Any]): Its values.
    RAISES (InputError): If it is not JSON, or if a key is missing, unknown or invalid.
    """
    try:
        about = srsly.read_json(path)
    except ValueError as err:
        raise InputError(f"{path} is not valid JSON ({err}): fix it.") from err
    if not isinstance(about, dict):
        raise InputError(f'{path} must be a JSON object, such as {{"license": "MIT"}}.')
    _check_keys(about, KEYS, str(path))
    # The keys that a pipeline always has come from the pipeline.
    errors = validate(ModelMetaSchema, {"lang": "xx", "name": "x", "version": "0.0.0", **about})
    if errors:
        raise InputError(f"{path} does not fit spaCy's meta.json: {'; '.join(map(str, errors))}")
    for number, source in enumerate(about.get("sources") or [], start=1):
        where = f"{path}, source {number}"
        if not isinstance(source, dict):
            raise InputError(f'{where}: write {{"name": …, "license": …}} instead of {source!r}.')
        _check_keys(source, SOURCE_KEYS, where)
        missing = [key for key in REQUIRED if not source.get(key)]
        if missing:
            raise InputError(f"{where}: {' and '.join(missing)} must be given.")
    return about


def _check_keys(data: Dict[str, Any], known: Any, where: str) -> None:
    unknown = [key for key in data if key not in known]
    if unknown:
        raise InputError(
            f"{where}: the key '{unknown[0]}' is unknown, it must be one of {', '.join(known)}."
        )
