"""A hidden Markov model: TnT (Brants 2000) of NLTK, with its suffix model for unknown words."""

from typing import List, Tuple

from .sequences import Pair, Tag


def learn_hmm(sequences: List[List[Pair]], characters: bool) -> Tuple[Tag, int]:
    """Train TnT; return a tagging function and the number of its probabilities.

    There is one for each word with a tag, and for each unigram, bigram and trigram of tags.
    """
    from nltk.tag.tnt import TnT

    model = TnT()
    model.train(sequences)
    emissions = {pair for sequence in sequences for pair in sequence}
    ngrams = set()
    for sequence in sequences:
        tags = ["", "", *(tag for _, tag in sequence), ""]
        for i in range(2, len(tags)):
            ngrams |= {tuple(tags[i - n : i + 1]) for n in range(3)}

    def tag(items: List[str]) -> List[str]:
        return [tag for _, tag in model.tag(items)]

    return tag, len(emissions) + len(ngrams)
