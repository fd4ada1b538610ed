"""Checks of listeners to the vectors of another component."""

from typing import Any, Optional

from spacy.language import Language
from thinc.api import Model

from ..labelling.settings import raise_problems


def check_listeners(name: str, model: Model, nlp: Language) -> None:
    """Check that the listeners of a component have the width of the vectors that they read.

    name (str): Name of the component.
    model (Model): Its model.
    nlp (Language): Its pipeline.
    RAISES (ConfigValidationError): If a listener has another width.
    """
    pipeline: Any = nlp.pipeline
    for listener in model.walk():
        sources = [(source, pipe) for source, pipe in pipeline if _has_listener(pipe, listener)]
        if not sources or not listener.has_dim("nO"):
            continue
        # If there are several, the last one sets what the listener reads.
        source, upstream = sources[-1]
        width, expected = listener.get_dim("nO"), upstream.model.maybe_get_dim("nO")
        if expected not in (None, width):
            problem = (
                "model.tok2vec.width",
                f"the listener reads vectors of width {width}, but the vectors of the component "
                f"'{source}' have width {expected}: set width = "
                f"{_width_setting(nlp, source, expected)}",
            )
            raise_problems(name, [problem])


def _has_listener(upstream: Any, listener: Model) -> bool:
    # spaCy connects them when a component is added.
    return any(known is listener for known in getattr(upstream, "listeners", ()))


def _width_setting(nlp: Language, name: str, width: Optional[int]) -> str:
    """Find the config variable that holds the width of a component's vectors, or the width."""
    model: Any = nlp.get_pipe_config(name)["model"]
    for path, block in {"model.encode": model.get("encode", {}), "model": model}.items():
        if block.get("width") == width:
            return f"${{components.{name}.{path}.width}}"
    return str(width)
