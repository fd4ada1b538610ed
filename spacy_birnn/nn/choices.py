"""Names of the cells and the precisions of an encoder, which checks need without PyTorch."""

CELL_NAMES = ("lstm", "gru", "rnn_tanh", "rnn_relu")
PRECISIONS = ("auto", "fast", "float32", "bfloat16", "float16")
