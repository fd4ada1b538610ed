"""Codes of languages, with suggestions for unknown ones."""

import re
from difflib import get_close_matches
from pkgutil import iter_modules
from typing import Dict, Optional, Set, Type

import spacy.lang
from spacy.language import Language
from spacy.util import find_matching_language, get_lang_class, registry


def find_language(lang: str) -> Type[Language]:
    """Find spaCy's class for a language.

    lang (str): Code of the language, such as en.
    RETURNS (Type[Language]): The class.
    RAISES (ValueError): If spaCy has no language with this code.
    RAISES (ImportError): If a dependency of the language is missing.
    """
    codes = _codes()
    try:
        return get_lang_class(lang)
    except ImportError as err:
        if lang in codes:
            raise
        suggested = _suggest(lang, codes)
        advice = f"try {suggested!r}" if suggested else f"choose from {', '.join(sorted(codes))}"
        raise ValueError(
            f"spaCy cannot import language {lang}, which is not one of its codes: {advice}."
        ) from err


def _codes() -> Set[str]:
    modules = {module.name for module in iter_modules(spacy.lang.__path__) if module.ispkg}
    return modules | {*registry.languages.get_all()}


def _suggest(lang: str, codes: Set[str]) -> Optional[str]:
    """Find the code in a tag such as zh-CN, or for a name such as Chinese."""
    words = re.findall(r"[^\W\d_]+", lang.lower())
    if not words:
        return None
    first = words[0]
    if first in codes:
        return first
    if len(first) in (2, 3):
        return find_matching_language(first)
    names = _names(codes)
    for name in ("".join(words), *words):
        close = get_close_matches(name, names, n=1, cutoff=0.8)
        if close:
            return names[close[0]]
    return None


def _names(codes: Set[str]) -> Dict[str, str]:
    """Map the English name of each language, which is that of spaCy's class, to its code."""
    names = {}
    for code in sorted(codes):
        try:
            names[get_lang_class(code).__name__.lower()] = code
        except ImportError:
            # The name is unknown if a dependency of the language is missing.
            continue
    return names
