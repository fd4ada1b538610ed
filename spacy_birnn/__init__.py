"""Recurrent sequence labelling for spaCy."""
