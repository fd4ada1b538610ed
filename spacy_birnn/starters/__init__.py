"""Starter pipelines: small trained pipelines in the package itself, compiled for ONNX Runtime."""

from pathlib import Path
from typing import Any, List

import spacy
from spacy.language import Language

from ..errors import InputError

FOLDER = Path(__file__).parent


def load(name: str, **options: Any) -> Language:
    """Load a starter pipeline, such as "zh" for Chinese or "en" for English.

    Nothing is downloaded. README.md in its folder has its scores, its data and its licence.

    name (str): Its name.
    **options (Any): Further arguments of `spacy.load`, such as `exclude` or `config`.
    RETURNS (Language): The pipeline.
    RAISES (InputError): If there is no such pipeline.
    RAISES (ValueError): If ONNX Runtime is not installed.
    """
    if name not in names():
        raise InputError(
            f"There is no starter pipeline '{name}': choose from {', '.join(names())}, or load "
            f"another pipeline by spacy.load()."
        )
    return spacy.load(FOLDER / name, **options)


def names() -> List[str]:
    """List the starter pipelines.

    RETURNS (List[str]): Their names.
    """
    return sorted(path.parent.name for path in FOLDER.glob("*/config.cfg"))
