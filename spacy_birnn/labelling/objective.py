"""The objective of training: a loss and its gradient."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple, cast

import numpy as np
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..tags.labels import LabelIds
from ..tags.masks import BoolArray, admit_gold, join_masks
from ..tags.schemes import unrestricted
from .scheme import LabelScheme

if TYPE_CHECKING:
    from ..models.heads import HeadMethods


@dataclass(frozen=True)
class Objective:
    """Compare scores with gold labels, soft labels and the labels of an auxiliary output layer.

    model (Model[List[Doc], List[Floats2d]]): The model.
    scheme (LabelScheme): What its outputs stand for, and the settings.
    """

    model: Model[List[Doc], List[Floats2d]]
    scheme: LabelScheme

    def get_loss(
        self, examples: Sequence[Example], scores: List[Floats2d]
    ) -> Tuple[float, List[Floats2d]]:
        """Compare scores with the annotations of the references.

        examples (Sequence[Example]): The batch.
        scores (List[Floats2d]): For each example, shape (tokens, outputs). In training, columns
            with scores of the auxiliary output layer follow.
        RETURNS (Tuple[float, List[Floats2d]]): The loss, and its gradient with respect to the
            scores.
        RAISES (ValueError): If the loss is not finite.
        """
        ops, lengths, n_outputs = self.model.ops, [len(s) for s in scores], self.scheme.n_outputs
        flat: Any = ops.flatten(scores)
        main, auxiliary = flat[:, :n_outputs], flat[:, n_outputs:]
        loss, gradient = self._compare(examples, main, lengths)
        # Outside of training there are no auxiliary scores.
        if auxiliary.shape[1]:
            d_auxiliary = self._compare_auxiliary(examples, auxiliary, lengths)
            gradient = ops.xp.hstack([gradient, d_auxiliary])
        if not math.isfinite(loss):
            longest = max(examples, key=lambda eg: len(eg.reference)).reference
            raise ValueError(
                f"The loss of the component '{self.scheme.name}' is {loss} for the batch of "
                f"{len(examples)} documents that begins with '{examples[0].text[:40]}' (the "
                f"longest has {len(longest)} tokens and begins with '{longest.text[:40]}'): lower "
                f"the rate in [training.optimizer.learn_rate], or set max_grad_norm for the "
                f"component."
            )
        return loss, ops.unflatten(gradient, cast(Ints1d, np.asarray(lengths, dtype="i")))

    def get_rehearsal_loss(
        self, scores: List[Floats2d], targets: List[Floats2d]
    ) -> Tuple[float, List[Floats2d]]:
        """Compare probabilities with what an earlier model predicts.

        scores (List[Floats2d]): For each document, shape (tokens, outputs).
        targets (List[Floats2d]): The scores of the earlier model.
        RETURNS (Tuple[float, List[Floats2d]]): The loss, and its gradient with respect to the
            scores.
        """
        softmax = self.model.ops.softmax
        gradients = []
        for X, Y in zip(scores, targets):
            # The auxiliary output layer does not rehearse.
            gradient: Any = self.model.ops.xp.zeros_like(X)
            n_outputs = Y.shape[1]
            gradient[:, :n_outputs] = softmax(X[:, :n_outputs]) - softmax(Y)
            gradients.append(gradient)
        return sum(float((gradient**2).sum()) for gradient in gradients), gradients

    def _compare(
        self, examples: Sequence[Example], scores: Floats2d, lengths: Sequence[int]
    ) -> Tuple[float, Floats2d]:
        head = self.model.get_ref("head")
        methods: HeadMethods = head.attrs["methods"]
        gold, smoothing = self.scheme.gold_ids(examples), self.scheme.settings.label_smoothing
        allowed = self._find_mask(examples, gold, lengths)
        loss, gradient = methods.loss(
            head, scores, gold, lengths, self.scheme.transitions, smoothing, allowed=allowed
        )
        weight = self.scheme.settings.soft_labels
        if not weight or methods.soften is None:
            return loss, gradient
        # Imported here: blank pipelines load no corpora.
        from .soft_targets import find_targets

        targets: Any = find_targets(self.scheme, examples)
        targets = self.model.ops.asarray2f(targets)
        return methods.soften(head, scores, gold, gradient, targets, weight, allowed)

    def _find_mask(
        self, examples: Sequence[Example], gold: LabelIds, lengths: Sequence[int]
    ) -> Optional[BoolArray]:
        """Find the outputs that compete with each other: what decoding gives, and gold labels."""
        masks = [self.scheme.training_mask(example.predicted) for example in examples]
        allowed = join_masks(masks, lengths, self.scheme.n_outputs)
        if allowed is None:
            return None
        return admit_gold(allowed, gold, lengths, self.scheme.transitions)

    def _compare_auxiliary(
        self, examples: Sequence[Example], scores: Floats2d, lengths: Sequence[int]
    ) -> Floats2d:
        """Get the gradient only, so that losses with and without the layer compare."""
        head, scheme = self.model.get_ref("auxiliary"), cast(LabelScheme, self.scheme.auxiliary)
        methods: HeadMethods = head.attrs["methods"]
        transitions = unrestricted(head.get_dim("nO"))
        gold, weight = scheme.gold_ids(examples), self.scheme.auxiliary_weight
        _, gradient = methods.loss(head, scores, gold, lengths, transitions, 0.0, weight)
        return gradient
