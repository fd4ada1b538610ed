"""Adam for the rows of a large table that a batch uses, with the state of Thinc's optimizer.

Where the optimizer does not have the attributes that it reads, the whole table is updated.
"""

from typing import Any, Tuple

from thinc.api import Optimizer
from thinc.backends import get_array_ops
from thinc.types import ArrayXd, FloatsXd

# Attributes of Thinc's optimizer that are not part of its documentation.
INTERNALS = ("averages", "b1", "b2", "eps", "L2", "mom1", "mom2", "nr_update", "use_radam")


def can_update_rows(optimizer: Optimizer) -> bool:
    """Tell whether an optimizer changes weights without a gradient by nothing but momentum.

    optimizer (Optimizer): Thinc's optimizer, or a function in its place.
    RETURNS (bool): True for Adam without averages and L2, if the momentum decays faster than its
        scale.
    """
    if not isinstance(optimizer, Optimizer) or not all(hasattr(optimizer, n) for n in INTERNALS):
        return False
    is_adam = 0.0 < optimizer.b1 < optimizer.b2**0.5 and not optimizer.use_radam
    return is_adam and optimizer.averages is None and optimizer.L2 == 0.0


def update_rows(
    optimizer: Optimizer, key: Tuple[int, str], table: FloatsXd, rows: ArrayXd, d_rows: FloatsXd
) -> None:
    """Apply Adam (Kingma & Ba 2015) to some rows of a table, in time independent of its size.

    Adam moves a row in the steps after its use as well: each step multiplies the momentum by
    beta1 and its scale by sqrt(beta2). The row takes the sum of this geometric series at once, so
    a rare one moves as far as by Adam, and its scale decays when it is used again. ("Lazy Adam",
    which delays the momentum, moves rare rows several times less.)

    optimizer (Optimizer): Thinc's optimizer, see `can_update_rows`.
    key (Tuple[int, str]): The key of the table in it. The state of the rows has another key,
        because the settings of an optimizer may change.
    table (FloatsXd): Shape (all rows, width), changed in place.
    rows (ArrayXd): Shape (rows,): the rows that were used, each once.
    d_rows (FloatsXd): Shape (rows, width): their gradients.
    """
    if not len(rows):
        return
    ops: Any = get_array_ops(table)
    state: Any = (*key, "rows")
    if state not in optimizer.mom2:
        # In place of the first moment: the step that used each row last.
        optimizer.mom1[state] = ops.alloc1i(len(table))
        optimizer.mom2[state] = ops.alloc(table.shape)
    optimizer.nr_update[state] += 1
    n, b1, b2 = optimizer.nr_update[state], optimizer.b1, optimizer.b2
    last: Any = optimizer.mom1[state]
    squares: Any = optimizer.mom2[state]
    gradient: Any = d_rows
    if optimizer.grad_clip:
        gradient = ops.clip_gradient(gradient, optimizer.grad_clip)
    steps = (n - last[rows]).astype(table.dtype)[:, None]
    square = squares[rows] * b2**steps + (1.0 - b2) * gradient * gradient
    rate = optimizer.learn_rate * (1.0 - b2**n) ** 0.5 * (1.0 - b1) / (1.0 - b1 / b2**0.5)
    last[rows], squares[rows] = n, square
    moved: Any = table
    moved[rows] -= rate * gradient / (square**0.5 + optimizer.eps)
