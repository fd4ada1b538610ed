"""One step of a training, within the memory that there is."""

import math
from typing import Callable, Dict, List, Optional, Sequence

from spacy import util
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.training import Example
from thinc.api import Model, Optimizer
from thinc.types import Floats2d

from ..memory import is_out_of_memory, warn_of_split
from .decoder import reads_parts

# Computes the gradient of a batch, and adds its loss.
Learn = Callable[[Sequence[Example], Dict[str, float]], object]


class Learner:
    """Sum gradients over batches, and update the weights from their mean per token.

    name (str): Name of the component.
    """

    def __init__(self, name: str) -> None:
        # Imported here: blank pipelines load nothing of a training.
        from ..training.steps import Steps

        self.name = name
        # Tokens that the gradient is of, here or in all processes that train together.
        self.n_tokens = 0
        # Parts into which batches are split, because memory ran out.
        self._n_parts = 1
        self._steps = Steps()

    def add_gradient(self, model: Model, batch: Sequence[Example], learn: Learn) -> float:
        """Compute the gradient of a batch and add it to the gradient of batches before it. If
        memory runs out, this batch and later ones are learned in parts.

        model (Model): The model of the component.
        batch (Sequence[Example]): The batch.
        learn (Learn): Computes a gradient.
        RETURNS (float): The loss.
        """
        # Imported here: blank pipelines load no models.
        from ..models.gradients import undo_on_failure

        n_tokens = self.n_tokens
        # What a failure leaves of a gradient cannot be told from the gradient of batches before,
        # nor be taken back from a component whose network is shared.
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
            # Here the error is gone, and so are the arrays that it held.
            if losses is None:
                self._n_parts = 2 * n_parts
                warn_of_split(self.name, "a smaller size of [training.batcher]")
        release_listeners(model)
        return losses[self.name]

    def update_weights(self, model: Model, sgd: Optimizer, max_grad_norm: float) -> None:
        """Update the weights of a model from its gradient, whose norm is logged for
        `spacy train --verbose`. If the gradient is not finite, as may happen in float16, the step
        is skipped with a warning.

        model (Model): The model.
        sgd (Optimizer): The optimizer.
        max_grad_norm (float): Greatest norm of the mean gradient of a token; 0 for no limit.
        RAISES (ValueError): If the gradient was not finite in many steps in a row.
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


def release_listeners(model: Model) -> None:
    """Forget the last batch of listeners. spaCy's keep its backpropagation: memory, and a function
    that cannot be pickled.

    model (Model): The model.
    """
    for node in model.walk():
        if isinstance(node, Tok2VecListener) and node._batch_id is not None:
            node.receive(node._batch_id, node._outputs, _learn_nothing)


def _learn_nothing(d_outputs: List[Floats2d]) -> List[Floats2d]:
    return []
