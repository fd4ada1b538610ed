"""Training: batches, the learning-rate schedule, and where a training stands."""
