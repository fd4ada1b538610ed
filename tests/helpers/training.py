"""How pipelines of the tests learn."""


def train(nlp, examples, optimizer, steps=20, drop=0.0):
    """Update a pipeline with one batch, and return the losses of the last step."""
    losses = {}
    for _ in range(steps):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses, drop=drop)
    return losses


def overfit(nlp, examples, steps, rate=0.01):
    """Initialize a pipeline, train it, and return the losses of the last step."""
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = rate
    return train(nlp, examples, optimizer, steps)
