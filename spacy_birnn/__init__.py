"""Recurrent sequence labelling for spaCy."""

from .labelling.attributes import register_attributes

# Here, so that stored documents show their confidences, whether or not there is a pipeline.
register_attributes()
