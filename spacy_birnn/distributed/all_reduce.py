"""The gradients of a pipeline, summed over workers by one collective operation."""

import math
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
import torch
from thinc.api import Model, torch2xp
from torch import Tensor, nn

from ..errors import InputError
from ..nn.arrays import new_device, to_torch
from ..nn.feature_table import MAX_COUNT, FeatureTable
from ..nn.wrapped_model import get_wrapped_model
from .process_group import ProcessGroup


class DenseGradient(NamedTuple):
    """A gradient that is sent in full.

    shape (Tuple[int, ...]): Its shape.
    get (Callable[[], Optional[Tensor]]): Returns the gradient, or None if there is none.
    put (Callable[[Tensor], None]): Replaces the gradient.
    """

    shape: Tuple[int, ...]
    get: Callable[[], Optional[Tensor]]
    put: Callable[[Tensor], None]


class RowGradient(NamedTuple):
    """The gradient of a table, of which only the rows that a batch uses are sent.

    size (int): Number of rows of the table.
    width (int): Length of a row.
    get (Callable[[], Optional[Tuple[Tensor, Tensor]]]): Returns the indices and the gradients of
        the rows in use, or None if there are none.
    put (Callable[[Tensor, Tensor], None]): Takes the indices of the rows that any worker uses, and
        their sums.
    """

    size: int
    width: int
    get: Callable[[], Optional[Tuple[Tensor, Tensor]]]
    put: Callable[[Tensor, Tensor], None]


