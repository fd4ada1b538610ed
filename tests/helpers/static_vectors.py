"""An embedding that reads the word vectors of the vocabulary."""

WIDTH = 12

EMBED = {
    "@architectures": "spacy_birnn.WordCharEmbed.v1",
    "include_static_vectors": True,
    "static_width": WIDTH,
}
