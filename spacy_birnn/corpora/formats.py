"""The formats of annotated text, and the endings of their files."""

from enum import Enum


class Format(str, Enum):
    """The formats of annotated text."""

    conllu = "conllu"
    word_tag = "word-tag"
    columns = "columns"
    segmented = "segmented"
    doccano = "doccano"
    label_studio = "label-studio"
    prodigy = "prodigy"
    brat = "brat"
    spacy_json = "spacy-json"
    webanno = "webanno"
    table = "table"
    parquet = "parquet"
    categories = "categories"


# Endings of one format. Others, such as .txt, .tsv and .conll, may have any.
ENDINGS = {
    ".conllu": Format.conllu,
    ".iob": Format.columns,
    ".iob2": Format.columns,
    ".bio": Format.columns,
    ".bioes": Format.columns,
    ".biluo": Format.columns,
    ".bmes": Format.columns,
    ".seg": Format.segmented,
}