class Gradients:
    """Sums the gradients of models over workers, and the counts of their feature tables.

    A loss is a sum over tokens, so the sum is the gradient that one worker computes from all
    documents. It is the same for all workers, to the byte, and so are their weights.

    PyTorch's DistributedDataParallel needs a module for the whole model, and sends tables in full.

    models (Sequence[Model]): The initialized models.
    RAISES (InputError): If there are weights that are neither Thinc's nor PyTorch's.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        # Components may share a layer.
        nodes = {node.id: node for model in models for node in model.walk()}.values()
        self.dense = [
            _dense_of_node(node, name)
            for node in nodes
            for name in node.param_names
            if node.has_param(name)
        ]
        self.tables: List[RowGradient] = []
        modules = {id(m): m for node in nodes for m in _modules(node)}.values()
        tables: Dict[int, Any] = {}
        for module in modules:
            for layer in module.modules():
                if isinstance(layer, FeatureTable):
                    self.tables.append(_rows_of_counts(layer))
                if isinstance(layer, FeatureTable) or getattr(layer, "sparse", False):
                    tables[id(layer.weight)] = layer
        weights = {id(w): w for module in modules for w in module.parameters()}
        self.tables += [_rows_of_weight(layer.weight, layer.sparse) for layer in tables.values()]
        self.dense += [_dense_of_weight(w) for key, w in weights.items() if key not in tables]
        sizes = torch.tensor([table.size for table in self.tables], dtype=torch.int64)
        # The rows of all tables are numbered consecutively.
        self._starts = sizes.cumsum(0) - sizes
        self._flat = torch.empty(0)

    def all_reduce(self, group: ProcessGroup, others: Sequence[float]) -> List[float]:
        """Replace the gradients by their sums over the workers.

        group (ProcessGroup): The workers.
        others (Sequence[float]): Other numbers of this worker.
        RETURNS (List[float]): The sums of the other numbers.
        RAISES (WorkerLostError): If a worker has ended.
        """
        dense = [gradient.get() for gradient in self.dense]
        tables = [table.get() for table in self.tables]
        flags = [float(gradient is not None) for gradient in (*dense, *tables)]
        rows = self._gather_rows(group, tables)
        # A worker without gradients takes part as well.
        device = new_device()
        sizes = [len(flags) + len(others)]
        sizes += [math.prod(gradient.shape) for gradient in self.dense]
        sizes += [len(found) * table.width for found, table in zip(rows, self.tables)]
        flat = self._allocate(sum(sizes), device)
        numbers, *parts = flat.split(sizes)
        numbers.copy_(torch.tensor([*flags, *others]))
        n_dense = len(self.dense)
        for part, value in zip(parts, dense):
            if value is None:
                part.zero_()
            else:
                part.copy_(value.flatten())
        for part, found, table, own in zip(parts[n_dense:], rows, self.tables, tables):
            part.zero_()
            if own is not None:
                places = torch.searchsorted(found, own[0].cpu()).to(device)
                part.view(-1, table.width)[places] = own[1].to(part)
        group.all_reduce(flat)
        exist, sums = numbers.tolist()[: len(flags)], numbers.tolist()[len(flags) :]
        for gradient, part, exists in zip(self.dense, parts, exist):
            if exists:
                gradient.put(part.view(gradient.shape))
        of_tables = zip(self.tables, rows, parts[n_dense:], exist[n_dense:])
        for table, found, part, exists in of_tables:
            if exists:
                table.put(found.to(device), part.view(-1, table.width))
        return cast(List[float], sums)

    def _allocate(self, size: int, device: torch.device) -> Tensor:
        # Gradients are views of this buffer until the next step, which puts each of them in its
        # place again: tables, whose sizes vary, come last.
        if len(self._flat) < size or self._flat.device != device:
            self._flat = torch.empty(size + size // 4, device=device)
        return self._flat[:size]

    def _gather_rows(
        self, group: ProcessGroup, tables: Sequence[Optional[Tuple[Tensor, Tensor]]]
    ) -> List[Tensor]:
        """For each table, the sorted indices of the rows that any worker uses."""
        if not self.tables:
            return []
        numbered = [start + own[0].cpu() for start, own in zip(self._starts, tables) if own]
        none = torch.empty(0, dtype=torch.int64)
        # NumPy's arrays are pickled much faster than tensors.
        gathered = group.all_gather(torch.cat([none, *numbered]).numpy())
        found = torch.from_numpy(np.unique(np.concatenate(gathered)))
        first = torch.searchsorted(found, self._starts)
        after = torch.cat([first[1:], first.new_tensor([len(found)])])
        parts = found.split((after - first).tolist())
        return [part - start for part, start in zip(parts, self._starts)]


def _modules(node: Model) -> Iterator[nn.Module]:
    for shim in node.shims:
        module = get_wrapped_model(shim)
        if isinstance(module, nn.Module):
            yield module
        elif module is not None:
            raise InputError(
                f"The layer '{node.name}' has weights that are neither Thinc's nor PyTorch's, so "
                f"several workers cannot train it: train with --workers 1."
            )


def _dense_of_node(node: Model, name: str) -> DenseGradient:
    def get() -> Optional[Tensor]:
        return to_torch(node.get_grad(name), new_device()) if node.has_grad(name) else None

    def put(values: Tensor) -> None:
        node.set_grad(name, cast(Any, torch2xp(values)))

    return DenseGradient(node.get_param(name).shape, get, put)


def _dense_of_weight(weight: nn.Parameter) -> DenseGradient:
    def put(values: Tensor) -> None:
        weight.grad = values.to(weight.dtype)

    return DenseGradient(tuple(weight.shape), lambda: weight.grad, put)


def _rows_of_weight(table: nn.Parameter, sparse: bool) -> RowGradient:
    def get() -> Optional[Tuple[Tensor, Tensor]]:
        gradient = table.grad
        if gradient is None:
            return None
        if sparse:
            gradient = gradient.coalesce()
            return gradient.indices()[0], gradient.values()
        used = gradient.any(dim=1).nonzero().squeeze(1)
        return used, gradient[used]

    def put(rows: Tensor, sums: Tensor) -> None:
        if sparse:
            table.grad = torch.sparse_coo_tensor(
                rows[None], sums, table.shape, is_coalesced=True, check_invariants=False
            )
        else:
            # The rows that this worker uses are among them.
            gradient = torch.zeros_like(table) if table.grad is None else table.grad
            table.grad = gradient.index_copy_(0, rows, sums)

    return RowGradient(len(table), table.shape[1], get, put)


def _rows_of_counts(table: FeatureTable) -> RowGradient:
    # Each worker adds the features of its own documents to the counts of the last step.
    before = table.seen.clone()

    def get() -> Optional[Tuple[Tensor, Tensor]]:
        changed = (table.seen != before).cpu().numpy()
        # NumPy finds a few changes among millions much faster than PyTorch.
        slots = torch.from_numpy(np.flatnonzero(changed)).to(before.device)
        return slots, (table.seen[slots] - before[slots]).float()[:, None]

    def put(slots: Tensor, sums: Tensor) -> None:
        total = before[slots].long() + sums[:, 0].long()
        before[slots] = table.seen[slots] = total.clamp_(max=MAX_COUNT).to(before.dtype)

    return RowGradient(len(table.seen), 1, get, put)
