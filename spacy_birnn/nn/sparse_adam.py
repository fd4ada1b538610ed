"""Updates of the rows of a large table that a batch used, by Thinc's optimizer."""

from typing import Any, Tuple

from thinc.api import Optimizer
from thinc.backends import get_array_ops
from thinc.types import ArrayXd, FloatsXd


def can_update_rows(optimizer: Optimizer) -> bool:
    """optimizer (Optimizer): Thinc's optimizer, or a function that stands for one.
    RETURNS (bool): Whether it changes only weights that have a gradient, but for the momentum:
        Adam without averages and L2. The momentum must fall faster than its scale.
    """
    if not isinstance(optimizer, Optimizer):
        return False
    adam = 0.0 < optimizer.b1 < optimizer.b2**0.5 and not optimizer.use_radam
    return adam and optimizer.averages is None and optimizer.L2 == 0.0


def update_rows(
    optimizer: Optimizer, key: Tuple[int, str], table: FloatsXd, rows: ArrayXd, d_rows: FloatsXd
) -> None:
    """Adam (Kingma & Ba 2015) for some rows of a table, in time that does not grow with the table.

    Adam still moves a row in the steps after the one that used it: each time the momentum is
    beta1 and its scale sqrt(beta2) of what it was. The row takes the sum of this geometric series
    at once, so that a rare one moves as far as by Adam, and its scale falls when it is used again.
    ("Lazy Adam", which waits with the momentum, moves rare rows several times less.)

    optimizer (Optimizer): Thinc's optimizer, see `can_update_rows`.
    key (Tuple[int, str]): The key of the table in it. What is kept of the rows has one of its
        own, because the settings of an optimizer may change.
    table (FloatsXd): Shape (all rows, width), changed in place.
    rows (ArrayXd): Shape (rows,): the rows that were used, each once.
    d_rows (FloatsXd): Shape (rows, width): their gradients.
    """
    if not len(rows):
        return
    ops: Any = get_array_ops(table)
    state: Any = (*key, "rows")
    if state not in optimizer.mom2:
        # There is no first moment; in its place is the step in which each row was used last.
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
