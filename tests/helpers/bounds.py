"""Bounds of losses."""

# Two tests of spaCy bound the loss. That of its tagger is the sum of squared gradients, ours
# is the cross-entropy in nats. If each of the 7 tokens of the training data has its tag with
# probability 1 - e, the first is at most 7 * 2 * e^2 and the second about 7 * e.
SQUARED, NATS = 1e-5, 7 * (1e-5 / 7 / 2) ** 0.5
