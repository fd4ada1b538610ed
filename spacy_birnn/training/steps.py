"""Training steps that are skipped because their gradient is not finite."""

import warnings

# A single overflow does no harm; after this number in a row the training has failed.
MAX_SKIPPED_IN_A_ROW = 50


class SkippedStepWarning(UserWarning):
    """Warns of a training step that is skipped."""


class Steps:
    """Decides which training steps are taken, and counts the skipped ones.

    skipped (int): Number of skipped steps.
    in_a_row (int): Number of skipped steps since the last one that was taken.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self.in_a_row = 0

    def take(self, owner: str, is_finite: bool) -> bool:
        """Decide whether to take a step, and warn of a skipped one.

        owner (str): The component or the layer that is trained, for messages.
        is_finite (bool): Whether its gradient is finite.
        RETURNS (bool): Whether to take the step. If not, no weight and no state of the optimizer
            may change.
        RAISES (ValueError): If too many steps in a row are skipped.
        """
        if is_finite:
            self.in_a_row = 0
            return True
        self.skipped += 1
        self.in_a_row += 1
        remedy = (
            "lower the rate in [training.optimizer.learn_rate], set max_grad_norm for the "
            'component, or precision = "float32" for its encoder'
        )
        if self.in_a_row >= MAX_SKIPPED_IN_A_ROW:
            raise ValueError(
                f"The gradient of the {owner} was not finite in {self.in_a_row} steps in a row, so "
                f"it learns nothing: {remedy}."
            )
        warnings.warn(
            f"The gradient of the {owner} is not finite, so the step is skipped ({self.skipped} so "
            f"far, {self.in_a_row} in a row): if there are many, {remedy}.",
            SkippedStepWarning,
            stacklevel=3,
        )
        return False
