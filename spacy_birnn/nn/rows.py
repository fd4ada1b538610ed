"""Updates of the rows of a large table that a batch used, by Thinc's optimizer."""

from typing import Any, Tuple

from thinc.api import Optimizer
from thinc.backends import get_array_ops
from thinc.types import ArrayXd, FloatsXd


def can_update_rows(optimizer: Optimizer) -> bool:
    """optimizer (Optimizer): Thinc's optimizer, or a function that stands for one.
    RETURNS (bool): Whether it changes only weights that have a gradient, but for the momentum:
        Adam without averages and L2.
    """
    if not isinstance(optimizer, Optimizer):
        return False
    adam = optimizer.b1 > 0.0 and optimizer.b2 > 0.0 and not optimizer.use_radam
    return adam and optimizer.averages is None and optimizer.L2 == 0.0


def update_rows(
    optimizer: Optimizer, key: Tuple[int, str], table: FloatsXd, rows: ArrayXd, d_rows: FloatsXd
) -> None:
    """Adam (Kingma & Ba 2015) for some rows of a table. The momentum of the others waits until
    they are used again ("lazy Adam"), so the time does not grow with the table.

    optimizer (Optimizer): Thinc's optimizer, see `can_update_rows`.
    key (Tuple[int, str]): The key of the table in it.
    table (FloatsXd): Shape (all rows, width), changed in place.
    rows (ArrayXd): Shape (rows,): the rows that were used, each once.
    d_rows (FloatsXd): Shape (rows, width): their gradients.
    """
    if not len(rows):
        return
    ops: Any = get_array_ops(table)
    optimizer.nr_update[key] += 1
    n = optimizer.nr_update[key]
    for moments in (optimizer.mom1, optimizer.mom2):
        if key not in moments:
            moments[key] = ops.alloc1f(table.size)
    everything: Any = [table, optimizer.mom1[key], optimizer.mom2[key]]
    table, mom1, mom2 = (array.reshape(table.shape) for array in everything)
    if optimizer.grad_clip:
        d_rows = ops.clip_gradient(d_rows, optimizer.grad_clip)
    fix1, fix2 = 1.0 - optimizer.b1**n, 1.0 - optimizer.b2**n
    rate = optimizer.learn_rate * fix2**0.5 / fix1
    used = (table[rows], d_rows, mom1[rows], mom2[rows])
    flat = [array.ravel() for array in used]
    new, _, new_mom1, new_mom2 = ops.adam(*flat, optimizer.b1, optimizer.b2, optimizer.eps, rate)
    for array, values in ((table, new), (mom1, new_mom1), (mom2, new_mom2)):
        array[rows] = values.reshape(len(rows), -1)
