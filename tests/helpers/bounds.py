"""Bounds of losses."""

# Two tests of spaCy bound the loss, which is the sum of squared gradients for spaCy's tagger and the
# cross-entropy in nats for ours. If each of the 7 tokens of the training data has its tag with
# probability 1 - e, the first is at most 7 * 2 * e^2 and the second about 7 * e.
SQUARED, NATS = 1e-5, 7 * (1e-5 / 7 / 2) ** 0.5
