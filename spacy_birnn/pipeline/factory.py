"""Factories of components, whose arguments are the fields of their settings."""

import inspect
from dataclasses import fields
from typing import Any, Callable, List, Optional, Type, get_type_hints

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from .labelling_pipe import LabellingPipe


def make_factory(component: Type[LabellingPipe]) -> Callable[..., LabellingPipe]:
    """Make a factory for `Language.factory`.

    component (Type[LabellingPipe]): The class of the component.
    RETURNS (Callable[..., LabellingPipe]): The factory, with an argument for each setting.
    """

    def factory(
        nlp: Language,
        name: str,
        model: Model[List[Doc], List[Floats2d]],
        scorer: Optional[Callable],
        **settings: Any,
    ) -> LabellingPipe:
        return component(nlp.vocab, model, name, scorer=scorer, **settings)

    # spaCy reads the names and types of the settings from the signature.
    settings_class = component.scheme_class.settings_class
    types = get_type_hints(settings_class)
    signature = inspect.signature(factory)
    named = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, annotation=types[field.name])
        for field in fields(settings_class)
    ]
    shared = list(signature.parameters.values())[:-1]
    factory.__signature__ = signature.replace(parameters=[*shared, *named])  # type: ignore[attr-defined]
    return factory
