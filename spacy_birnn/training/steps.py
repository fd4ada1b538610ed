"""Training steps that are skipped, because their gradient is not finite."""

import warnings

# One overflow is no harm; after so many in a row nothing is learnt any more.
MOST_IN_A_ROW = 50


class SkippedStepWarning(UserWarning):
    """A training step was skipped."""


class Steps:
    """Decide which training steps are taken, and count the others.

    skipped (int): Number of steps that were skipped.
    in_a_row (int): Number of those since the last one that was taken.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self.in_a_row = 0

    def take(self, owner: str, is_finite: bool) -> bool:
        """Decide about a step, and warn of one that is skipped.

        owner (str): What learns, for messages.
        is_finite (bool): Whether its gradient is finite.
        RETURNS (bool): Whether to take the step. If not, no weight and no state of the optimizer
            may change.
        RAISES (ValueError): If too many steps in a row have been skipped.
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
        if self.in_a_row >= MOST_IN_A_ROW:
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
