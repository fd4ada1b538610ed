"""Code for the option --code of `birnn train`: what happens before each update of a worker."""

import os
import random
import signal
from pathlib import Path

import numpy as np
from spacy.util import registry


@registry.callbacks("test.watch")
def make_watch(folder: str, end_at: int, by: str):
    """Write down the weights, and spoil worker 1 at a step."""

    def watch(nlp, args):
        group = getattr(nlp, "group", None)
        if group is None:
            return
        with (Path(folder) / str(group.rank)).open("a", encoding="utf-8") as file_:
            file_.write(f"{args['step']} {nlp.digest()}\n")
        if group.rank == 1 and args["step"] == end_at:
            if by == "signal":
                os.kill(os.getpid(), signal.SIGKILL)
            if by == "gradient":
                # It is added to that of the next batch.
                output = nlp.get_pipe("birnn_tagger").model.get_ref("output_layer")
                output.get_grad("b")[0] = np.nan
                return
            if by == "chance":
                # It will shuffle otherwise than worker 0.
                random.random()
                return
            raise ValueError("worker 1 has had enough")

    return watch
