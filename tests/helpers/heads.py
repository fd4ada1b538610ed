"""The output layers of this package."""

HEADS = ["spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"]
