"""A hidden Markov model: TnT (Brants 2000) of NLTK, with its suffix model for unknown words."""

from typing import List, Tuple

from .sequences import Pair, Tag


def learn_hmm(sequences: List[List[Pair]], characters: bool) -> Tuple[Tag, int]:
    """sequences (List[List[Pair]]): Items and their tags.
    characters (bool): Whether items are characters, which is all the same to the model.
    RETURNS (Tuple[Tag, int]): Finds the tags of items; how many probabilities were counted:
        of words given their tags, and of tags given the one and the two before.
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
