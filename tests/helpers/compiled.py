"""Compiled pipelines, in memory."""

from spacy.language import Language
from thinc.api import Model

from spacy_birnn.compiling.calibration_ranges import recorded_ranges
from spacy_birnn.compiling.layers import Types
from spacy_birnn.compiling.pipelines import compile_models, find_stacks


def models_of(nlp: Language):
    return [pipe.model for _, pipe in nlp.pipeline if isinstance(getattr(pipe, "model", 0), Model)]


def use_float32(nlp: Language) -> Language:
    """Let a pipeline compute as its compiled form does, on every CPU."""
    for model in models_of(nlp):
        for stack in find_stacks(model):
            stack.precision = "float32"
    return nlp


def compile_in_place(nlp: Language, precision="float32", tables="float32", texts=()) -> None:
    """Compile the models of a pipeline, calibrated on texts."""
    models = models_of(use_float32(nlp))
    with recorded_ranges([stack for model in models for stack in find_stacks(model)]) as ranges:
        list(nlp.pipe(texts))
    compile_models(models, Types(precision, tables, ranges))
