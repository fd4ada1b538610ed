"""Networks that learn quickly: one layer, and tables of a few rows."""

HEADS = ["spacy_birnn.Softmax.v1", "spacy_birnn.CRF.v1"]
LABELLER = {"@architectures": "spacy_birnn.SequenceLabeller.v1"}
ENCODER = {"@architectures": "spacy_birnn.BiRNNEncoder.v1", "width": 32, "depth": 1}
WORD_EMBEDDING = {
    "@architectures": "spacy_birnn.WordCharEmbed.v1",
    "word_rows": 500,
    "affix_rows": 100,
    "char_rows": 200,
    "seen_slots": 1000,
    # Every word is learned from the first step, and gradients are not random.
    "word_dropout": 0.0,
}
CHAR_EMBEDDING = {
    "@architectures": "spacy_birnn.CharNgramEmbed.v1",
    "char_rows": 200,
    "bigram_rows": 500,
    "seen_slots": 1000,
    # The same for n-grams.
    "ngram_dropout": 0.0,
    "lexicon_dropout": 0.0,
}
TOK2VEC = {"@architectures": "spacy.Tok2Vec.v2", "encode": ENCODER}
WORD_LAYERS = {**TOK2VEC, "embed": WORD_EMBEDDING}
CHAR_LAYERS = {**TOK2VEC, "embed": CHAR_EMBEDDING}
