"""Training steps, split into smaller ones where memory runs out."""

import math
from typing import Callable, Dict, Optional, Sequence

from spacy import util
from spacy.training import Example
from thinc.api import Model, Optimizer

from ..memory import is_out_of_memory, warn_of_split
from .decoder import reads_parts
from .spacy_internals import release_listeners

# Computes the gradient of a batch and adds its loss.
Learn = Callable[[Sequence[Example], Dict[str, float]], object]


class Learner:
    """Accumulate gradients over batches, and update the weights from the mean per token.

    name (str): Name of the component.
    """

    def __init__(self, name: str) -> None:
        # Imported here: blank pipelines do not train.
        from ..training.steps import Steps

        self.name = name
        # Tokens of the gradient, in this process or in all that train together.
        self.n_tokens = 0
        # Number of parts of a batch, more than one after memory ran out.
        self._n_parts = 1
        self._steps = Steps()

    def add_gradient(self, model: Model, batch: Sequence[Example], learn: Learn) -> float:
        """Compute the gradient of a batch, and add it to the gradient of earlier batches.

        If memory runs out, this batch and later ones are split.

        model (Model): The model of the component.
        batch (Sequence[Example]): The batch.
        learn (Learn): Computes a gradient.
        RETURNS (float): The loss.
        """
        # Imported here: blank pipelines load no models.
        from ..models.gradients import undo_on_failure

        n_tokens = self.n_tokens
        # A partial gradient cannot be removed from the gradient of earlier batches, nor from a
        # component whose network is shared.
        may_split = n_tokens == 0 and reads_parts(model)
        losses: Optional[Dict[str, float]] = None
        while losses is None:
            n_parts = max(1, min(self._n_parts, len(batch)))
            losses = {self.name: 0.0}
            try:
                with undo_on_failure(model, with_gradient=n_tokens == 0):
                    for i in range(n_parts):
                        learn(batch[i::n_parts], losses)
            except Exception as err:
                self.n_tokens = n_tokens
                if not (may_split and n_parts < len(batch) and is_out_of_memory(err)):
                    raise
                losses = None
            # Outside of the except clause, the error holds no arrays.
            if losses is None:
                self._n_parts = 2 * n_parts
                warn_of_split(self.name, "a smaller size of [training.batcher]")
        release_listeners(model)
        return losses[self.name]

    def update_weights(self, model: Model, sgd: Optimizer, max_grad_norm: float) -> None:
        """Update the weights of a model from its gradient.

        The norm is logged for `spacy train --verbose`. If it is not finite, as may happen in
        float16, the step is skipped with a warning.

        model (Model): The model.
        sgd (Optimizer): The optimizer.
        max_grad_norm (float): Maximum norm of the mean gradient of a token; 0 for no limit.
        RAISES (ValueError): If the gradient is not finite in many steps in a row.
        """
        # Imported here: blank pipelines load no models.
        from ..models.gradients import clear_gradient, clip_gradient

        n_tokens, self.n_tokens = max(1, self.n_tokens), 0
        norm = clip_gradient(model, n_tokens * max_grad_norm) / n_tokens
        util.logger.debug("Gradient norm of the component '%s': %.4g", self.name, norm)
        is_finite = math.isfinite(norm)
        if not is_finite:
            clear_gradient(model)
        if self._steps.take(f"component '{self.name}'", is_finite):
            model.finish_update(sgd)
