"""Adam for the rows of a large table that a batch uses, with the state of Thinc's optimizer.

Where the optimizer does not have the attributes that it reads, the whole table is updated.
"""

from typing import Any, Dict, Tuple

import numpy as np
from thinc.api import Optimizer
from thinc.backends import get_array_ops
from thinc.types import ArrayXd, FloatsXd
from thinc.util import get_array_module

# The product of the decays of averages over many steps telescopes to these factors.
FACTORS = np.arange(2.0, 11.0)
# Thinc's highest decay of averages, and the step that reaches it.
MAX_DECAY, CONSTANT_FROM = 0.9999, 89990
# Attributes of Thinc's optimizer that are not part of its documentation.
INTERNALS = ("averages", "b1", "b2", "eps", "L2", "mom1", "mom2", "nr_update", "use_radam")


def can_update_rows(optimizer: Optimizer) -> bool:
    """Tell whether an optimizer changes weights without a gradient by nothing but momentum.

    optimizer (Optimizer): Thinc's optimizer, or a function in its place.
    RETURNS (bool): True for Adam without L2, if the momentum decays faster than its scale.
    """
    if not isinstance(optimizer, Optimizer) or not all(hasattr(optimizer, n) for n in INTERNALS):
        return False
    is_adam = 0.0 < optimizer.b1 < optimizer.b2**0.5 and not optimizer.use_radam
    return is_adam and optimizer.L2 == 0.0


def update_rows(
    optimizer: Optimizer, key: Tuple[int, str], table: FloatsXd, rows: ArrayXd, d_rows: FloatsXd
) -> None:
    """Apply Adam (Kingma & Ba 2015) to some rows of a table, in time independent of its size.

    Adam moves a row in the steps after its use as well: each step multiplies the momentum by
    beta1 and its scale by sqrt(beta2). The row takes the sum of this geometric series at once, so
    a rare one moves as far as by Adam, and its scale decays when it is used again. ("Lazy Adam",
    which delays the momentum, moves rare rows several times less.) Averages
    of rows that are not used follow later, by `settle_averages`.

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
    old = moved[rows]
    moved[rows] = old - rate * gradient / (square**0.5 + optimizer.eps)
    if optimizer.averages is not None:
        average, since, now = _get_averages(optimizer.averages, key, moved, n - 1)
        before = _approach(average[rows], old, _decay(since[rows], n - 1))
        average[rows] = _approach(before, moved[rows], _decay(now, n))
        since[rows], now[:] = n, n


def settle_averages(averages: Dict[Any, ArrayXd], key: Tuple[int, str], table: FloatsXd) -> None:
    """Let the averages of rows that were not used follow the table.

    averages (Dict[Any, ArrayXd]): The averages of an optimizer, changed in place.
    key (Tuple[int, str]): The key of the table in it, see `update_rows`.
    table (FloatsXd): Shape (all rows, width).
    """
    if (*key, "since") in averages:
        average, since, now = _get_averages(averages, key, table, 0)
        average[:] = _approach(average, table, _decay(since, int(now[0])))
        since[:] = now


def _get_averages(averages: Any, key: Tuple[int, str], table: Any, n: int) -> Tuple[Any, Any, Any]:
    """Get the averages of a table, the step that each row has reached, and the last step.

    n (int): That step, if there is none yet.
    """
    ops: Any = get_array_ops(table)
    keys = key, (*key, "since"), (*key, "now")
    if key not in averages:
        averages[key] = ops.alloc(table.shape)
    if keys[1] not in averages:
        averages[keys[1]] = ops.xp.full(len(table), n)
        averages[keys[2]] = ops.xp.full(1, n)
    average, since, now = (averages[k] for k in keys)
    return average, since, now


def _approach(average: Any, rows: Any, decay: Any) -> Any:
    return average + (rows - average) * (1.0 - decay).astype(rows.dtype)


def _decay(first: Any, last: int) -> Any:
    """Multiply the decays of Thinc's averages, (1 + t) / (10 + t), over steps t after the first.

    RETURNS (FloatsXd): Shape (rows, 1).
    """
    xp: Any = get_array_module(first)
    begins, end = xp.minimum(first, CONSTANT_FROM)[:, None], min(last, CONSTANT_FROM)
    factors = xp.asarray(FACTORS)
    product = xp.prod((begins + factors) / (end + factors), axis=1, keepdims=True)
    constant = (last - end) - xp.maximum(first - CONSTANT_FROM, 0)[:, None]
    return product * MAX_DECAY**constant
