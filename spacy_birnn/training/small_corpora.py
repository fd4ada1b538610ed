"""Batch size, passes and learning rate for a corpus that is smaller than the recipe's."""

from math import ceil
from typing import Any, Dict

# Measured with 20, 200 and 2,000 sentences: see docs/how-to/train-from-python.md.
MIN_SIZE = 100
BATCHES = 80
UPDATES_PER_EPOCH = 40
RATE = 0.005


def fit_to_words(training: Dict[str, Any], n_words: int) -> Dict[str, Any]:
    """Choose settings of [training] for a corpus that the recipe would repeat within an epoch.

    A pass has about 80 batches, of at least 100 words. There are as many passes as the recipe has
    epochs, and more if an epoch would have fewer than 40 updates.

    training (Dict[str, Any]): [training] of the recipe.
    n_words (int): Words of the corpus.
    RETURNS (Dict[str, Any]): The settings that change; none for a corpus of `min_words` or more.
    """
    batcher, epochs = training["batcher"], training["max_epochs"]
    if n_words >= batcher["min_words"]:
        return {}
    size = min(batcher["size"], max(MIN_SIZE, n_words // BATCHES), n_words)
    return {
        "max_epochs": max(epochs, ceil(UPDATES_PER_EPOCH * epochs * size / n_words)),
        "batcher": {"size": size, "min_words": 0},
        "optimizer": {"learn_rate": {"initial_rate": RATE}},
    }
