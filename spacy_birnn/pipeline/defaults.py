"""The default models of the components."""

from copy import deepcopy

from thinc.api import Config

DEFAULT_MODEL = Config().from_str(
    """
[model]
@architectures = "spacy_birnn.SequenceLabeller.v1"

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy_birnn.WordCharEmbed.v1"

[model.tok2vec.encode]
@architectures = "spacy_birnn.BiRNNEncoder.v1"
width = 256

[model.head]
@architectures = "spacy_birnn.Softmax.v1"
"""
)["model"]

# The same, for the characters of a text.
CHAR_MODEL = deepcopy(DEFAULT_MODEL)
CHAR_MODEL["tok2vec"]["embed"] = {"@architectures": "spacy_birnn.CharNgramEmbed.v1"}
