"""The gradient of a pipeline, summed over workers in one go."""

import math
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
import torch
from thinc.api import Model, torch2xp
from torch import Tensor, nn

from ..nn.arrays import new_device, to_torch
from ..nn.feature_table import MAX_COUNT, FeatureTable
from ..nn.wrapped_model import get_wrapped_model
from .process_group import Team, TeamError


class Whole(NamedTuple):
    """A gradient of which all numbers are sent.

    shape (Tuple[int, ...]): Its shape.
    get (Callable[[], Optional[Tensor]]): Returns it, or None if nothing was learnt.
    put (Callable[[Tensor], None]): Replaces it.
    """

    shape: Tuple[int, ...]
    get: Callable[[], Optional[Tensor]]
    put: Callable[[Tensor], None]


class Rows(NamedTuple):
    """A table of which only the rows that a batch has used are sent.

    size (int): Number of its rows.
    width (int): Numbers of a row.
    get (Callable[[], Optional[Tuple[Tensor, Tensor]]]): Returns the rows that were used and what
        they have, or None if nothing was learnt.
    put (Callable[[Tensor, Tensor], None]): Takes the rows that any worker has used, and the sums.
    """

    size: int
    width: int
    get: Callable[[], Optional[Tuple[Tensor, Tensor]]]
    put: Callable[[Tensor, Tensor], None]


class Gradients:
    """The gradients of some models, and what else they learn from a batch.

    A sum is the gradient that one worker would have of all their documents, because a loss is a
    sum over tokens. It is the same for all workers, to the byte, and so are their weights.

    models (Sequence[Model]): The models, initialised.
    RAISES (TeamError): If there are weights that are not Thinc's or PyTorch's.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        # Components may share a layer.
        nodes = {node.id: node for model in models for node in model.walk()}.values()
        self.wholes = [
            _of_node(node, name)
            for node in nodes
            for name in node.param_names
            if node.has_param(name)
        ]
        self.tables: List[Rows] = []
        modules = {id(m): m for node in nodes for m in _modules(node)}.values()
        tables: Dict[int, Any] = {}
        for module in modules:
            for part in module.modules():
                if isinstance(part, FeatureTable):
                    self.tables.append(_counts(part))
                if isinstance(part, FeatureTable) or getattr(part, "sparse", False):
                    tables[id(part.weight)] = part
        weights = {id(w): w for module in modules for w in module.parameters()}
        self.tables += [_rows(part.weight, part.sparse) for part in tables.values()]
        self.wholes += [_of_weight(w) for key, w in weights.items() if key not in tables]
        sizes = torch.tensor([table.size for table in self.tables], dtype=torch.int64)
        # Rows are numbered through all tables.
        self._starts = sizes.cumsum(0) - sizes
        self._flat = torch.empty(0)

    def sum(self, team: Team, others: Sequence[float]) -> List[float]:
        """Replace the gradients by the sums over the workers.

        team (Team): The workers.
        others (Sequence[float]): Other numbers of this worker.
        RETURNS (List[float]): Their sums.
        RAISES (WorkerLostError): If a worker has ended.
        """
        wholes = [whole.get() for whole in self.wholes]
        tables = [table.get() for table in self.tables]
        flags = [float(gradient is not None) for gradient in (*wholes, *tables)]
        rows = self._unite(team, tables)
        # Also that of a worker which has learnt nothing, because all must sum by the same means.
        device = new_device()
        sizes = [len(flags) + len(others)]
        sizes += [math.prod(whole.shape) for whole in self.wholes]
        sizes += [len(found) * table.width for found, table in zip(rows, self.tables)]
        flat = self._room(sum(sizes), device)
        numbers, *parts = flat.split(sizes)
        numbers.copy_(torch.tensor([*flags, *others]))
        n_wholes = len(self.wholes)
        for part, gradient in zip(parts, wholes):
            if gradient is None:
                part.zero_()
            else:
                part.copy_(gradient.flatten())
        for part, found, table, mine in zip(parts[n_wholes:], rows, self.tables, tables):
            part.zero_()
            if mine is not None:
                places = torch.searchsorted(found, mine[0].cpu()).to(device)
                part.view(-1, table.width)[places] = mine[1].to(part)
        team.add(flat)
        learnt, sums = numbers.tolist()[: len(flags)], numbers.tolist()[len(flags) :]
        for whole, part, any_learnt in zip(self.wholes, parts, learnt):
            if any_learnt:
                whole.put(part.view(whole.shape))
        of_tables = zip(self.tables, rows, parts[n_wholes:], learnt[n_wholes:])
        for table, found, part, any_learnt in of_tables:
            if any_learnt:
                table.put(found.to(device), part.view(-1, table.width))
        return cast(List[float], sums)

    def _room(self, size: int, device: torch.device) -> Tensor:
        """Gradients stay in it until the next sum, where each has its place again: those of
        tables, whose sizes vary, come last."""
        if len(self._flat) < size or self._flat.device != device:
            self._flat = torch.empty(size + size // 4, device=device)
        return self._flat[:size]

    def _unite(self, team: Team, tables: Sequence[Optional[Tuple[Tensor, Tensor]]]) -> List[Tensor]:
        """RETURNS (List[Tensor]): For each table the rows that any worker has used."""
        if not self.tables:
            return []
        numbered = [start + mine[0].cpu() for start, mine in zip(self._starts, tables) if mine]
        none = torch.empty(0, dtype=torch.int64)
        found = team.unite(torch.cat([none, *numbered]))
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
            raise TeamError(
                f"The layer '{node.name}' has weights that are neither Thinc's nor PyTorch's, and "
                f"cannot be trained by several workers: train with --workers 1."
            )


def _of_node(node: Model, name: str) -> Whole:
    def get() -> Optional[Tensor]:
        return to_torch(node.get_grad(name), new_device()) if node.has_grad(name) else None

    def put(values: Tensor) -> None:
        node.set_grad(name, cast(Any, torch2xp(values)))

    return Whole(node.get_param(name).shape, get, put)


def _of_weight(weight: nn.Parameter) -> Whole:
    def put(values: Tensor) -> None:
        weight.grad = values.to(weight.dtype)

    return Whole(tuple(weight.shape), lambda: weight.grad, put)


def _rows(table: nn.Parameter, sparse: bool) -> Rows:
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
            # What this worker has used is among the rows.
            gradient = torch.zeros_like(table) if table.grad is None else table.grad
            table.grad = gradient.index_copy_(0, rows, sums)

    return Rows(len(table), table.shape[1], get, put)


def _counts(part: FeatureTable) -> Rows:
    """What has occurred: each worker counts what is new in its documents."""
    before = part.seen.clone()

    def get() -> Optional[Tuple[Tensor, Tensor]]:
        changed = (part.seen != before).cpu().numpy()
        # NumPy finds few among millions much faster than PyTorch.
        slots = torch.from_numpy(np.flatnonzero(changed)).to(before.device)
        return slots, (part.seen[slots] - before[slots]).float()[:, None]

    def put(slots: Tensor, sums: Tensor) -> None:
        total = before[slots].long() + sums[:, 0].long()
        before[slots] = part.seen[slots] = total.clamp_(max=MAX_COUNT).to(before.dtype)

    return Rows(len(part.seen), 1, get, put)
