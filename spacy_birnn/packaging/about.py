"""What only people know of a pipeline: who made it, from which data, under which licence."""

from pathlib import Path
from typing import Any, Dict

import srsly
from spacy.schemas import ModelMetaSchema, validate

# Keys of spaCy's meta.json that are written by hand. spaCy would pass over misspelt ones.
KEYS = ("description", "license", "author", "email", "url", "sources")
SOURCE_KEYS = ("name", "license", "author", "url")
# Of these, what a source must have.
REQUIRED = ("name", "license")


def read_about(path: Path) -> Dict[str, Any]:
    """path (Path): A JSON file with keys of spaCy's meta.json.
    RETURNS (Dict[str, Any]): What it holds.
    RAISES (ValueError): If it is no JSON, or if something in it is missing or would not be read.
    """
    try:
        about = srsly.read_json(path)
    except ValueError as err:
        raise ValueError(f"{path} cannot be read as JSON ({err}): mend it.") from err
    if not isinstance(about, dict):
        raise ValueError(f'{path} must be a JSON object, as {{"license": "MIT"}}.')
    _check_keys(about, KEYS, str(path))
    # Of what every pipeline has, the pipeline itself knows better.
    errors = validate(ModelMetaSchema, {"lang": "xx", "name": "x", "version": "0.0.0", **about})
    if errors:
        raise ValueError(f"{path} does not fit spaCy's meta.json: {'; '.join(map(str, errors))}")
    for number, source in enumerate(about.get("sources") or [], start=1):
        where = f"{path}, source {number}"
        if not isinstance(source, dict):
            raise ValueError(f'{where}: write {{"name": …, "license": …}} instead of {source!r}.')
        _check_keys(source, SOURCE_KEYS, where)
        missing = [key for key in REQUIRED if not source.get(key)]
        if missing:
            raise ValueError(f"{where}: {' and '.join(missing)} must be given.")
    return about


def _check_keys(data: Dict[str, Any], known: Any, where: str) -> None:
    unknown = [key for key in data if key not in known]
    if unknown:
        raise ValueError(
            f"{where}: the key '{unknown[0]}' is unknown, it must be one of {', '.join(known)}."
        )
