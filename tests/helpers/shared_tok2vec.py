"""A config whose tagger listens to a shared layer."""

from thinc.api import Config

SHARED = Config().from_str(
    """
[nlp]
lang = "en"
pipeline = ["tok2vec", "birnn_tagger"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"

[components.tok2vec.model.embed]
@architectures = "spacy_birnn.WordCharEmbed.v1"

[components.tok2vec.model.encode]
@architectures = "spacy_birnn.BiRNNEncoder.v1"
width = 33

[components.birnn_tagger]
factory = "birnn_tagger"

[components.birnn_tagger.model]
@architectures = "spacy_birnn.SequenceLabeller.v1"

[components.birnn_tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = ${components.tok2vec.model.encode.width}

[components.birnn_tagger.model.head]
@architectures = "spacy_birnn.Softmax.v1"
"""
)
